/** Statistics that go: those of deleted links and owners, and what is older than it is kept. */
import type { Id } from '../../../core/ids.ts';
import { writeStatement } from '../../../ports/sql-store/sql-store.ts';

export const addErasures = writeStatement<
  [subjectIds: Id[], areOwners: boolean[], shards: number[], dueAt: Date]
>(
  'link_statistics_add_erasures',
  `INSERT INTO link_click_erasures (subject_id, is_owner, shard, due_at)
   SELECT subject_id, is_owner, shard, $4
   FROM unnest($1::bigint[], $2::boolean[], $3::smallint[]) AS erased (subject_id, is_owner, shard)
   ON CONFLICT (subject_id) DO NOTHING`,
);

/** Others that erase at the same time pass it over. */
export const claimErasure = writeStatement<[now: Date], { subject_id: Id; is_owner: boolean }>(
  'link_statistics_claim_erasure',
  `SELECT subject_id, is_owner FROM link_click_erasures WHERE due_at <= $1
   ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED`,
);

/** Some links of an owner that have statistics. */
export const listOwnedTotals = writeStatement<[ownerId: Id, limit: number], { link_id: Id }>(
  'link_statistics_owned',
  'SELECT link_id FROM link_click_totals WHERE owner_id = $1 ORDER BY link_id LIMIT $2::integer',
);

/** Up to so many rows of each kind; answers how many there were. */
export const eraseCounts = writeStatement<[linkIds: Id[], limit: number], { erased: number }>(
  'link_statistics_erase_counts',
  `WITH chosen AS (
     SELECT link_id, grain, starts_at FROM link_click_counts WHERE link_id = ANY ($1::bigint[]) LIMIT $2::integer
   ), counts AS (
     DELETE FROM link_click_counts USING chosen
     WHERE link_click_counts.link_id = chosen.link_id AND link_click_counts.grain = chosen.grain
       AND link_click_counts.starts_at = chosen.starts_at
     RETURNING 1
   ), days AS (
     SELECT link_id, starts_at FROM link_click_breakdowns WHERE link_id = ANY ($1::bigint[]) LIMIT $2::integer
   ), breakdowns AS (
     DELETE FROM link_click_breakdowns USING days
     WHERE link_click_breakdowns.link_id = days.link_id AND link_click_breakdowns.starts_at = days.starts_at
     RETURNING 1
   )
   SELECT (SELECT count(*) FROM counts) + (SELECT count(*) FROM breakdowns) AS erased`,
);

export const eraseTotals = writeStatement<[linkIds: Id[]]>(
  'link_statistics_erase_totals',
  'DELETE FROM link_click_totals WHERE link_id = ANY ($1::bigint[])',
);

export const endErasure = writeStatement<[subjectId: Id]>(
  'link_statistics_end_erasure',
  'DELETE FROM link_click_erasures WHERE subject_id = $1',
);

export const deleteOldCounts = writeStatement<
  [grain: number, before: Date, limit: number],
  { deleted: number }
>(
  'link_statistics_delete_counts',
  `WITH old AS (
     SELECT link_id, grain, starts_at FROM link_click_counts WHERE grain = $1 AND starts_at < $2
     ORDER BY starts_at LIMIT $3::integer
   ), deleted AS (
     DELETE FROM link_click_counts USING old
     WHERE link_click_counts.link_id = old.link_id AND link_click_counts.grain = old.grain
       AND link_click_counts.starts_at = old.starts_at
     RETURNING 1
   )
   SELECT count(*) AS deleted FROM deleted`,
);

export const deleteOldBreakdowns = writeStatement<[before: Date, limit: number], { deleted: number }>(
  'link_statistics_delete_breakdowns',
  `WITH old AS (
     SELECT link_id, starts_at FROM link_click_breakdowns WHERE starts_at < $1 ORDER BY starts_at LIMIT $2::integer
   ), deleted AS (
     DELETE FROM link_click_breakdowns USING old
     WHERE link_click_breakdowns.link_id = old.link_id AND link_click_breakdowns.starts_at = old.starts_at
     RETURNING 1
   )
   SELECT count(*) AS deleted FROM deleted`,
);

export const deleteOldRecorders = writeStatement<[before: Date, limit: number], { deleted: number }>(
  'link_statistics_delete_recorders',
  `WITH old AS (
     SELECT recorder, partition FROM click_recorders WHERE seen_at < $1 ORDER BY seen_at LIMIT $2::integer
   ), deleted AS (
     DELETE FROM click_recorders USING old
     WHERE click_recorders.recorder = old.recorder AND click_recorders.partition = old.partition
     RETURNING 1
   )
   SELECT count(*) AS deleted FROM deleted`,
);
