import type { EventLog } from '../../../ports/event-log/event-log.ts';
import type { SqlTransaction } from '../../../ports/sql-store/sql-store.ts';
import { postDeleted } from './post-events.ts';
import { deletePosts, type PostRow } from './posts-queries.ts';

/**
 * Makes tombstones of posts that the transaction has locked (`lockOwnPosts`) and announces it. The reactions to
 * them are out of sight with it; the worker erases them.
 */
export async function deleteOwnPosts(
  transaction: SqlTransaction,
  eventLog: EventLog,
  posts: readonly PostRow[],
): Promise<void> {
  if (posts.length === 0) return;
  await transaction.query(deletePosts, [posts.map((post) => post.post_id)]);
  await eventLog.append(transaction, posts.map(postDeleted));
}
