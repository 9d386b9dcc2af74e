/** Who is signed in here. */
import { computed, signal } from '@preact/signals';
import { get, post, remove, setCsrfToken, whenSignedOut } from '../api/http.ts';
import type { User } from '../api/types.ts';

interface CurrentSession {
  readonly user: User | null;
  /** Not in the answer to a sign-in. */
  readonly role?: Role | null;
  readonly csrf_token: string | null;
}

export type Role = 'user' | 'moderator' | 'administrator';

/** `undefined` until the server has said; null: nobody. */
export const me = signal<User | null | undefined>(undefined);
export const role = signal<Role>('user');
export const isSignedIn = computed(() => me.value !== null && me.value !== undefined);
/** The session ended while the page was open. */
export const hasExpired = signal(false);

whenSignedOut(() => {
  hasExpired.value = true;
  sessionEnded();
});

export async function loadSession(): Promise<void> {
  take(await get<CurrentSession>('/sessions/current'));
}

export interface SignIn {
  readonly username: string;
  readonly password: string;
}

export async function signIn({ username, password }: SignIn): Promise<void> {
  take(await post<CurrentSession>('/sessions', { username, password, cookie: true }));
  await loadSession();
}

export interface SignUp extends SignIn {
  readonly display_name?: string;
  readonly email?: string;
}

export async function signUp(account: SignUp): Promise<void> {
  const { access_token: bearer } = await post<{ access_token: string }>('/users', account);
  await signIn(account);
  // The token is for programs: this page has the cookie, and the list of sessions shall have one entry for it.
  remove('/sessions/current', { bearer }).catch(() => undefined);
}

export async function signOut(): Promise<void> {
  await remove('/sessions/current');
  forget();
}

function take({ user, role: given, csrf_token: token }: CurrentSession): void {
  setCsrfToken(token);
  role.value = given ?? 'user';
  if (user !== null) hasExpired.value = false;
  me.value = user;
}

/** The server knows it no more. Asking it who is signed in makes it take back the cookie, too. */
export function sessionEnded(): void {
  forget();
  loadSession().catch(() => undefined);
}

function forget(): void {
  setCsrfToken(null);
  role.value = 'user';
  me.value = null;
}
