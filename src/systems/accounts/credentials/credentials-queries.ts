/** The table `credentials`. */
import type { Id } from '../../../core/ids.ts';
import { readStatement, writeStatement } from '../../../ports/sql-store/sql-store.ts';
import { ACCOUNT_COLUMNS, type AccountRow } from '../users/users-queries.ts';

/** One row for every name there is, so that names without a password take no longer to refuse. */
export const findCredentials = readStatement<
  [usernameKey: string],
  AccountRow & { readonly password_hash: string | null }
>(
  'credentials_find',
  `SELECT ${ACCOUNT_COLUMNS}, password_hash FROM users LEFT JOIN credentials USING (user_id)
   WHERE username_key = $1 AND deleted_at IS NULL`,
);

export const getPasswordHash = readStatement<[userId: Id], { password_hash: string }>(
  'credentials_get',
  'SELECT password_hash FROM credentials WHERE user_id = $1',
);

export const insertCredentials = writeStatement<
  [userId: Id, shard: number, passwordHash: string, changedAt: Date]
>(
  'credentials_insert',
  'INSERT INTO credentials (user_id, shard, password_hash, changed_at) VALUES ($1, $2, $3, $4)',
);

/** Only while the password is still the one that was checked. */
export const replacePasswordHash = writeStatement<
  [userId: Id, passwordHash: string, changedAt: Date, checkedHash: string],
  { user_id: Id }
>(
  'credentials_replace',
  `UPDATE credentials SET password_hash = $2, changed_at = $3
   WHERE user_id = $1 AND password_hash = $4 RETURNING user_id`,
);

/** Also for who had none. */
export const putPasswordHash = writeStatement<
  [userId: Id, shard: number, passwordHash: string, changedAt: Date]
>(
  'credentials_put',
  `INSERT INTO credentials (user_id, shard, password_hash, changed_at) VALUES ($1, $2, $3, $4)
   ON CONFLICT (user_id) DO UPDATE SET password_hash = excluded.password_hash, changed_at = excluded.changed_at`,
);

export const deleteCredentials = writeStatement<[userId: Id]>(
  'credentials_delete',
  'DELETE FROM credentials WHERE user_id = $1',
);
