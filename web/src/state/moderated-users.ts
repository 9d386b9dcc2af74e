/** People as the staff sees them. Those that a page names are asked for together; all places show the same record. */
import { type Signal, signal } from '@preact/signals';
import { get } from '../api/http.ts';
import type { ModeratedUser, Page } from '../api/types.ts';

/** `undefined` until it is known; null: deleted, or not to be read now. */
export type MaybeUser = ModeratedUser | null | undefined;

const AT_ONCE_MAX = 100;

const users = new Map<string, Signal<MaybeUser>>();
let wanted: string[] = [];

export function moderatedUser(userId: string): Signal<MaybeUser> {
  const known = users.get(userId);
  if (known !== undefined) return known;
  const user = signal<MaybeUser>(undefined);
  users.set(userId, user);
  wanted.push(userId);
  if (wanted.length === 1) setTimeout(() => void loadWanted());
  return user;
}

export function takeModeratedUser(user: ModeratedUser): void {
  const known = users.get(user.user_id);
  if (known === undefined) users.set(user.user_id, signal<MaybeUser>(user));
  else known.value = user;
}

async function loadWanted(): Promise<void> {
  const ids = wanted;
  wanted = [];
  for (let from = 0; from < ids.length; from += AT_ONCE_MAX) {
    const asked = ids.slice(from, from + AT_ONCE_MAX);
    await load(asked);
  }
}

async function load(ids: readonly string[]): Promise<void> {
  try {
    const { items } = await get<Page<ModeratedUser>>('/moderation/users', {
      query: { user_ids: ids.join(',') },
    });
    for (const user of items) takeModeratedUser(user);
  } catch {
    // The page shows their ids; its next visit asks again.
    for (const id of ids) setTimeout(() => users.delete(id));
  }
  for (const id of ids) {
    const user = users.get(id);
    if (user?.value === undefined && user !== undefined) user.value = null;
  }
}
