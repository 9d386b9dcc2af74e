/** Of which links a warning says that several people have reported them. */
import type { Id } from '../../../core/ids.ts';
import { writeStatement } from '../../../ports/sql-store/sql-store.ts';
import { LINK_COLUMNS, LINK_JOINS, type LinkRow } from '../links-queries.ts';

/** In the order of their ids, so that two of these never wait in a circle. */
export const lockLinks = writeStatement<[linkIds: readonly Id[]], LinkRow>(
  'links_lock_many',
  `WITH locked AS MATERIALIZED (
     SELECT * FROM links WHERE link_id = ANY ($1) AND deleted_at IS NULL ORDER BY link_id FOR UPDATE)
   SELECT ${LINK_COLUMNS} FROM locked AS link ${LINK_JOINS}`,
);

export const setReported = writeStatement<[linkIds: readonly Id[], reported: readonly boolean[]]>(
  'links_set_reported',
  `UPDATE links SET reported = marked.reported
   FROM unnest($1::bigint[], $2::boolean[]) AS marked (link_id, reported) WHERE links.link_id = marked.link_id`,
);
