/** The table `edge_purges`. */
import { writeStatement } from '../../../ports/sql-store/sql-store.ts';

/** Ends leases whose blobs are removed: edges are still to forget them. */
export const replaceLeasesByPurges = writeStatement<[blobKeys: readonly string[]]>(
  'edge_purges_replace_leases',
  `WITH gone AS (DELETE FROM blob_leases WHERE blob_key = ANY ($1::text[]) RETURNING blob_key, shard)
   INSERT INTO edge_purges (blob_key, shard) SELECT blob_key, shard FROM gone ON CONFLICT DO NOTHING`,
);

export interface PurgeRow {
  readonly blob_key: string;
}

/** For whoever asks first; for others only if that has not said how it ended within the time. */
export const claimDuePurges = writeStatement<[leaseS: number, limit: number], PurgeRow>(
  'edge_purges_claim_due',
  `UPDATE edge_purges SET due_at = now() + make_interval(secs => $1)
   WHERE blob_key IN (
     SELECT blob_key FROM edge_purges WHERE due_at <= now() ORDER BY due_at LIMIT $2 FOR UPDATE SKIP LOCKED)
   RETURNING blob_key`,
);

/** Seldom, the longer an edge has been away. */
export const postponePurge = writeStatement<[blobKey: string, pauseS: number]>(
  'edge_purges_postpone',
  `UPDATE edge_purges SET due_at = now()
     + make_interval(secs => greatest($2::int, extract(epoch FROM now() - created_at) / 10))
   WHERE blob_key = $1`,
);

export const countPass = writeStatement<[blobKey: string, pauseS: number]>(
  'edge_purges_count_pass',
  `UPDATE edge_purges SET passes = passes + 1, due_at = now() + make_interval(secs => $2) WHERE blob_key = $1`,
);

/** Those that were told often enough, and those that no edge can have any more. */
export const deleteEndedPurges = writeStatement<[passes: number, keptS: number]>(
  'edge_purges_delete_ended',
  `DELETE FROM edge_purges WHERE passes >= $1 OR created_at < now() - make_interval(secs => $2)`,
);
