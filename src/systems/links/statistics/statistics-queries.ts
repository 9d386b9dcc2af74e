/** What is read of the statistics of a link. */
import type { Id } from '../../../core/ids.ts';
import { readStatement } from '../../../ports/sql-store/sql-store.ts';

export interface CountRow {
  /** Seconds since 1970. */
  readonly starts: number;
  readonly humans: number;
  readonly bots: number;
  readonly previews: number;
  readonly visitors: Buffer;
}

/** In the order of time, from the first second to before the last. */
export const listCounts = readStatement<
  [linkId: Id, grain: number, fromSecond: number, toSecond: number],
  CountRow
>(
  'link_statistics_counts',
  `SELECT extract(epoch FROM starts_at)::bigint AS starts, humans, bots, previews, visitors
   FROM link_click_counts
   WHERE link_id = $1 AND grain = $2 AND starts_at >= to_timestamp($3::double precision)
     AND starts_at < to_timestamp($4::double precision)
   ORDER BY starts_at`,
  { mayBeStale: true },
);

/** Days of these links that somebody opened them on: the newest link first, its days in order. */
export const listDays = readStatement<
  [linkIds: readonly Id[], fromSecond: number, toSecond: number],
  CountRow & { readonly link_id: Id }
>(
  'link_statistics_days',
  `SELECT link_id, extract(epoch FROM starts_at)::bigint AS starts, humans, bots, previews, visitors
   FROM link_click_counts
   WHERE link_id = ANY ($1::bigint[]) AND grain = 2 AND starts_at >= to_timestamp($2::double precision)
     AND starts_at < to_timestamp($3::double precision)
   ORDER BY link_id DESC, starts_at`,
  { mayBeStale: true },
);

/** The values of one dimension with the most humans, in the days that begin in these. */
export const listValues = readStatement<
  [linkId: Id, dimension: string, fromSecond: number, toSecond: number, limit: number],
  { value: string; humans: number }
>(
  'link_statistics_values',
  `SELECT counted.key AS value, sum(counted.value::bigint)::bigint AS humans
   FROM link_click_breakdowns AS day, json_each_text(day.breakdown -> $2::text) AS counted
   WHERE day.link_id = $1 AND day.starts_at >= to_timestamp($3::double precision)
     AND day.starts_at < to_timestamp($4::double precision)
   GROUP BY counted.key
   ORDER BY humans DESC, value
   LIMIT $5::integer`,
  { mayBeStale: true },
);

export const listTotals = readStatement<
  [linkIds: readonly Id[]],
  { link_id: Id; humans: number; bots: number; previews: number }
>(
  'link_statistics_totals',
  `SELECT link_id, humans, bots, previews FROM link_click_totals WHERE link_id = ANY ($1::bigint[])`,
  { mayBeStale: true },
);

/** Humans by day, of those of the links that are the owner's; days without any have no rows. */
export const listDailyHumans = readStatement<
  [linkIds: readonly Id[], ownerId: Id, fromSecond: number, toSecond: number],
  { link_id: Id; starts: number; humans: number }
>(
  'link_statistics_daily_humans',
  `SELECT counted.link_id, extract(epoch FROM counted.starts_at)::bigint AS starts, counted.humans
   FROM link_click_counts AS counted JOIN links AS link USING (link_id)
   WHERE counted.link_id = ANY ($1::bigint[]) AND link.owner_id = $2 AND counted.grain = 2
     AND counted.starts_at >= to_timestamp($3::double precision)
     AND counted.starts_at < to_timestamp($4::double precision)`,
  { mayBeStale: true },
);
