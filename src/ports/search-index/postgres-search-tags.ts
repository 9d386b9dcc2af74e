/** Tags in the search index on PostgreSQL: the statements. */
import { readStatement, writeStatement } from '../sql-store/sql-store.ts';

/** In the order of tags, so that two batches do not wait for each other in a circle. */
export const addTagUses = writeStatement<
  [tags: readonly string[], tagKeys: readonly string[], changes: readonly number[]]
>(
  'search_tags_add_uses',
  `INSERT INTO search_tags AS kept (tag, tag_key, use_count)
   SELECT tag, tag_key, change FROM unnest($1::text[], $2::text[], $3::bigint[]) AS given (tag, tag_key, change)
   ORDER BY tag COLLATE "C"
   ON CONFLICT (tag) DO UPDATE SET use_count = kept.use_count + excluded.use_count`,
);

export const searchTagsByPrefix = readStatement<
  [from: string, below: string, afterCount: number | null, afterTag: string, limit: number],
  { tag: string; use_count: number }
>(
  'search_tags_by_prefix',
  `SELECT tag, use_count FROM search_tags
   WHERE tag_key >= $1 AND tag_key < $2 AND use_count > 0
     AND ($3::bigint IS NULL OR use_count < $3 OR (use_count = $3 AND tag > $4))
   ORDER BY use_count DESC, tag LIMIT $5`,
  { mayBeStale: true },
);

export const purgeSearchTags = writeStatement<[limit: number], { purged: number }>(
  'search_tags_purge',
  `WITH gone AS (
     DELETE FROM search_tags WHERE use_count <= 0 AND tag IN (
       SELECT tag FROM search_tags WHERE use_count <= 0 ORDER BY tag LIMIT $1 FOR UPDATE SKIP LOCKED)
     RETURNING 1)
   SELECT count(*)::int AS purged FROM gone`,
);
