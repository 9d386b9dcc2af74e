/** All users, from the first to the newest: for copies of them that are made anew. */
import type { Id } from '../../../core/ids.ts';
import { readStatement } from '../../../ports/sql-store/sql-store.ts';

export interface UserInOrderRow {
  readonly user_id: Id;
  readonly username: string;
  readonly display_name: string;
  readonly suspended: boolean;
}

export const pageUsersInOrder = readStatement<[after: Id, limit: number], UserInOrderRow>(
  'users_page_in_order',
  `SELECT user_id, username, display_name, suspended_at IS NOT NULL AS suspended FROM users
   WHERE user_id > $1 AND deleted_at IS NULL ORDER BY user_id LIMIT $2`,
);
