/** Pictures that nobody needs any more: of deleted posts and users, and those that were never shown. */
import type { Clock } from '../../core/clock.ts';
import { composeId } from '../../core/ids.ts';
import type { Job } from '../../core/job.ts';
import { BLOB_REMOVAL_LOCK, type BlobStore, deleteBlobsOf } from '../../ports/blob-store/blob-store.ts';
import type { LoggedEvent, Subscription } from '../../ports/event-log/event-log.ts';
import type { SqlStore, SqlTransaction } from '../../ports/sql-store/sql-store.ts';
import {
  claimExpiredLeases,
  deleteLeases,
  deleteMediaOfOwner,
  deleteMediaOfPosts,
  deleteUnattachedMedia,
  lockRemoval,
} from './media-queries.ts';
import { replaceLeasesByPurges } from './serving/edge-purge-queries.ts';
import { deleteUploadsOfOwner } from './uploads/pending-uploads-queries.ts';

/** How long a picture waits for the post that shows it. */
export const UNATTACHED_HOURS_MAX = 24;
const REMOVE_EVERY_MS = 2_000;
const REMOVALS_MAX = 20;
const UNATTACHED_EVERY_MS = 600_000;
const DELETIONS_MAX = 500;
/** Of a user who is deleted; those of posts go with the posts. */
const OWNED_MAX = 10_000;

export interface Removal {
  /** Of the topics `posts` and `users`: what is deleted there. All its effects are in the transaction. */
  readonly subscription: Subscription;
  readonly jobs: readonly Job[];
}

export function createRemoval(deps: {
  readonly sql: SqlStore;
  readonly blobStore: BlobStore;
  readonly clock: Clock;
  /** Whether edge caches are to be told of what is removed. */
  readonly hasEdges: boolean;
}): Removal {
  const { sql, blobStore, clock, hasEdges } = deps;

  /** Bytes first: as long as there are any, something is on record that says so. */
  async function removeBlobs(): Promise<'more' | 'done'> {
    return sql.transaction(async (transaction) => {
      const [lock] = await transaction.query(lockRemoval, [BLOB_REMOVAL_LOCK]);
      if (lock?.locked !== true) return 'done';
      const expired = await transaction.query(claimExpiredLeases, [REMOVALS_MAX]);
      const keys = expired.map(({ blob_key: key }) => key);
      if (keys.length === 0) return 'done';
      for (const key of keys) await deleteBlobsOf(blobStore, key);
      await transaction.query(hasEdges ? replaceLeasesByPurges : deleteLeases, [keys]);
      return keys.length === REMOVALS_MAX ? 'more' : 'done';
    });
  }

  async function deleteUnattached(): Promise<'more' | 'done'> {
    const before = composeId(clock.nowMs() - UNATTACHED_HOURS_MAX * 3_600_000, 0, 0);
    const gone = await sql.query(deleteUnattachedMedia, [before, DELETIONS_MAX]);
    return gone.length === DELETIONS_MAX ? 'more' : 'done';
  }

  return {
    subscription: {
      group: 'media-removal',
      topics: ['posts', 'users'],
      from: 'beginning',
      batchMax: 500,
      gatherMs: 200,
      handle,
    },
    jobs: [
      { name: 'remove-blobs', everyMs: REMOVE_EVERY_MS, run: removeBlobs },
      { name: 'delete-unattached-media', everyMs: UNATTACHED_EVERY_MS, run: deleteUnattached },
    ],
  };
}

async function handle(events: readonly LoggedEvent[], transaction: SqlTransaction): Promise<void> {
  const deleted = events.filter(({ kind }) => kind === 'deleted');
  const postIds = deleted
    .filter(({ topic }) => topic === 'posts')
    .map(({ payload }) => Number(payload['post_id']));
  if (postIds.length > 0) await transaction.query(deleteMediaOfPosts, [postIds]);
  for (const { topic, key } of deleted) {
    if (topic !== 'users') continue;
    await transaction.query(deleteMediaOfOwner, [key, OWNED_MAX]);
    await transaction.query(deleteUploadsOfOwner, [key]);
  }
}
