/** Who is signed in here. */
import { computed, signal } from '@preact/signals';
import { get, post, remove, setCsrfToken, whenSignedOut } from '../api/http.ts';
import { toProblem } from '../api/problem.ts';
import type { User } from '../api/types.ts';
import { forgetLastSeen, lastSeen } from './last-seen.ts';
import { onOwnerChange, owner, setOwner } from './owner.ts';
import { isConfirmed } from './server.ts';

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

/** A server that takes longer may be long in coming. */
const PRESUMED_AFTER_MS = 3_000;

/** Whom this page has shown things to; it shows them to nobody else. */
let shownTo: string | undefined;

whenSignedOut(() => {
  hasExpired.value = true;
  sessionEnded();
});
onOwnerChange(() => {
  if (me.value === undefined || owner() === (me.value?.user_id ?? null)) return;
  // What this page holds is somebody else's by now.
  location.reload();
});

export async function loadSession(): Promise<void> {
  take(await get<CurrentSession>('/sessions/current'));
}

/** Begins with who the server says is signed in; while it does not say, with who was the last time. */
export async function openSession(): Promise<void> {
  const timer = setTimeout(presumeSession, PRESUMED_AFTER_MS);
  try {
    await loadSession();
  } catch (error) {
    if (!toProblem(error).isUncertain || !(await presumeSession())) throw error;
  } finally {
    clearTimeout(timer);
  }
}

/** Answers whether anybody is known. */
async function presumeSession(): Promise<boolean> {
  const seen = await lastSeen();
  if (seen !== undefined && me.value === undefined) {
    setCsrfToken(undefined);
    shownTo = seen.user.user_id;
    me.value = seen.user;
  }
  return me.value !== undefined;
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

/** Ends with a page that holds nothing of who was signed in: not in its lists, and not behind Back. */
export async function signOut(): Promise<void> {
  await remove('/sessions/current');
  await forget();
  location.replace('/');
}

function take({ user, role: given, csrf_token: token }: CurrentSession): void {
  const userId = user?.user_id ?? null;
  setCsrfToken(token);
  role.value = given ?? 'user';
  isConfirmed.value = true;
  if (userId !== owner()) {
    void forgetLastSeen();
    setOwner(userId);
  }
  if (userId !== null) {
    hasExpired.value = false;
    if (shownTo !== undefined && shownTo !== userId) location.replace('/');
    shownTo = userId;
  }
  // It ended elsewhere: by another session of theirs, or by its age.
  if (userId === null && isSignedIn.value) hasExpired.value = true;
  me.value = user;
}

/** The server knows it no more. Asking it who is signed in makes it take back the cookie, too. */
export function sessionEnded(): void {
  void forget();
  loadSession().catch(() => undefined);
}

async function forget(): Promise<void> {
  setCsrfToken(null);
  setOwner(null);
  role.value = 'user';
  me.value = null;
  await forgetLastSeen();
}
