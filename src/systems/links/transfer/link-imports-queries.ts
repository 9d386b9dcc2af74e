/** The table `link_imports`, and which codes are taken. */
import type { Id } from '../../../core/ids.ts';
import { readStatement, writeStatement } from '../../../ports/sql-store/sql-store.ts';

export interface TakenCodeRow {
  readonly domain_id: Id;
  readonly code: string;
  readonly link_id: Id;
  /** Null: of nobody any more. */
  readonly owner_id: Id | null;
  readonly url: string;
}

/** Looked up one by one, as in redirect-queries.ts. */
export const getTakenCodes = readStatement<
  [domainIds: readonly Id[], codes: readonly string[]],
  TakenCodeRow
>(
  'link_imports_get_taken_codes',
  `SELECT link.domain_id, link.code, link.link_id, link.owner_id, link.url
   FROM unnest($1::bigint[], $2::text[]) AS wanted (domain_id, code),
   LATERAL (SELECT * FROM links WHERE domain_id = wanted.domain_id AND code = wanted.code LIMIT 1) AS link`,
);

export interface LinkImportRow {
  readonly link_id: Id;
  readonly source: string;
  readonly source_code: string;
  readonly source_created_at: Date | null;
  readonly source_clicks: number | null;
}

export const getImportsOfCodes = readStatement<
  [ownerId: Id, source: string, sourceCodes: readonly string[]],
  { source_code: string; code: string }
>(
  'link_imports_get_of_codes',
  `SELECT source_code, code FROM link_imports JOIN links USING (link_id)
   WHERE link_imports.owner_id = $1 AND source = $2 AND source_code = ANY ($3)`,
);

export const getImports = readStatement<[ownerId: Id, linkIds: readonly Id[]], LinkImportRow>(
  'link_imports_get',
  `SELECT link_id, source, source_code, source_created_at, source_clicks FROM link_imports
   WHERE link_id = ANY ($2) AND owner_id = $1`,
);

/** Those that are there stay as they are. */
export const insertImports = writeStatement<
  [
    shard: number,
    ownerId: Id,
    source: string,
    linkIds: readonly Id[],
    sourceCodes: readonly string[],
    createdAt: readonly (Date | null)[],
    clicks: readonly (number | null)[],
  ]
>(
  'link_imports_insert',
  `INSERT INTO link_imports
     (link_id, shard, owner_id, source, source_code, source_created_at, source_clicks)
   SELECT link_id, $1, $2, $3, source_code, created_at, clicks
   FROM unnest($4::bigint[], $5::text[], $6::timestamptz[], $7::bigint[])
     AS imported (link_id, source_code, created_at, clicks)
   ON CONFLICT DO NOTHING`,
);
