/** What the consumer of clicks reads and writes: each kind of row in one statement for all links of a batch. */
import type { Id } from '../../../core/ids.ts';
import { readStatement, writeStatement } from '../../../ports/sql-store/sql-store.ts';
import type { StoredBreakdown } from './breakdown.ts';

export const listCountedBatches = readStatement<
  [recorders: string[], partitions: number[]],
  { recorder: string; partition: number; sequence: number; missing: number[] }
>(
  'link_clicks_list_counted',
  `SELECT counted.recorder, counted.partition, counted.sequence, counted.missing
   FROM unnest($1::text[], $2::smallint[]) AS wanted (recorder, partition)
   JOIN click_recorders AS counted USING (recorder, partition)`,
);

/** `missing` as texts of arrays, because arrays of arrays must all have the same length. */
export const putCountedBatches = writeStatement<
  [recorders: string[], partitions: number[], sequences: number[], missing: string[], seenAt: Date]
>(
  'link_clicks_put_counted',
  `INSERT INTO click_recorders (recorder, partition, sequence, missing, seen_at)
   SELECT recorder, partition, sequence, missing::bigint[], $5
   FROM unnest($1::text[], $2::smallint[], $3::bigint[], $4::text[]) AS counted (recorder, partition, sequence, missing)
   ON CONFLICT (recorder, partition) DO UPDATE
     SET sequence = excluded.sequence, missing = excluded.missing, seen_at = excluded.seen_at`,
);

/** Without links that are deleted, and those of deleted owners. */
export const listCountedLinks = readStatement<
  [linkIds: Id[]],
  { link_id: Id; owner_id: Id; shard: number; code: string }
>(
  'link_clicks_list_links',
  `SELECT link.link_id, link.owner_id, link.shard, link.code
   FROM links AS link
   WHERE link.link_id = ANY ($1::bigint[]) AND link.deleted_at IS NULL AND link.owner_id IS NOT NULL
     AND NOT EXISTS (
       SELECT FROM hidden_link_owners AS hidden
       WHERE hidden.user_id = link.owner_id AND hidden.state <> 'suspended'
     )`,
);

/** What there is of these, by their places in the parameters. Only sketches that hold someone. */
export const listVisitors = readStatement<
  [linkIds: Id[], grains: number[], startSeconds: number[]],
  { place: number; visitors: Buffer }
>(
  'link_clicks_list_visitors',
  `SELECT wanted.place, held.visitors
   FROM unnest($1::bigint[], $2::smallint[], $3::double precision[]) WITH ORDINALITY
     AS wanted (link_id, grain, starts, place)
   JOIN link_click_counts AS held
     ON held.link_id = wanted.link_id AND held.grain = wanted.grain AND held.starts_at = to_timestamp(wanted.starts)
   WHERE held.visitors <> ''`,
);

export const addCounts = writeStatement<
  [
    linkIds: Id[],
    grains: number[],
    startSeconds: number[],
    shards: number[],
    humans: number[],
    bots: number[],
    previews: number[],
    visitors: Buffer[],
  ]
>(
  'link_clicks_add_counts',
  `INSERT INTO link_click_counts AS held (link_id, grain, starts_at, shard, humans, bots, previews, visitors)
   SELECT link_id, grain, to_timestamp(starts), shard, humans, bots, previews, visitors
   FROM unnest($1::bigint[], $2::smallint[], $3::double precision[], $4::smallint[], $5::bigint[], $6::bigint[],
     $7::bigint[], $8::bytea[]) AS added (link_id, grain, starts, shard, humans, bots, previews, visitors)
   ON CONFLICT (link_id, grain, starts_at) DO UPDATE SET humans = held.humans + excluded.humans,
     bots = held.bots + excluded.bots, previews = held.previews + excluded.previews,
     visitors = CASE WHEN excluded.visitors = '' THEN held.visitors ELSE excluded.visitors END`,
);

export const listBreakdowns = readStatement<
  [linkIds: Id[], startSeconds: number[]],
  { place: number; breakdown: StoredBreakdown }
>(
  'link_clicks_list_breakdowns',
  `SELECT wanted.place, held.breakdown
   FROM unnest($1::bigint[], $2::double precision[]) WITH ORDINALITY AS wanted (link_id, starts, place)
   JOIN link_click_breakdowns AS held
     ON held.link_id = wanted.link_id AND held.starts_at = to_timestamp(wanted.starts)`,
);

export const putBreakdowns = writeStatement<
  [linkIds: Id[], startSeconds: number[], shards: number[], breakdowns: string[]]
>(
  'link_clicks_put_breakdowns',
  `INSERT INTO link_click_breakdowns (link_id, starts_at, shard, breakdown)
   SELECT link_id, to_timestamp(starts), shard, breakdown::json
   FROM unnest($1::bigint[], $2::double precision[], $3::smallint[], $4::text[])
     AS added (link_id, starts, shard, breakdown)
   ON CONFLICT (link_id, starts_at) DO UPDATE SET breakdown = excluded.breakdown`,
);

export const addTotals = writeStatement<
  [linkIds: Id[], shards: number[], ownerIds: Id[], humans: number[], bots: number[], previews: number[]]
>(
  'link_clicks_add_totals',
  `INSERT INTO link_click_totals AS held (link_id, shard, owner_id, humans, bots, previews)
   SELECT * FROM unnest($1::bigint[], $2::smallint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[])
   ON CONFLICT (link_id) DO UPDATE SET humans = held.humans + excluded.humans, bots = held.bots + excluded.bots,
     previews = held.previews + excluded.previews`,
);
