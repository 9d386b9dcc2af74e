/** Links as the staff sees them, whoever's they are. */
import type { Id } from '../../../core/ids.ts';
import { readStatement, writeStatement } from '../../../ports/sql-store/sql-store.ts';
import { LINK_COLUMNS, LINK_JOINS, type LinkRow } from '../links-queries.ts';

export const getLink = readStatement<[linkId: Id], LinkRow>(
  'links_get',
  `SELECT ${LINK_COLUMNS} FROM links AS link ${LINK_JOINS}
   WHERE link.link_id = $1 AND link.deleted_at IS NULL`,
);

export const getLinkOfCode = readStatement<[domainId: Id, code: string], LinkRow>(
  'links_get_of_code',
  `SELECT ${LINK_COLUMNS} FROM links AS link ${LINK_JOINS}
   WHERE link.domain_id = $1 AND link.code = $2 AND link.deleted_at IS NULL`,
);

/** Locks the link, so that its changes, and their events, are in order. */
export const lockLink = writeStatement<[linkId: Id], LinkRow>(
  'links_lock',
  `WITH locked AS MATERIALIZED (
     SELECT * FROM links WHERE link_id = $1 AND deleted_at IS NULL FOR UPDATE)
   SELECT ${LINK_COLUMNS} FROM locked AS link ${LINK_JOINS}`,
);

export const setDisabledReason = writeStatement<[linkId: Id, reason: string | null]>(
  'links_set_disabled_reason',
  'UPDATE links SET disabled_reason = $2 WHERE link_id = $1',
);

export const setWarningReason = writeStatement<[linkId: Id, reason: string | null]>(
  'links_set_warning_reason',
  'UPDATE links SET warning_reason = $2 WHERE link_id = $1',
);
