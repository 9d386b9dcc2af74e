/** Domains that are deleted, and the links below them. */
import type { Id } from '../../../core/ids.ts';
import { writeStatement } from '../../../ports/sql-store/sql-store.ts';
import type { VerifiedDomainRow } from './domains-queries.ts';

/** Nobody's any more from the commit on. Answers with `was_verified` what others must hear of. */
export const deleteDomain = writeStatement<
  [ownerId: Id, domainId: Id, now: Date],
  VerifiedDomainRow & { readonly was_verified: boolean }
>(
  'link_domains_delete',
  `WITH picked AS MATERIALIZED (
     SELECT domain_id, verified_at IS NOT NULL AS was_verified FROM link_domains
     WHERE domain_id = $2 AND owner_id = $1 AND deleted_at IS NULL FOR UPDATE)
   UPDATE link_domains SET deleted_at = $3, verified_at = NULL FROM picked
   WHERE link_domains.domain_id = picked.domain_id
   RETURNING link_domains.domain_id, owner_id, host, was_verified`,
);

export const deleteDomainsOf = writeStatement<[ownerIds: readonly Id[], now: Date], VerifiedDomainRow>(
  'link_domains_delete_of',
  `UPDATE link_domains SET deleted_at = $2, verified_at = NULL
   WHERE owner_id = ANY ($1) AND deleted_at IS NULL RETURNING domain_id, owner_id, host`,
);

/** A domain that was deleted before then, and that no other worker is erasing. */
export const claimDeletedDomain = writeStatement<[before: Date], VerifiedDomainRow>(
  'link_domains_claim_deleted',
  `SELECT domain_id, owner_id, host FROM link_domains WHERE deleted_at < $1
   ORDER BY domain_id LIMIT 1 FOR UPDATE SKIP LOCKED`,
);

/**
 * Links of the domain, with no tombstones left: the number of a domain is never given to another one. Those that somebody
 * else has locked are left for the next time, so that two who delete never wait for each other.
 */
export const eraseLinksOfDomain = writeStatement<
  [domainId: Id, limit: number],
  { link_id: Id; owner_id: Id | null; code: string; was_deleted: boolean }
>(
  'link_domains_erase_links',
  `WITH picked AS MATERIALIZED (
     SELECT link_id FROM links WHERE domain_id = $1 ORDER BY code LIMIT $2 FOR UPDATE SKIP LOCKED),
   forgotten AS (DELETE FROM link_changes WHERE link_id IN (SELECT link_id FROM picked)),
   unlimited AS (DELETE FROM link_visits WHERE link_id IN (SELECT link_id FROM picked)),
   unimported AS (DELETE FROM link_imports WHERE link_id IN (SELECT link_id FROM picked)),
   unchecked AS (DELETE FROM link_checks WHERE link_id IN (SELECT link_id FROM picked))
   DELETE FROM links USING picked WHERE links.link_id = picked.link_id
   RETURNING links.link_id, owner_id, code, deleted_at IS NOT NULL AS was_deleted`,
);

/** Nothing while there are links of it. */
export const eraseDomain = writeStatement<[domainId: Id], { domain_id: Id }>(
  'link_domains_erase',
  `DELETE FROM link_domains WHERE domain_id = $1 AND NOT EXISTS (SELECT FROM links WHERE domain_id = $1)
   RETURNING domain_id`,
);
