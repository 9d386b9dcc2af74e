/** From rows of the table `users` to people: what is kept of their pictures becomes addresses. */
import type { Id } from '../../../core/ids.ts';
import type { PicturePath } from '../../../core/media.ts';
import type { UserRole, UserTier } from '../../../core/principal.ts';
import type { User } from '../../../core/user.ts';
import type { AccountRow, UserRow } from './users-queries.ts';

/** A user with what only they themselves and the staff may see. */
export interface Account extends User {
  /** What they chose last: shown, or being processed. */
  readonly avatarMediaId: Id | null;
  readonly headerMediaId: Id | null;
  readonly email: string | null;
  readonly role: UserRole;
  readonly tier: UserTier;
  readonly suspendedAt: Date | null;
}

export interface UserRowsDeps {
  readonly picturePath: PicturePath;
  /** Where people reach this server; known once it listens. */
  readonly publicUrl: () => string;
}

export interface UserRows {
  /** May be kept, also from before the server listens: where their pictures are is said when somebody asks. */
  userOf(row: UserRow): User;
  accountOf(row: AccountRow): Account;
}

export function createUserRows({ picturePath, publicUrl }: UserRowsDeps): UserRows {
  function userOf(row: UserRow): User {
    const { avatar_key: avatarKey, header_key: headerKey } = row;
    const user = {
      userId: row.user_id,
      username: row.username,
      displayName: row.display_name,
      bio: row.bio,
      avatarUrl: null,
      headerUrl: null,
      locked: row.locked,
    };
    if (avatarKey !== null) showAt(user, 'avatarUrl', picturePath(avatarKey, 'avatar'));
    if (headerKey !== null) showAt(user, 'headerUrl', picturePath(headerKey, 'header'));
    return user;
  }

  function showAt(user: User, property: 'avatarUrl' | 'headerUrl', path: string): void {
    Object.defineProperty(user, property, { enumerable: true, get: () => `${publicUrl()}${path}` });
  }

  return {
    userOf,

    accountOf: (row) => ({
      ...userOf(row),
      avatarMediaId: row.chosen_avatar_media_id,
      headerMediaId: row.chosen_header_media_id,
      email: row.email,
      role: row.role,
      tier: row.tier,
      suspendedAt: row.suspended_at,
    }),
  };
}
