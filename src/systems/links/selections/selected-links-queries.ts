/** Links that their owner names many of at once. */
import type { Id } from '../../../core/ids.ts';
import { writeStatement } from '../../../ports/sql-store/sql-store.ts';
import { LINK_COLUMNS, LINK_JOINS, type LinkRow } from '../links-queries.ts';

/** Those of them that are the owner's, locked in the order of their ids: so two of these never wait in a circle. */
export const lockOwnLinks = writeStatement<[ownerId: Id, linkIds: readonly Id[]], LinkRow>(
  'links_lock_own_many',
  `WITH locked AS MATERIALIZED (
     SELECT * FROM links WHERE link_id = ANY ($2::bigint[]) AND owner_id = $1 AND deleted_at IS NULL
     ORDER BY link_id FOR UPDATE)
   SELECT ${LINK_COLUMNS} FROM locked AS link ${LINK_JOINS} ORDER BY link.link_id`,
);

/** Of links that are locked. */
export const updateLinks = writeStatement<
  [
    linkIds: readonly Id[],
    /** Arrays in PostgreSQL's notation, because arrays of arrays cannot differ in length. */
    tags: readonly string[],
    enabled: readonly boolean[],
    expiresAt: readonly (Date | null)[],
    updatedAt: Date,
  ]
>(
  'links_update_many',
  `UPDATE links SET tags = changed.tags::text[], enabled = changed.enabled, expires_at = changed.expires_at,
     updated_at = $5
   FROM unnest($1::bigint[], $2::text[], $3::boolean[], $4::timestamptz[])
     AS changed (link_id, tags, enabled, expires_at)
   WHERE links.link_id = changed.link_id`,
);
