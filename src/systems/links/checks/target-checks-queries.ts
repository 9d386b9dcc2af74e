/** What is known of the targets of links, and who asks for which. Locked in this order: links, their checks, hosts. */
import type { Id } from '../../../core/ids.ts';
import { readStatement, writeStatement } from '../../../ports/sql-store/sql-store.ts';
import type { TargetState } from '../link.ts';

/** Up to `limit` of those that are to be checked as soon as possible. */
export const countHurried = readStatement<[limit: number], { count: number }>(
  'link_checks_count_hurried',
  `SELECT count(*) AS count FROM (SELECT FROM link_checks WHERE due_at IS NULL LIMIT $1) AS hurried`,
);

export interface UnnotedLinkRow {
  readonly link_id: Id;
  /** Null: it is noted, or deleted. */
  readonly url: string | null;
}

export const getNewestLinkId = readStatement<[], { newest: Id | null }>(
  'link_checks_newest_link',
  'SELECT max(link_id) AS newest FROM links',
);

/** Of the newest links, those that have no check, the newest first. */
export const getNewestUnnoted = readStatement<[looked: number], { link_id: Id; url: string }>(
  'link_checks_newest_unnoted',
  `SELECT newest.link_id, newest.url
   FROM (SELECT link_id, url, deleted_at FROM links ORDER BY link_id DESC LIMIT $1) AS newest
   LEFT JOIN link_checks AS checked ON checked.link_id = newest.link_id
   WHERE checked.link_id IS NULL AND newest.deleted_at IS NULL
   ORDER BY newest.link_id DESC`,
);

/** Where the walk goes on, for one worker at a time; no row before it is due. */
export const lockWalk = writeStatement<[now: Date], { after_link_id: Id }>(
  'link_checks_lock_walk',
  'SELECT after_link_id FROM link_check_walks WHERE due_at <= $1 FOR UPDATE SKIP LOCKED',
);

export const moveWalk = writeStatement<[afterLinkId: Id, dueAt: Date]>(
  'link_checks_move_walk',
  'UPDATE link_check_walks SET after_link_id = $1, due_at = $2',
);

export const getLinksAfter = readStatement<[afterLinkId: Id, limit: number], UnnotedLinkRow>(
  'link_checks_links_after',
  `SELECT next.link_id, CASE WHEN checked.link_id IS NULL AND next.deleted_at IS NULL THEN next.url END AS url
   FROM (SELECT link_id, url, deleted_at FROM links WHERE link_id > $1 ORDER BY link_id LIMIT $2) AS next
   LEFT JOIN link_checks AS checked ON checked.link_id = next.link_id
   ORDER BY next.link_id`,
);

/**
 * Checks of links that have none. Of those that are to come as soon as possible, each host gets only so many; the rest
 * is left to the walk. Only links from `newSince` on, which nobody has changed since they were made, want a title.
 */
export const noteLinks = writeStatement<
  [
    linkIds: readonly Id[],
    hosts: readonly string[],
    /** Null: as soon as possible. */
    dueAt: readonly (Date | null)[],
    hurriedPerHostMax: number,
    newSince: Id,
    now: Date,
  ]
>(
  'link_checks_note',
  `WITH given AS (
     SELECT link_id, host, due_at, row_number() OVER (PARTITION BY host ORDER BY link_id DESC) AS place
     FROM unnest($1::bigint[], $2::text[], $3::timestamptz[]) AS given (link_id, host, due_at)),
   admitted AS MATERIALIZED (
     SELECT link_id, host, due_at FROM given
     WHERE due_at IS NOT NULL OR place + (
       SELECT count(*) FROM (
         SELECT FROM link_checks AS other WHERE other.host = given.host AND other.due_at IS NULL LIMIT $4) AS hurried
     ) <= $4),
   locked AS MATERIALIZED (
     SELECT link.link_id, link.shard, link.title, link.updated_at FROM links AS link
     WHERE link.link_id IN (SELECT link_id FROM admitted) AND link.deleted_at IS NULL
     ORDER BY link.link_id FOR KEY SHARE),
   noted AS (
     INSERT INTO link_checks (link_id, shard, host, due_at, wants_title)
     SELECT locked.link_id, locked.shard, admitted.host, admitted.due_at,
       locked.title = '' AND locked.updated_at IS NULL AND locked.link_id >= $5
     FROM locked JOIN admitted ON admitted.link_id = locked.link_id ORDER BY locked.link_id
     ON CONFLICT (link_id) DO NOTHING RETURNING host, due_at)
   INSERT INTO link_check_hosts AS hosts (host, hurried, due_at)
   SELECT host, bool_or(due_at IS NULL), min(coalesce(due_at, $6)) FROM noted GROUP BY host ORDER BY host
   ON CONFLICT (host) DO UPDATE SET hurried = hosts.hurried OR excluded.hurried,
     due_at = least(hosts.due_at, excluded.due_at)`,
);

/** Nothing is known of the new target, and it is to be checked as soon as possible. Nothing for a link that is not noted. */
export const followTarget = writeStatement<[linkId: Id, host: string, now: Date]>(
  'link_checks_follow_target',
  `WITH changed AS (
     UPDATE link_checks SET host = $2, version = version + 1, state = 'unchecked', checked_at = NULL, status = NULL,
       problem = NULL, failures = 0, failing_since = NULL, due_at = NULL
     WHERE link_id = $1 RETURNING host)
   INSERT INTO link_check_hosts AS hosts (host, hurried, due_at) SELECT host, true, $3 FROM changed
   ON CONFLICT (host) DO UPDATE SET hurried = true, due_at = least(hosts.due_at, excluded.due_at)`,
);

/** Its owner has said something of its title: that counts, whatever the page is called. */
export const leaveTitle = writeStatement<[linkId: Id]>(
  'link_checks_leave_title',
  'UPDATE link_checks SET wants_title = false WHERE link_id = $1 AND wants_title',
);

/** A host that one worker asks until the lease ends. */
export interface LeasedHostRow {
  readonly host: string;
  readonly lease: number;
}

export const leaseHosts = writeStatement<
  [now: Date, until: Date, hurried: boolean, limit: number],
  LeasedHostRow
>(
  'link_checks_lease_hosts',
  `UPDATE link_check_hosts SET leased_until = $2, lease = lease + 1
   WHERE host IN (
     SELECT host FROM link_check_hosts WHERE hurried = $3 AND due_at <= $1 AND leased_until <= $1
     ORDER BY due_at LIMIT $4 FOR UPDATE SKIP LOCKED)
   RETURNING host, lease`,
);

export interface DueCheckRow {
  readonly link_id: Id;
  readonly owner_id: Id;
  readonly domain_id: Id;
  readonly code: string;
  /** Of its owner, under which it is opened. */
  readonly link_host: string | null;
  readonly url: string;
  readonly title: string;
  /** Whether anybody is led there. */
  readonly leads: boolean;
  readonly version: number;
  readonly state: TargetState;
  readonly checked_at: Date | null;
  readonly failures: number;
  readonly failing_since: Date | null;
  readonly wants_title: boolean;
}

/** Of the links to a host, the one whose turn it is: of those in a hurry the newest, or whichever has been due for longest. */
export const getDueCheck = readStatement<[host: string, now: Date], DueCheckRow>(
  'link_checks_get_due',
  `SELECT due.link_id, link.owner_id, link.domain_id, link.code, domain.host AS link_host, link.url, link.title,
     link.enabled AND link.disabled_reason IS NULL AND (link.expires_at IS NULL OR link.expires_at > $2)
       AND NOT EXISTS (SELECT FROM hidden_link_owners AS hidden WHERE hidden.user_id = link.owner_id) AS leads,
     due.version, due.state, due.checked_at, due.failures, due.failing_since, due.wants_title
   FROM (SELECT * FROM link_checks WHERE host = $1 AND (due_at IS NULL OR due_at <= $2)
         ORDER BY due_at NULLS FIRST, link_id DESC LIMIT 1) AS due
   JOIN links AS link ON link.link_id = due.link_id AND link.deleted_at IS NULL
   LEFT JOIN link_domains AS domain ON domain.domain_id = link.domain_id`,
);

/**
 * What was found, unless the link has another target by now, or somebody else has found something meanwhile, as after
 * a long stop of this process: then nothing.
 */
export const settleCheck = writeStatement<
  [
    linkId: Id,
    version: number,
    lastCheckedAt: Date | null,
    state: TargetState,
    checkedAt: Date,
    status: number | null,
    problem: string | null,
    failures: number,
    failingSince: Date | null,
    dueAt: Date,
  ],
  { link_id: Id }
>(
  'link_checks_settle',
  `UPDATE link_checks SET state = $4, checked_at = $5, status = $6, problem = $7, failures = $8, failing_since = $9,
     due_at = $10
   WHERE link_id = $1 AND version = $2 AND checked_at IS NOT DISTINCT FROM $3::timestamptz RETURNING link_id`,
);

export const postponeCheck = writeStatement<[linkId: Id, version: number, dueAt: Date]>(
  'link_checks_postpone',
  'UPDATE link_checks SET due_at = $3 WHERE link_id = $1 AND version = $2',
);

/** Whether the title is to be that of the page; it is answered so once. */
export const takeTitle = writeStatement<[linkId: Id], { link_id: Id }>(
  'link_checks_take_title',
  'UPDATE link_checks SET wants_title = false WHERE link_id = $1 AND wants_title RETURNING link_id',
);

/** So that the statement after it sees whatever others have noted before the first had the lock. */
export const lockHost = writeStatement<[host: string, lease: number], { host: string }>(
  'link_checks_lock_host',
  'SELECT host FROM link_check_hosts WHERE host = $1 AND lease = $2 FOR UPDATE',
);

/** Of a host that is locked: until when it rests, and what is next; without any link to it, it is forgotten. */
export const releaseHost = writeStatement<[host: string, restUntil: Date]>(
  'link_checks_release_host',
  `WITH next AS MATERIALIZED (
     SELECT due_at FROM link_checks WHERE host = $1 ORDER BY due_at NULLS FIRST, link_id DESC LIMIT 1),
   forgotten AS (DELETE FROM link_check_hosts WHERE host = $1 AND NOT EXISTS (SELECT FROM next))
   UPDATE link_check_hosts SET leased_until = $2, hurried = next.due_at IS NULL, due_at = coalesce(next.due_at, $2)
   FROM next WHERE host = $1`,
);

/** Targets that answered when they were asked last, of other hosts; the latest first. */
export const getReachedTargets = readStatement<[host: string, limit: number], { url: string }>(
  'link_checks_reached_targets',
  `SELECT link.url FROM link_checks AS checked JOIN links AS link ON link.link_id = checked.link_id
   WHERE checked.state = 'ok' AND checked.host <> $1 ORDER BY checked.checked_at DESC LIMIT $2`,
);
