/** The events of the topic `users`, with the user as key. */
import type { Id } from '../../../core/ids.ts';
import type { User } from '../../../core/user.ts';
import type { LoggedEvent, NewEvent } from '../../../ports/event-log/event-log.ts';

export const USERS_TOPIC = 'users';

export type UserEventKind = 'created' | 'updated' | 'suspended' | 'restored';

/**
 * Announces the whole public profile, with addresses as this process knows them: without a host where it serves nobody.
 * Append it under the lock of the user's row, so that the order is right.
 */
export function userEvent(kind: UserEventKind, user: User): NewEvent {
  const payload = {
    user_id: String(user.userId),
    username: user.username,
    display_name: user.displayName,
    bio: user.bio,
    avatar_url: user.avatarUrl,
    header_url: user.headerUrl,
    locked: user.locked,
  };
  return { topic: USERS_TOPIC, kind, key: user.userId, ownerId: user.userId, payload };
}

export function userDeleted(userId: Id): NewEvent {
  const payload = { user_id: String(userId) };
  return { topic: USERS_TOPIC, kind: 'deleted', key: userId, ownerId: userId, payload };
}

/** The user as everyone sees them from that event on; `undefined` where nobody does. */
export function userOfEvent({ kind, key, payload }: LoggedEvent | NewEvent): User | undefined {
  if (kind === 'suspended' || kind === 'deleted') return undefined;
  const { username, display_name, bio, avatar_url, header_url, locked } = payload as Readonly<
    Record<string, unknown>
  >;
  return {
    userId: key,
    username: String(username),
    displayName: String(display_name),
    bio: String(bio),
    avatarUrl: typeof avatar_url === 'string' ? avatar_url : null,
    headerUrl: typeof header_url === 'string' ? header_url : null,
    locked: locked === true,
  };
}
