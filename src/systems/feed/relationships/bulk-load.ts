/** Loads a whole follow graph at once, for `groundswell seed`. */
import { batchesOf } from '../../../core/batches.ts';
import { type Id, shardOf } from '../../../core/ids.ts';
import { announceBatch, type BulkLoadDeps } from '../bulk-loads.ts';
import { addUserCounts, loadFollows } from './bulk-load-queries.ts';
import { followDeltas } from './user-counts.ts';

export interface FollowToLoad {
  readonly followerId: Id;
  readonly followeeId: Id;
  readonly followId: Id;
}

/**
 * Follows in one transaction. A fifth of it takes a quarter longer in all and five times as many no less (measured
 * with the 508,837 of the Epinions graph, which take 9 s); at 0.2 s it stays far from the time-out of a statement.
 */
export const LOAD_BATCH = 10_000;

/**
 * Inserts the follows that are not there yet, sets the counts, and answers how many were new. Again over the same
 * data it changes nothing. Each batch is one transaction: after a failure some are loaded, and the next run loads
 * the rest. Follows of oneself and between users of whom one blocks the other are left out. Safe while serving: each
 * batch that inserts something announces itself (`bulk-loads.ts`), but no follow by itself. It knows no locked
 * accounts and no limit of followings.
 *
 * NOTE: no COPY: it cannot skip what is there, so it would need a second table and a second pass over the rows.
 * `onProgress` hears, after each batch, how many of the given follows are done.
 */
export async function bulkLoadFollows(
  deps: BulkLoadDeps,
  follows: Iterable<FollowToLoad> | AsyncIterable<FollowToLoad>,
  onProgress: (done: number) => void = () => undefined,
): Promise<number> {
  let done = 0;
  let inserted = 0;
  for await (const batch of batchesOf(follows, LOAD_BATCH)) {
    inserted += await loadBatch(deps, batch);
    done += batch.length;
    onProgress(done);
  }
  return inserted;
}

async function loadBatch({ sql, eventLog }: BulkLoadDeps, given: readonly FollowToLoad[]): Promise<number> {
  const batch = given.filter(({ followerId, followeeId }) => followerId !== followeeId);
  const followers = batch.map(({ followerId }) => followerId);
  const followees = batch.map(({ followeeId }) => followeeId);
  const followIds = batch.map(({ followId }) => followId);
  return sql.transaction(async (transaction) => {
    const params = [followers, followees, followIds, followers.map(shardOf)] as const;
    const inserted = await transaction.query(loadFollows, [...params]);
    const [firstId] = followIds;
    if (inserted.length === 0 || firstId === undefined) return 0;
    await transaction.query(addUserCounts, followDeltas(inserted, 1));
    await announceBatch(transaction, eventLog, firstId);
    return inserted.length;
  });
}
