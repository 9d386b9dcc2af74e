/** The table `author_modes`, and what decides about an author's mode. */
import type { Id } from '../../../core/ids.ts';
import { readStatement, writeStatement } from '../../../ports/sql-store/sql-store.ts';

export interface AuthorModeRow {
  readonly author_id: Id;
  readonly mode: 'pushed' | 'pulled';
  readonly revision: number;
  readonly changed_at: Date;
  readonly pull_until_generation: number | null;
}

const COLUMNS = 'author_id, mode, revision, changed_at, pull_until_generation';

export const pageAuthorModes = readStatement<[after: Id, limit: number], AuthorModeRow>(
  'author_modes_page',
  `SELECT ${COLUMNS} FROM author_modes WHERE author_id > $1 ORDER BY author_id LIMIT $2`,
);

/** Authors who are pulled, or pushed again without an end to what readers go on to merge. */
export const pageModesToReview = readStatement<[after: Id, limit: number], AuthorModeRow>(
  'author_modes_page_to_review',
  `SELECT ${COLUMNS} FROM author_modes
   WHERE (mode = 'pulled' OR pull_until_generation IS NULL) AND author_id > $1 ORDER BY author_id LIMIT $2`,
);

export interface AuthorActivityRow {
  readonly author_id: Id;
  readonly pulled: boolean;
  readonly follower_count: number;
  /** Posts that are not direct, and reposts, since the given one; no more than it takes to decide. */
  readonly entry_count: number;
}

/**
 * `followerEntriesMax`: of an author with so many followers times entries, no more entries are counted. Nor are more
 * than `entriesMax` of anybody.
 */
export const readAuthorActivity = readStatement<
  [authorIds: readonly Id[], since: Id, followerEntriesMax: number, entriesMax: number],
  AuthorActivityRow
>(
  'author_modes_read_activity',
  `SELECT author.author_id, author.pulled, author.follower_count,
     least(posted.entry_count + reposted.entry_count, author.entries_max) AS entry_count
   FROM (
     SELECT asked.author_id, follower.count AS follower_count,
       coalesce((SELECT mode FROM author_modes WHERE author_modes.author_id = asked.author_id) = 'pulled', false)
         AS pulled,
       least($3::bigint / greatest(follower.count, 1) + 1, $4::bigint) AS entries_max
     FROM unnest($1::bigint[]) AS asked (author_id) CROSS JOIN LATERAL (
       SELECT coalesce((SELECT follower_count FROM user_counts WHERE user_id = asked.author_id), 0)
         + coalesce((SELECT sum(follower_delta) FROM user_count_deltas WHERE user_id = asked.author_id), 0)::bigint
         AS count) AS follower) AS author
   CROSS JOIN LATERAL (
     SELECT count(*) AS entry_count FROM (
       SELECT FROM posts
       WHERE posts.author_id = author.author_id AND post_id > $2 AND deleted_at IS NULL AND visibility <> 'direct'
       LIMIT author.entries_max) AS post) AS posted
   CROSS JOIN LATERAL (
     SELECT count(*) AS entry_count FROM (
       SELECT FROM reposts WHERE user_id = author.author_id AND repost_id > $2
       LIMIT author.entries_max) AS repost) AS reposted`,
);

/** Those who were not pulled are now. */
export const pullAuthors = writeStatement<
  [authorIds: readonly Id[], shards: readonly number[]],
  AuthorModeRow
>(
  'author_modes_pull',
  `INSERT INTO author_modes AS author (author_id, shard, mode)
   SELECT author_id, shard, 'pulled' FROM unnest($1::bigint[], $2::smallint[]) AS asked (author_id, shard)
   ORDER BY author_id
   ON CONFLICT (author_id) DO UPDATE SET mode = 'pulled', revision = author.revision + 1,
     changed_at = clock_timestamp(), pull_until_generation = NULL
   WHERE author.mode = 'pushed'
   RETURNING ${COLUMNS}`,
);

/** Those who were pulled are pushed now; their readers go on to merge them until `endPulls`. */
export const pushAuthors = writeStatement<[authorIds: readonly Id[]], AuthorModeRow>(
  'author_modes_push',
  `UPDATE author_modes SET mode = 'pushed', revision = revision + 1, changed_at = clock_timestamp(),
     pull_until_generation = NULL
   WHERE author_id = ANY ($1::bigint[]) AND mode = 'pulled'
   RETURNING ${COLUMNS}`,
);

/** Names the last generation whose readers go on to merge them, unless their mode has changed since the revision. */
export const endPulls = writeStatement<
  [authorIds: readonly Id[], revisions: readonly number[], generation: number],
  AuthorModeRow
>(
  'author_modes_end_pulls',
  `UPDATE author_modes AS author SET pull_until_generation = $3
   FROM unnest($1::bigint[], $2::integer[]) AS asked (author_id, revision)
   WHERE author.author_id = asked.author_id AND author.revision = asked.revision
     AND author.mode = 'pushed' AND author.pull_until_generation IS NULL
   RETURNING author.author_id, author.mode, author.revision, author.changed_at, author.pull_until_generation`,
);
