/** The table `users`. */
import type { Id } from '../../../core/ids.ts';
import type { UserRole, UserTier } from '../../../core/principal.ts';
import { readStatement, writeStatement } from '../../../ports/sql-store/sql-store.ts';

export interface UserRow {
  readonly user_id: Id;
  readonly username: string;
  readonly display_name: string;
  readonly bio: string;
  /** Of the blobs of what is shown. */
  readonly avatar_key: string | null;
  readonly header_key: string | null;
  readonly locked: boolean;
}

export interface AccountRow extends UserRow {
  /** What was chosen last, shown or not yet. */
  readonly chosen_avatar_media_id: Id | null;
  readonly chosen_header_media_id: Id | null;
  readonly email: string | null;
  readonly role: UserRole;
  readonly tier: UserTier;
  readonly suspended_at: Date | null;
}

const USER_COLUMNS = 'user_id, username, display_name, bio, avatar_key, header_key, locked';
/** Of `AccountRow`. */
export const ACCOUNT_COLUMNS = `${USER_COLUMNS}, coalesce(next_avatar_media_id, avatar_media_id) AS chosen_avatar_media_id,
  coalesce(next_header_media_id, header_media_id) AS chosen_header_media_id, email, role, tier, suspended_at`;

const VISIBLE_USERS = `SELECT ${USER_COLUMNS} FROM users
   WHERE user_id = ANY ($1) AND suspended_at IS NULL AND deleted_at IS NULL`;

export const getUsers = readStatement<[userIds: readonly Id[]], UserRow>('users_get', VISIBLE_USERS);

/** For whom nobody keeps. */
export const listUsers = readStatement<[userIds: readonly Id[]], UserRow>('users_list', VISIBLE_USERS, {
  mayBeStale: true,
});

/** Also of who is suspended or deleted: a name stays taken. */
export const getUsernames = readStatement<[userIds: readonly Id[]], { user_id: Id; username: string }>(
  'users_get_usernames',
  'SELECT user_id, username FROM users WHERE user_id = ANY ($1)',
);

export const findUsers = readStatement<[usernameKeys: readonly string[]], UserRow>(
  'users_find',
  `SELECT ${USER_COLUMNS} FROM users
   WHERE username_key = ANY ($1) AND suspended_at IS NULL AND deleted_at IS NULL`,
);

/** Also who is suspended, but not who is deleted. */
export const getAccount = readStatement<[userId: Id], AccountRow>(
  'users_get_account',
  `SELECT ${ACCOUNT_COLUMNS} FROM users WHERE user_id = $1 AND deleted_at IS NULL`,
);

/** As `getAccount`, of many. */
export const getAccounts = readStatement<[userIds: readonly Id[]], AccountRow>(
  'users_get_accounts',
  `SELECT ${ACCOUNT_COLUMNS} FROM users WHERE user_id = ANY ($1) AND deleted_at IS NULL`,
);

/** As `getAccount`, and nobody else changes the row before the transaction ends. */
export const lockAccount = writeStatement<[userId: Id], AccountRow>(
  'users_lock_account',
  `SELECT ${ACCOUNT_COLUMNS} FROM users WHERE user_id = $1 AND deleted_at IS NULL FOR NO KEY UPDATE`,
);

export const findAccount = readStatement<[usernameKey: string], AccountRow>(
  'users_find_account',
  `SELECT ${ACCOUNT_COLUMNS} FROM users WHERE username_key = $1 AND deleted_at IS NULL`,
);

export const findAccountByEmail = readStatement<[emailKey: string], AccountRow>(
  'users_find_account_by_email',
  `SELECT ${ACCOUNT_COLUMNS} FROM users WHERE email_key = $1 AND deleted_at IS NULL`,
);

export const pageAccounts = readStatement<[before: Id, limit: number], AccountRow>(
  'users_page_accounts',
  `SELECT ${ACCOUNT_COLUMNS} FROM users WHERE user_id < $1 AND deleted_at IS NULL
   ORDER BY user_id DESC LIMIT $2`,
);

export const insertUser = writeStatement<
  [
    userId: Id,
    shard: number,
    username: string,
    usernameKey: string,
    displayName: string,
    email: string | null,
    emailKey: string | null,
    role: UserRole,
  ],
  AccountRow
>(
  'users_insert',
  `INSERT INTO users (user_id, shard, username, username_key, display_name, email, email_key, role)
   VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING ${ACCOUNT_COLUMNS}`,
);

/** Null leaves a column as it is; the address is only touched where `changesEmail`, and null removes it. */
export const updateUser = writeStatement<
  [
    userId: Id,
    displayName: string | null,
    bio: string | null,
    locked: boolean | null,
    changesEmail: boolean,
    email: string | null,
    emailKey: string | null,
  ],
  AccountRow
>(
  'users_update',
  `UPDATE users SET display_name = coalesce($2, display_name), bio = coalesce($3, bio),
     locked = coalesce($4, locked), email = CASE WHEN $5 THEN $6 ELSE email END,
     email_key = CASE WHEN $5 THEN $7 ELSE email_key END
   WHERE user_id = $1 AND deleted_at IS NULL RETURNING ${ACCOUNT_COLUMNS}`,
);

/** Keeps the name, and nothing else that the person wrote; their pictures have been released. */
export const eraseUser = writeStatement<[userId: Id, at: Date], { user_id: Id }>(
  'users_erase',
  `UPDATE users SET display_name = '', bio = '', locked = false, email = NULL, email_key = NULL,
     avatar_media_id = NULL, avatar_key = NULL, next_avatar_media_id = NULL,
     header_media_id = NULL, header_key = NULL, next_header_media_id = NULL, role = 'user', tier = 'standard', deleted_at = $2
   WHERE user_id = $1 AND deleted_at IS NULL RETURNING user_id`,
);

export const setSuspendedAt = writeStatement<[userId: Id, suspendedAt: Date | null], AccountRow>(
  'users_set_suspended_at',
  `UPDATE users SET suspended_at = $2 WHERE user_id = $1 RETURNING ${ACCOUNT_COLUMNS}`,
);

export const setRole = writeStatement<[userId: Id, role: UserRole], AccountRow>(
  'users_set_role',
  `UPDATE users SET role = $2 WHERE user_id = $1 RETURNING ${ACCOUNT_COLUMNS}`,
);

/** Which of the ids there are, whatever became of their users. */
export const existingUserIds = readStatement<[userIds: readonly Id[]], { user_id: Id }>(
  'users_existing_ids',
  'SELECT user_id FROM users WHERE user_id = ANY ($1)',
);

/** The columns of a bulk load, for `SqlStore.copyIn`. */
export const BULK_TARGET = 'users (user_id, shard, username, username_key, display_name, bio, locked)';
