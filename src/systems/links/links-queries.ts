/** Links as their owners see them. */
import type { Id } from '../../core/ids.ts';
import { readStatement, writeStatement } from '../../ports/sql-store/sql-store.ts';
import type { CodeOrigin, RedirectType, TargetState, Utm } from './link.ts';
import type { StoredRule } from './rules/stored-rules.ts';
import type { StoredCard } from './stored-cards.ts';

export interface LinkRow {
  readonly link_id: Id;
  readonly owner_id: Id;
  readonly domain_id: Id;
  readonly host: string | null;
  readonly code: string;
  readonly code_origin: CodeOrigin;
  readonly url: string;
  readonly title: string;
  readonly tags: readonly string[];
  readonly redirect_type: RedirectType;
  readonly pass_query: boolean;
  readonly utm: Utm | null;
  readonly rules: readonly StoredRule[] | null;
  readonly card: StoredCard | null;
  readonly enabled: boolean;
  readonly starts_at: Date | null;
  readonly expires_at: Date | null;
  readonly fallback_url: string | null;
  readonly max_visits: number | null;
  readonly visits: number;
  /** Humans, as far as they are counted. */
  readonly visit_count: number;
  readonly password_hash: string | null;
  readonly disabled_reason: string | null;
  readonly warning_reason: string | null;
  readonly reported: boolean;
  readonly updated_at: Date | null;
  readonly target_state: TargetState | null;
  readonly target_checked_at: Date | null;
  readonly target_status: number | null;
  readonly target_problem: string | null;
}

export const LINK_COLUMNS = `
  link.link_id, link.owner_id, link.domain_id, domain.host, link.code, link.code_origin, link.url, link.title, link.tags,
  link.redirect_type, link.pass_query, link.utm, link.rules, link.card, link.enabled, link.starts_at, link.expires_at, link.max_visits,
  link.fallback_url,  coalesce(visited.visits, 0) AS visits, coalesce(clicked.humans, 0) AS visit_count, link.password_hash,
  link.disabled_reason, link.warning_reason, link.reported, link.updated_at, checked.state AS target_state,
  checked.checked_at AS target_checked_at, checked.status AS target_status, checked.problem AS target_problem`;

export const LINK_JOINS = `
  LEFT JOIN link_domains AS domain ON domain.domain_id = link.domain_id
  LEFT JOIN link_visits AS visited ON visited.link_id = link.link_id
  LEFT JOIN link_click_totals AS clicked ON clicked.link_id = link.link_id
  LEFT JOIN link_checks AS checked ON checked.link_id = link.link_id`;

export const getOwnLink = readStatement<[ownerId: Id, linkId: Id], LinkRow>(
  'links_get_own',
  `SELECT ${LINK_COLUMNS} FROM links AS link ${LINK_JOINS}
   WHERE link.link_id = $2 AND link.owner_id = $1 AND link.deleted_at IS NULL`,
);

/** Locks the link, so that its changes, and their events, are in order. */
export const lockOwnLink = writeStatement<[ownerId: Id, linkId: Id], LinkRow>(
  'links_lock_own',
  `WITH locked AS MATERIALIZED (
     SELECT * FROM links WHERE link_id = $2 AND owner_id = $1 AND deleted_at IS NULL FOR UPDATE)
   SELECT ${LINK_COLUMNS} FROM locked AS link ${LINK_JOINS}`,
);

export interface LinkFilterRow extends LinkRow {
  readonly matches: boolean;
}

/**
 * Of the owner's `scanned` newest links below `before`: those that fit the filters, up to `limit`, and the last one that
 * was looked at in any case, so that a page of few finds ends somewhere and the next one goes on there.
 */
export const pageOwnLinks = readStatement<
  [
    ownerId: Id,
    before: Id,
    limit: number,
    scanned: number,
    tag: string | null,
    /** For ILIKE. */
    pattern: string | null,
    createdFrom: Id | null,
    state: string | null,
    now: Date,
    target: string | null,
  ],
  LinkFilterRow
>(
  'links_page_own',
  `WITH looked_at AS MATERIALIZED (
     SELECT ${LINK_COLUMNS}, (
       ($5::text IS NULL OR $5 = ANY (link.tags))
       AND ($6::text IS NULL OR link.title ILIKE $6 OR link.url ILIKE $6 OR link.code ILIKE $6)
       AND ($10::text IS NULL OR coalesce(checked.state, 'unchecked') = $10)
       AND ($8::text IS NULL OR $8 = 'blocked'
         OR ($8 = 'disabled' AND NOT link.enabled)
         OR ($8 = 'scheduled' AND link.enabled AND link.starts_at > $9)
         OR ($8 = 'expired' AND link.enabled AND link.expires_at <= $9)
         OR ($8 = 'used_up' AND link.enabled AND (link.expires_at IS NULL OR link.expires_at > $9)
             AND (link.starts_at IS NULL OR link.starts_at <= $9) AND visited.visits >= link.max_visits)
         OR ($8 = 'active' AND link.enabled AND (link.expires_at IS NULL OR link.expires_at > $9)
             AND (link.starts_at IS NULL OR link.starts_at <= $9)
             AND (visited.visits IS NULL OR link.max_visits IS NULL OR visited.visits < link.max_visits)))) AS matches
     FROM links AS link ${LINK_JOINS}
     WHERE link.owner_id = $1 AND link.deleted_at IS NULL AND link.link_id < $2
       AND link.link_id >= coalesce($7::bigint, 0)
     ORDER BY link.link_id DESC LIMIT $4),
   fitting AS (SELECT * FROM looked_at WHERE matches ORDER BY link_id DESC LIMIT $3),
   last AS (SELECT * FROM looked_at ORDER BY link_id LIMIT 1)
   SELECT * FROM fitting
   UNION ALL
   SELECT link_id, owner_id, domain_id, host, code, code_origin, url, title, tags, redirect_type, pass_query, utm, rules, card,
     enabled, starts_at, expires_at, max_visits, fallback_url, visits, visit_count, password_hash, disabled_reason, warning_reason, reported,
     updated_at, target_state, target_checked_at, target_status, target_problem, false FROM last
   WHERE (SELECT count(*) FROM fitting) < $3 AND (SELECT count(*) FROM looked_at) = $4`,
  { mayBeStale: true },
);

export const updateLink = writeStatement<
  [
    linkId: Id,
    url: string,
    title: string,
    tags: readonly string[],
    redirectType: number,
    passQuery: boolean,
    /** JSON. */
    utm: string | null,
    /** JSON. */
    rules: string | null,
    expiresAt: Date | null,
    maxVisits: number | null,
    passwordHash: string | null,
    updatedAt: Date,
    enabled: boolean,
    startsAt: Date | null,
    fallbackUrl: string | null,
    /** JSON. */
    card: string | null,
  ]
>(
  'links_update',
  `UPDATE links SET url = $2, title = $3, tags = $4, redirect_type = $5, pass_query = $6, utm = $7, rules = $8,
     expires_at = $9, max_visits = $10, password_hash = $11, updated_at = $12, enabled = $13,
     starts_at = $14, fallback_url = $15, card = $16
   WHERE link_id = $1`,
);

export const insertLinkChange = writeStatement<
  [changeId: Id, linkId: Id, shard: number, url: string, rules: string | null, fallbackUrl: string | null]
>(
  'links_insert_change',
  `INSERT INTO link_changes (change_id, link_id, shard, url, rules, fallback_url)
   VALUES ($1, $2, $3, $4, $5, $6)`,
);

export interface LinkChangeRow {
  readonly change_id: Id;
  readonly url: string;
  readonly rules: readonly StoredRule[] | null;
  readonly fallback_url: string | null;
}

export const pageLinkChanges = readStatement<[linkId: Id, before: Id, limit: number], LinkChangeRow>(
  'links_page_changes',
  `SELECT change_id, url, rules, fallback_url FROM link_changes WHERE link_id = $1 AND change_id < $2
   ORDER BY change_id DESC LIMIT $3`,
  { mayBeStale: true },
);

/** Visits that were used stay used when the limit changes. */
export const limitVisits = writeStatement<[linkId: Id, shard: number, maxVisits: number]>(
  'links_limit_visits',
  `INSERT INTO link_visits (link_id, shard, max_visits) VALUES ($1, $2, $3)
   ON CONFLICT (link_id) DO UPDATE SET max_visits = excluded.max_visits`,
);

/** All that is left of a link is its code, which nobody else shall have. */
export const BURIED = `url = '', title = '', tags = '{}', utm = NULL, rules = NULL, card = NULL, password_hash = NULL,
     starts_at = NULL, expires_at = NULL, max_visits = NULL, fallback_url = NULL, disabled_reason = NULL,
     warning_reason = NULL, reported = false`;

/** Leaves the code, which nobody else shall have. Visits are locked in the order of `takeVisits`. */
export const buryLinks = writeStatement<[linkIds: readonly Id[], now: Date]>(
  'links_bury',
  `WITH forgotten AS (DELETE FROM link_changes WHERE link_id = ANY ($1)),
   limited AS MATERIALIZED (
     SELECT link_id FROM link_visits WHERE link_id = ANY ($1) ORDER BY link_id FOR UPDATE),
   unlimited AS (DELETE FROM link_visits USING limited WHERE link_visits.link_id = limited.link_id),
   unimported AS (DELETE FROM link_imports WHERE link_id = ANY ($1)),
   unchecked AS (DELETE FROM link_checks WHERE link_id = ANY ($1))
   UPDATE links SET ${BURIED}, deleted_at = $2
   WHERE link_id = ANY ($1)`,
);

export const unlimitVisits = writeStatement<[linkId: Id]>(
  'links_unlimit_visits',
  'DELETE FROM link_visits WHERE link_id = $1',
);
