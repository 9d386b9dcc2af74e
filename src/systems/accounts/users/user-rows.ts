/** From rows of the table `users` to people: what is kept of their pictures becomes addresses. */
import type { Id } from '../../../core/ids.ts';
import type { PictureUrl } from '../../../core/media.ts';
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

export interface UserRows {
  userOf(row: UserRow): User;
  accountOf(row: AccountRow): Account;
}

export function createUserRows(pictureUrl: PictureUrl): UserRows {
  function userOf(row: UserRow): User {
    const { avatar_key: avatarKey, header_key: headerKey } = row;
    return {
      userId: row.user_id,
      username: row.username,
      displayName: row.display_name,
      bio: row.bio,
      avatarUrl: avatarKey === null ? null : pictureUrl(avatarKey, 'avatar'),
      headerUrl: headerKey === null ? null : pictureUrl(headerKey, 'header'),
      locked: row.locked,
    };
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
