/** The pictures of people, in the table `users`. */
import type { Id } from '../../../core/ids.ts';
import { writeStatement } from '../../../ports/sql-store/sql-store.ts';
import { ACCOUNT_COLUMNS, type AccountRow } from './users-queries.ts';

export interface ProfilePicturesRow extends AccountRow {
  readonly avatar_media_id: Id | null;
  readonly next_avatar_media_id: Id | null;
  readonly header_media_id: Id | null;
  readonly next_header_media_id: Id | null;
}

/** Nobody else changes them before the transaction ends. */
export const lockProfilePictures = writeStatement<[userId: Id], ProfilePicturesRow>(
  'profile_pictures_lock',
  `SELECT ${ACCOUNT_COLUMNS}, avatar_media_id, next_avatar_media_id, header_media_id, next_header_media_id
   FROM users WHERE user_id = $1 AND deleted_at IS NULL FOR NO KEY UPDATE`,
);

export const setAvatar = writeStatement<
  [userId: Id, mediaId: Id | null, key: string | null, nextMediaId: Id | null],
  AccountRow
>(
  'profile_pictures_set_avatar',
  `UPDATE users SET avatar_media_id = $2, avatar_key = $3, next_avatar_media_id = $4
   WHERE user_id = $1 RETURNING ${ACCOUNT_COLUMNS}`,
);

export const setHeader = writeStatement<
  [userId: Id, mediaId: Id | null, key: string | null, nextMediaId: Id | null],
  AccountRow
>(
  'profile_pictures_set_header',
  `UPDATE users SET header_media_id = $2, header_key = $3, next_header_media_id = $4
   WHERE user_id = $1 RETURNING ${ACCOUNT_COLUMNS}`,
);
