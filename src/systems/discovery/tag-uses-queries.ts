/** The table `tag_uses`: which author used which tag in which hour. */
import type { Id } from '../../core/ids.ts';
import { readStatement, writeStatement } from '../../ports/sql-store/sql-store.ts';

/** Not of hidden authors; in the order of the key, so that two batches do not wait for each other in a circle. */
export const insertTagUses = writeStatement<
  [
    hours: readonly number[],
    tags: readonly string[],
    authorIds: readonly Id[],
    shards: readonly number[],
    postIds: readonly Id[],
  ]
>(
  'tag_uses_insert',
  `INSERT INTO tag_uses (hour, tag, author_id, shard, post_id)
   SELECT hour, tag, author_id, shard, post_id
   FROM unnest($1::int[], $2::text[], $3::bigint[], $4::smallint[], $5::bigint[]) AS given (hour, tag, author_id, shard, post_id)
   WHERE (SELECT hidden.user_id FROM discovery_hidden_users AS hidden WHERE hidden.user_id = given.author_id) IS NULL
   ORDER BY hour, tag COLLATE "C", author_id
   ON CONFLICT DO NOTHING`,
);

/** Of posts that say something else now, or nothing any more. */
export const deleteTagUsesOfPosts = writeStatement<[postIds: readonly Id[]]>(
  'tag_uses_delete_of_posts',
  'DELETE FROM tag_uses WHERE post_id = ANY ($1::bigint[])',
);

export const deleteTagUsesOfAuthors = writeStatement<[authorIds: readonly Id[]]>(
  'tag_uses_delete_of_authors',
  'DELETE FROM tag_uses WHERE author_id = ANY ($1::bigint[])',
);

export const deleteOldTagUses = writeStatement<[beforeHour: number, limit: number], { deleted: number }>(
  'tag_uses_delete_old',
  `WITH gone AS (
     DELETE FROM tag_uses WHERE (hour, tag, author_id) IN (
       SELECT hour, tag, author_id FROM tag_uses WHERE hour < $1
       ORDER BY hour, tag, author_id LIMIT $2 FOR UPDATE SKIP LOCKED)
     RETURNING 1)
   SELECT count(*)::int AS deleted FROM gone`,
);

/** Whoever is deleted stays so. */
export const hideAuthors = writeStatement<
  [userIds: readonly Id[], shards: readonly number[], states: readonly string[]]
>(
  'discovery_hide_authors',
  `INSERT INTO discovery_hidden_users AS kept (user_id, shard, state)
   SELECT * FROM unnest($1::bigint[], $2::smallint[], $3::text[])
   ON CONFLICT (user_id) DO UPDATE SET state = excluded.state WHERE kept.state = 'suspended'`,
);

export const showAuthors = writeStatement<[userIds: readonly Id[]]>(
  'discovery_show_authors',
  `DELETE FROM discovery_hidden_users WHERE user_id = ANY ($1::bigint[]) AND state = 'suspended'`,
);

export type TrendPeriod = 'hour' | 'day';

/** Takes the turn to compute, if it is time; held until the end of the transaction. */
export const claimTrendRun = writeStatement<[period: TrendPeriod, everyMs: number], { period: TrendPeriod }>(
  'tag_trends_claim_run',
  `UPDATE tag_trend_runs SET computed_at = now()
   WHERE period = (
     SELECT period FROM tag_trend_runs
     WHERE period = $1 AND computed_at < now() - $2::double precision * interval '1 ms' FOR UPDATE SKIP LOCKED)
   RETURNING period`,
);

export const deleteTrends = writeStatement<[period: TrendPeriod]>(
  'tag_trends_delete',
  'DELETE FROM tag_trends WHERE period = $1',
);

/** Each author counts once for each hour, half as much for every `halfLife` hours since. */
export const insertTrends = writeStatement<
  [
    period: TrendPeriod,
    nowHours: number,
    fromHour: number,
    halfLife: number,
    authorsMin: number,
    limit: number,
  ]
>(
  'tag_trends_insert',
  `INSERT INTO tag_trends (period, tag, score, author_count)
   SELECT $1, tag, sum(power(0.5::float8, greatest($2::float8 - hour - 0.5, 0) / $4::float8)) AS score,
     count(DISTINCT author_id)
   FROM tag_uses WHERE hour >= $3::int
   GROUP BY tag HAVING count(DISTINCT author_id) >= $5::int
   ORDER BY score DESC, tag LIMIT $6`,
);

export interface TrendRow {
  readonly tag: string;
  readonly score: number;
  readonly author_count: number;
}

export const getTrends = readStatement<[period: TrendPeriod, limit: number], TrendRow>(
  'tag_trends_get',
  `SELECT tag, score, author_count FROM tag_trends WHERE period = $1 ORDER BY score DESC, tag LIMIT $2`,
  { mayBeStale: true },
);
