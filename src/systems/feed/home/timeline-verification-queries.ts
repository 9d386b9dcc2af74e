/** What cached home timelines are held against. Facts only, as `newestEntries`: whatever is muted, blocked or suspended. */
import type { Id } from '../../../core/ids.ts';
import { readStatement } from '../../../ports/sql-store/sql-store.ts';
import { type IdListColumn, idList } from './id-list-queries.ts';

export interface FolloweesRow {
  readonly reader_id: Id;
  readonly followee_ids: IdListColumn;
}

/** One row for each reader. */
export const getFollowees = readStatement<[readerIds: readonly Id[]], FolloweesRow>(
  'verification_get_followees',
  `SELECT asked.reader_id,
     (SELECT ${idList('followee_id')} FROM follows WHERE follower_id = asked.reader_id) AS followee_ids
   FROM unnest($1::bigint[]) AS asked (reader_id)`,
);

export interface SourceEntriesRow {
  readonly reader_id: Id;
  readonly entry_ids: IdListColumn;
}

/**
 * The entries above the floor of each of the sources of readers (parallel arrays), put together for each reader;
 * without direct posts, which no timeline has to have. No row for a reader without any.
 */
export const getSourceEntries = readStatement<
  [readerIds: readonly Id[], sourceIds: readonly Id[], floors: readonly Id[]],
  SourceEntriesRow
>(
  'verification_get_source_entries',
  `SELECT asked.reader_id, ${idList('entry.entry_id')} AS entry_ids
   FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS asked (reader_id, source_id, floor)
   CROSS JOIN LATERAL (
     SELECT post.post_id AS entry_id FROM posts AS post
     WHERE post.author_id = asked.source_id AND post.post_id > asked.floor
       AND post.deleted_at IS NULL AND post.visibility <> 'direct'
     UNION ALL
     SELECT repost.repost_id FROM reposts AS repost
     WHERE repost.user_id = asked.source_id AND repost.repost_id > asked.floor) AS entry
   GROUP BY asked.reader_id`,
);

export interface EntrySourceRow {
  readonly entry_id: Id;
  readonly source_id: Id;
}

/** Who posted or reposted each; no row for what is deleted, taken back or never was. */
export const getEntrySources = readStatement<[entryIds: readonly Id[]], EntrySourceRow>(
  'verification_get_entry_sources',
  `SELECT asked.entry_id, coalesce(repost.user_id, post.author_id) AS source_id
   FROM unnest($1::bigint[]) AS asked (entry_id)
   LEFT JOIN LATERAL (
     SELECT user_id FROM reposts WHERE repost_id = asked.entry_id LIMIT 1) AS repost ON true
   LEFT JOIN LATERAL (
     SELECT author_id FROM posts WHERE post_id = asked.entry_id AND deleted_at IS NULL LIMIT 1) AS post ON true
   WHERE coalesce(repost.user_id, post.author_id) IS NOT NULL`,
);

export interface ContinuationRow {
  readonly author_id: Id;
  readonly entry_ids: readonly Id[];
}

/** Entries of these authors that are on their way to their followers, page by page. */
export const getContinuations = readStatement<[authorIds: readonly Id[]], ContinuationRow>(
  'verification_get_continuations',
  'SELECT author_id, entry_ids FROM fan_out_continuations WHERE author_id = ANY ($1::bigint[])',
);
