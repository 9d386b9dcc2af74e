/** The followers who are to have an entry, and the table `fan_out_continuations`. */
import type { Id } from '../../../core/ids.ts';
import { readStatement, writeStatement } from '../../../ports/sql-store/sql-store.ts';
import type { IdListColumn } from './id-list-queries.ts';

/** As `readIdList` reads it; in no order, because sorting would take longer than delivering. */
const UNSORTED_FOLLOWERS = `coalesce(string_agg(float8send(follower_id::float8), ''::bytea), ''::bytea)`;

export interface SourceFollowersRow {
  readonly source_id: Id;
  /** At most one more than the page; 0 for a source that is pulled. */
  readonly follower_count: number;
  /** The source itself, and its followers unless they are more than a page. */
  readonly reader_ids: IdListColumn;
}

/**
 * Who is to have entries of the sources. Those who have been pulled for `graceMs` have no readers but themselves:
 * by then every process merges what they write.
 */
export const readSourceFollowers = readStatement<
  [sourceIds: readonly Id[], page: number, graceMs: number],
  SourceFollowersRow
>(
  'fan_out_read_followers',
  `SELECT source.source_id, page.follower_count,
     page.follower_ids || float8send(source.source_id::float8) AS reader_ids
   FROM (
     SELECT asked.source_id, author.author_id IS NOT NULL AS pulled
     FROM unnest($1::bigint[]) AS asked (source_id) LEFT JOIN author_modes AS author
       ON author.author_id = asked.source_id AND author.mode = 'pulled'
         AND author.changed_at <= statement_timestamp() - $3::double precision * interval '1 ms') AS source
   CROSS JOIN LATERAL (
     SELECT count(*) AS follower_count,
       CASE WHEN count(*) <= $2::integer THEN ${UNSORTED_FOLLOWERS} ELSE '' END AS follower_ids
     FROM (
       SELECT follower_id FROM follows
       WHERE followee_id = source.source_id AND NOT source.pulled
       LIMIT $2::integer + 1) AS follower) AS page`,
);

/** Entries of sources with more followers than a page; parallel arrays, the entries of each source in order. */
export const addContinuations = writeStatement<
  [sourceIds: readonly Id[], shards: readonly number[], entryIds: readonly Id[]]
>(
  'fan_out_add_continuations',
  `INSERT INTO fan_out_continuations AS continuation (author_id, shard, entry_ids)
   SELECT source_id, shard, array_agg(entry_id ORDER BY position)
   FROM unnest($1::bigint[], $2::smallint[], $3::bigint[])
     WITH ORDINALITY AS entry (source_id, shard, entry_id, position)
   GROUP BY source_id, shard ORDER BY source_id
   ON CONFLICT (author_id) DO UPDATE SET entry_ids = continuation.entry_ids || excluded.entry_ids`,
);

export interface ContinuationPageRow {
  readonly author_id: Id;
  /** The entries that go together. */
  readonly entry_ids: readonly Id[];
  /** With these, how many there are. */
  readonly pending: number;
  readonly follower_count: number;
  readonly last_follow_id: Id | null;
  readonly follower_ids: IdListColumn;
}

/** Locks the author who was served least recently and whom nobody is serving, and reads the next page of followers. */
export const claimContinuation = writeStatement<[roundMax: number, page: number], ContinuationPageRow>(
  'fan_out_claim_continuation',
  `WITH claimed AS MATERIALIZED (
     SELECT author_id, entry_ids, round_size, after_follow_id FROM fan_out_continuations
     ORDER BY served_at LIMIT 1
     FOR UPDATE SKIP LOCKED)
   SELECT claimed.author_id, cardinality(claimed.entry_ids) AS pending,
     claimed.entry_ids[1:CASE WHEN claimed.round_size = 0 THEN $1::integer ELSE claimed.round_size END] AS entry_ids,
     page.*
   FROM claimed CROSS JOIN LATERAL (
     SELECT count(*) AS follower_count, max(follow_id) AS last_follow_id, ${UNSORTED_FOLLOWERS} AS follower_ids
     FROM (
       SELECT follower_id, follow_id FROM follows
       WHERE followee_id = claimed.author_id AND follow_id > claimed.after_follow_id
       ORDER BY follow_id LIMIT $2::integer) AS follower) AS page`,
);

export const moveContinuation = writeStatement<[authorId: Id, roundSize: number, afterFollowId: Id]>(
  'fan_out_move_continuation',
  `UPDATE fan_out_continuations
   SET round_size = $2, after_follow_id = $3, served_at = clock_timestamp()
   WHERE author_id = $1`,
);

/** The first `roundSize` entries have reached everyone; those after them start. */
export const endRound = writeStatement<[authorId: Id, roundSize: number]>(
  'fan_out_end_round',
  `UPDATE fan_out_continuations
   SET entry_ids = entry_ids[$2::integer + 1:], round_size = 0, after_follow_id = 0, served_at = clock_timestamp()
   WHERE author_id = $1`,
);

export const endContinuation = writeStatement<[authorId: Id]>(
  'fan_out_end_continuation',
  'DELETE FROM fan_out_continuations WHERE author_id = $1',
);
