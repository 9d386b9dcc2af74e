/** What the redirect asks the database: links that are not in memory, and visits that are limited. */
import type { Id } from '../../../core/ids.ts';
import { readStatement, writeStatement } from '../../../ports/sql-store/sql-store.ts';
import type { RedirectType, Utm } from '../link.ts';
import type { StoredRule } from '../rules/stored-rules.ts';
import type { StoredCard } from '../stored-cards.ts';

export interface OpenedLinkRow {
  readonly link_id: Id;
  readonly url: string;
  readonly title: string;
  readonly redirect_type: RedirectType;
  readonly pass_query: boolean;
  readonly utm: Utm | null;
  readonly rules: readonly StoredRule[] | null;
  readonly card: StoredCard | null;
  readonly enabled: boolean;
  readonly starts_at: Date | null;
  readonly expires_at: Date | null;
  readonly max_visits: number | null;
  readonly fallback_url: string | null;
  readonly password_hash: string | null;
  readonly disabled_reason: string | null;
  readonly warning_reason: string | null;
  readonly reported: boolean;
  /** Deleted, or its owner is suspended or deleted. */
  readonly gone: boolean;
}

const OPENED_COLUMNS = `link.link_id, link.url, link.title, link.redirect_type, link.pass_query, link.utm, link.rules, link.card,
     link.enabled, link.starts_at, link.expires_at, link.max_visits, link.fallback_url, link.password_hash,
     link.disabled_reason, link.warning_reason, link.reported,
     link.deleted_at IS NOT NULL OR EXISTS (
       SELECT FROM hidden_link_owners AS hidden WHERE hidden.user_id = link.owner_id) AS gone`;

/** Looked up one by one (LATERAL with LIMIT): a plan made for few links would go on reading all when there are many. */
export const getOpenedLinks = readStatement<
  [domainIds: readonly Id[], codes: readonly string[]],
  OpenedLinkRow & {
    /** In the question, from 1. */
    readonly position: number;
  }
>(
  'links_get_opened',
  `SELECT wanted.position::integer AS position, ${OPENED_COLUMNS}
   FROM unnest($1::bigint[], $2::text[]) WITH ORDINALITY AS wanted (domain_id, code, position),
   LATERAL (SELECT * FROM links WHERE domain_id = wanted.domain_id AND code = wanted.code LIMIT 1) AS link`,
);

/** For a memory that is being filled: the newest before one. */
export const pageOpenedLinks = readStatement<
  [before: Id, limit: number],
  OpenedLinkRow & { readonly domain_id: Id; readonly code: string }
>(
  'links_page_opened',
  `SELECT link.domain_id, link.code, ${OPENED_COLUMNS}
   FROM links AS link WHERE link.link_id < $1 ORDER BY link.link_id DESC LIMIT $2`,
);

/**
 * Of each link, so many visits as were asked for or as are left. The rows are locked in the order of their ids, so that two
 * of these never wait in a circle; a row that another has changed meanwhile is read again under the lock.
 */
export const takeVisits = writeStatement<
  [linkIds: readonly Id[], visits: readonly number[]],
  { readonly link_id: Id; granted: number; readonly left_over: number }
>(
  'link_visits_take',
  `WITH wanted AS (SELECT * FROM unnest($1::bigint[], $2::integer[]) AS wanted (link_id, visits)),
   locked AS MATERIALIZED (
     SELECT visited.link_id, least(wanted.visits, greatest(visited.max_visits - visited.visits, 0)) AS granted
     FROM link_visits AS visited JOIN wanted ON wanted.link_id = visited.link_id
     ORDER BY visited.link_id FOR UPDATE OF visited)
   UPDATE link_visits AS visited SET visits = visited.visits + locked.granted FROM locked
   WHERE visited.link_id = locked.link_id
   RETURNING visited.link_id, locked.granted, visited.max_visits - visited.visits AS left_over`,
);

/** For what is forgotten when all links of an owner change: a page of their codes. */
export const pageCodesOfOwner = readStatement<
  [ownerId: Id, after: Id, limit: number],
  { readonly link_id: Id; readonly domain_id: Id; readonly code: string }
>(
  'links_page_codes_of_owner',
  `SELECT link_id, domain_id, code FROM links
   WHERE owner_id = $1 AND deleted_at IS NULL AND link_id < $2 ORDER BY link_id DESC LIMIT $3`,
);
