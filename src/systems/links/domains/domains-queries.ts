/** The table `link_domains`. */
import type { Id } from '../../../core/ids.ts';
import { readStatement, writeStatement } from '../../../ports/sql-store/sql-store.ts';

export interface DomainRow {
  readonly domain_id: Id;
  readonly owner_id: Id;
  readonly host: string;
  readonly token: string;
  readonly verified_at: Date | null;
}

const COLUMNS = 'domain_id, owner_id, host, token, verified_at';

/** One at a time may add to the domains of an owner, so that they can be counted. */
export const lockDomainsOf = writeStatement<[ownerId: Id]>(
  'link_domains_lock_of',
  `SELECT pg_advisory_xact_lock(hashtextextended($1::bigint::text, x'686f7374'::int))`,
);

export const countDomainsOf = readStatement<[ownerId: Id], { count: number }>(
  'link_domains_count_of',
  'SELECT count(*)::integer AS count FROM link_domains WHERE owner_id = $1 AND deleted_at IS NULL',
);

export const insertDomain = writeStatement<
  [domainId: Id, shard: number, ownerId: Id, host: string, token: string],
  DomainRow
>(
  'link_domains_insert',
  `INSERT INTO link_domains (domain_id, shard, owner_id, host, token) VALUES ($1, $2, $3, $4, $5)
   RETURNING ${COLUMNS}`,
);

export const getOwnDomain = readStatement<[ownerId: Id, domainId: Id], DomainRow>(
  'link_domains_get_own',
  `SELECT ${COLUMNS} FROM link_domains WHERE domain_id = $2 AND owner_id = $1 AND deleted_at IS NULL`,
);

export const pageOwnDomains = readStatement<[ownerId: Id, before: Id, limit: number], DomainRow>(
  'link_domains_page_own',
  `SELECT ${COLUMNS} FROM link_domains WHERE owner_id = $1 AND deleted_at IS NULL AND domain_id < $2
   ORDER BY domain_id DESC LIMIT $3`,
);

/** Of claims to one host that are verified at the same time, the unique index lets one through. */
export const markVerified = writeStatement<[ownerId: Id, domainId: Id, now: Date], DomainRow>(
  'link_domains_mark_verified',
  `UPDATE link_domains SET verified_at = coalesce(verified_at, $3)
   WHERE domain_id = $2 AND owner_id = $1 AND deleted_at IS NULL RETURNING ${COLUMNS}`,
);

/** At most `limit`, which is enough to know that there are too many. */
export const countVerifiedDomains = readStatement<[limit: number], { count: number }>(
  'link_domains_count_verified',
  `SELECT count(*)::integer AS count FROM (
     SELECT host FROM link_domains WHERE verified_at IS NOT NULL ORDER BY host LIMIT $1) AS counted`,
);

export interface VerifiedDomainRow {
  readonly domain_id: Id;
  readonly owner_id: Id;
  readonly host: string;
}

export const getVerifiedDomains = readStatement<[hosts: readonly string[]], VerifiedDomainRow>(
  'link_domains_get_verified',
  `SELECT domain_id, owner_id, host FROM link_domains WHERE host = ANY ($1) AND verified_at IS NOT NULL`,
);

export const pageVerifiedDomains = readStatement<[after: string, limit: number], VerifiedDomainRow>(
  'link_domains_page_verified',
  `SELECT domain_id, owner_id, host FROM link_domains WHERE verified_at IS NOT NULL AND host > $1
   ORDER BY host LIMIT $2`,
);
