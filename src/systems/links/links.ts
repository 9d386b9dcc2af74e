/** Links as their owners make, see and change them. */

import type { Clock } from '../../core/clock.ts';
import { hasCode, notFound } from '../../core/errors.ts';
import type { IdempotencyClaim, StoredAnswer } from '../../core/idempotency.ts';
import { type Id, type IdGenerator, idTimeMs, shardOf } from '../../core/ids.ts';
import type { Page, PageRequest } from '../../core/page.ts';
import type { EventLog } from '../../ports/event-log/event-log.ts';
import {
  type SqlSession,
  type SqlStore,
  type SqlTransaction,
  UniqueViolation,
} from '../../ports/sql-store/sql-store.ts';
import { followChange } from './checks/changed-target.ts';
import { aliasTaken, checkAlias, checkImportedCode } from './codes/alias.ts';
import type { Codes } from './codes/codes.ts';
import type { CodeOrigin, Link, LinkChanges, LinkDraft, LinkTarget } from './link.ts';
import { applyChanges, CONTENT_DEFAULTS, checkLinkPassword, type LinkContent } from './link-draft.ts';
import { linkDeleted, linkUpdated } from './link-events.ts';
import { type LinkFilter, pageLinks } from './link-pages.ts';
import { announcedOf, linkOf } from './link-rows.ts';
import type { LinkWriter } from './link-writer.ts';
import { getStoredLinkAnswer } from './link-writer-queries.ts';
import {
  buryLinks,
  getOwnLink,
  insertLinkChange,
  type LinkRow,
  limitVisits,
  lockOwnLink,
  pageLinkChanges,
  unlimitVisits,
  updateLink,
} from './links-queries.ts';
import { ruleOf, storedRules } from './rules/stored-rules.ts';
import { storedCard } from './stored-cards.ts';
import type { TargetRules } from './targets/target-url.ts';

/** Codes that turn out to be an alias of somebody, one after the other: three in a row never happen. */
const CODES_TRIED_MAX = 3;
/** Of links under no host name of their owner. */
const SERVER_DOMAIN = { domainId: 0, host: undefined } as const;

export interface LinksDeps {
  readonly sql: SqlStore;
  readonly ids: IdGenerator;
  readonly clock: Clock;
  readonly eventLog: EventLog;
  readonly codes: Codes;
  readonly writer: LinkWriter;
  readonly targets: TargetRules;
  /** Of a password, in the PHC format. */
  readonly hashPassword: (password: string) => Promise<string>;
  readonly verifyPassword: (passwordHash: string, password: string) => Promise<boolean>;
  /** A verified host name of the owner, as it is stored; fails with `invalid` for any other. */
  readonly findDomain: (
    ownerId: Id,
    host: string,
  ) => Promise<{ readonly domainId: Id; readonly host: string }>;
}

/** How a new link is answered: made before it is written, so that what is stored is what is sent. */
export interface LinkAnswering {
  readonly claim: IdempotencyClaim | undefined;
  present(link: Link): StoredAnswer;
}

/**
 * `replayed`: the key was used for the same request, whose answer this is. `key_reused`: for another one.
 * `key_in_flight`: that request is still running.
 */
export type LinkCreation =
  | { readonly outcome: 'created'; readonly answer: StoredAnswer; readonly link: Link }
  | { readonly outcome: 'replayed'; readonly answer: StoredAnswer }
  | { readonly outcome: 'key_reused' }
  | { readonly outcome: 'key_in_flight' };

/** Where a link led until `changedAt`. */
export interface LinkChange extends LinkTarget {
  readonly changeId: Id;
  readonly changedAt: Date;
}

export interface Links {
  /**
   * Makes a link, durably once this resolves. Many at the same time are written together. Fails with `invalid` for a draft
   * beyond a limit, and `conflict`, naming `alias`, for one that is taken.
   */
  create(ownerId: Id, draft: LinkDraft, answering: LinkAnswering): Promise<LinkCreation>;
  /** Fails with `not_found` for a link of someone else, as all that follow. */
  get(ownerId: Id, linkId: Id, session?: SqlSession): Promise<Link>;
  /** The newest first. A page may be shorter than asked for, or empty, and still be followed by another one. */
  page(ownerId: Id, filter: LinkFilter, page: PageRequest): Promise<Page<Link>>;
  /** Effective in every process within a second of the commit, in this one at once. Fails with `invalid`. */
  update(transaction: SqlTransaction, ownerId: Id, linkId: Id, changes: LinkChanges): Promise<Link>;
  /** Its code is never anyone's again. */
  delete(transaction: SqlTransaction, ownerId: Id, linkId: Id): Promise<void>;
  /** Where it led before each change of that, the newest first. */
  history(ownerId: Id, linkId: Id, page: PageRequest): Promise<Page<LinkChange>>;
}

export function createLinks(deps: LinksDeps): Links {
  const { sql, ids, clock, eventLog, codes, writer, targets, hashPassword, findDomain } = deps;

  async function get(ownerId: Id, linkId: Id, session: SqlSession = sql): Promise<Link> {
    const [row] = await session.query(getOwnLink, [ownerId, linkId]);
    if (row === undefined) throw notFound('link');
    return linkOf(row, targets);
  }

  async function lock(transaction: SqlTransaction, ownerId: Id, linkId: Id): Promise<LinkRow> {
    const [row] = await transaction.query(lockOwnLink, [ownerId, linkId]);
    if (row === undefined) throw notFound('link');
    return row;
  }

  async function hashOf(password: string | null | undefined): Promise<string | null> {
    if (password === null || password === undefined) return null;
    checkLinkPassword(password);
    return hashPassword(password);
  }

  /** What the key answers already; `undefined` when it is unused. */
  async function earlierCreation(claim: IdempotencyClaim | undefined): Promise<LinkCreation | undefined> {
    if (claim === undefined) return undefined;
    const [stored] = await sql.query(getStoredLinkAnswer, [claim.principalId, claim.key]);
    if (stored === undefined) return undefined;
    if (!stored.fingerprint.equals(claim.fingerprint)) return { outcome: 'key_reused' };
    return { outcome: 'replayed', answer: { status: stored.status, body: stored.body ?? '' } };
  }

  /** A password is no part of what a key stands for (http/idempotency.ts), so it is compared with that of the link. */
  async function asksForTheSame(
    ownerId: Id,
    answer: StoredAnswer,
    password: string | null | undefined,
  ): Promise<boolean> {
    // Whoever answers does so with the link.
    const { link_id: linkId } = JSON.parse(answer.body) as { readonly link_id: string };
    const [row] = await sql.query(getOwnLink, [ownerId, Number(linkId)]);
    // What it had in the beginning is not known any more.
    if (row === undefined || row.updated_at !== null) return true;
    if (typeof password !== 'string') return row.password_hash === null;
    return row.password_hash !== null && deps.verifyPassword(row.password_hash, password);
  }

  /** `undefined`: the code was taken meanwhile. */
  async function tryToWrite(
    row: LinkRow,
    { claim, present }: LinkAnswering,
  ): Promise<LinkCreation | undefined> {
    const link = linkOf(row, targets);
    const answer = present(link);
    const write = { link: announcedOf(row), passwordHash: row.password_hash, claim, answer };
    const outcome = await writer.write(write).catch((error: unknown) => {
      if (hasCode(error, 'conflict') && error.cause instanceof UniqueViolation) return 'alias_taken' as const;
      throw error;
    });
    if (outcome === 'created') return { outcome, answer, link };
    if (outcome === 'key_in_flight') return { outcome };
    const earlier = await earlierCreation(claim);
    if (earlier !== undefined) return earlier;
    // The key was forgotten in between: as if it had been in flight, and free when the client tries again.
    return outcome === 'key_exists' ? { outcome: 'key_in_flight' } : undefined;
  }

  return {
    get,

    async create(ownerId, draft, answering) {
      const { alias, imported = false, host, password } = draft;
      if (alias !== undefined) (imported ? checkImportedCode : checkAlias)(alias);
      const content = applyChanges(CONTENT_DEFAULTS, draft, { nowMs: clock.nowMs(), targets });
      const domain = host === undefined ? SERVER_DOMAIN : await findDomain(ownerId, host);
      const passwordHash = await hashOf(password);
      const codeOrigin = originOf(draft);
      for (let tried = 0; tried < (alias === undefined ? CODES_TRIED_MAX : 1); tried += 1) {
        const code = alias ?? (await codes.next());
        const made = { linkId: ids.next(), ownerId, code, codeOrigin, passwordHash, ...domain };
        const creation = await tryToWrite(newRow(made, content), answering);
        if (creation?.outcome === 'replayed' && !(await asksForTheSame(ownerId, creation.answer, password))) {
          return { outcome: 'key_reused' };
        }
        if (creation !== undefined) return creation;
      }
      throw aliasTaken();
    },

    page: (ownerId, filter, page) => pageLinks({ sql, clock, targets }, ownerId, filter, page),

    async update(transaction, ownerId, linkId, changes) {
      const before = await lock(transaction, ownerId, linkId);
      const content = applyChanges(linkOf(before, targets), changes, { nowMs: clock.nowMs(), targets });
      const passwordHash =
        changes.password === undefined ? before.password_hash : await hashOf(changes.password);
      const changeId = ids.next();
      const after = changedRow(before, content, passwordHash, changeId);
      await writeChange(transaction, changeId, before, after);
      await followChange(transaction, before, after, changes, clock.nowMs());
      await eventLog.append(transaction, [linkUpdated(announcedOf(after))]);
      return linkOf(after, targets);
    },

    async delete(transaction, ownerId, linkId) {
      const row = await lock(transaction, ownerId, linkId);
      await transaction.query(buryLinks, [[linkId], new Date(clock.nowMs())]);
      const { domain_id: domainId, code } = row;
      await eventLog.append(transaction, [linkDeleted({ linkId, ownerId, domainId, code })]);
    },

    async history(ownerId, linkId, { before, limit }) {
      await get(ownerId, linkId);
      const rows = await sql.query(pageLinkChanges, [linkId, before, limit + 1]);
      const items = rows.slice(0, limit).map(({ change_id: changeId, url, rules, fallback_url }) => ({
        ...{ changeId, changedAt: new Date(idTimeMs(changeId)), url, fallbackUrl: fallback_url },
        rules: (rules ?? []).map(ruleOf),
      }));
      return { items, nextBefore: rows.length > limit ? items.at(-1)?.changeId : undefined };
    },
  };
}

function originOf({ alias, imported = false }: LinkDraft): CodeOrigin {
  if (alias === undefined) return 'made';
  return imported ? 'imported' : 'chosen';
}

interface NewLink {
  readonly linkId: Id;
  readonly ownerId: Id;
  readonly domainId: Id;
  readonly host: string | undefined;
  readonly code: string;
  readonly codeOrigin: CodeOrigin;
  readonly passwordHash: string | null;
}

function newRow(link: NewLink, content: LinkContent): LinkRow {
  return {
    link_id: link.linkId,
    owner_id: link.ownerId,
    domain_id: link.domainId,
    host: link.host ?? null,
    code: link.code,
    code_origin: link.codeOrigin,
    password_hash: link.passwordHash,
    visits: 0,
    visit_count: 0,
    disabled_reason: null,
    warning_reason: null,
    reported: false,
    updated_at: null,
    ...UNCHECKED_TARGET,
    ...contentColumns(content),
  };
}

/** Of a target that nobody has asked for yet. */
const UNCHECKED_TARGET = {
  target_state: null,
  target_checked_at: null,
  target_status: null,
  target_problem: null,
} as const;

function changedRow(
  before: LinkRow,
  content: LinkContent,
  passwordHash: string | null,
  changeId: Id,
): LinkRow {
  return {
    ...before,
    ...contentColumns(content),
    password_hash: passwordHash,
    visits: content.maxVisits === null ? 0 : before.visits,
    ...(content.url === before.url ? {} : UNCHECKED_TARGET),
    updated_at: new Date(idTimeMs(changeId)),
  };
}

function contentColumns(content: LinkContent) {
  const { url, rules, title, tags, redirectType, passQuery, utm, card, enabled } = content;
  const { startsAt, expiresAt, maxVisits, fallbackUrl } = content;
  return {
    url,
    title,
    tags,
    utm,
    redirect_type: redirectType,
    pass_query: passQuery,
    enabled,
    starts_at: startsAt,
    expires_at: expiresAt,
    max_visits: maxVisits,
    fallback_url: fallbackUrl,
    card: card && storedCard(card),
    // As they are read back from the database.
    rules: JSON.parse(storedRules(rules) ?? 'null') as LinkRow['rules'],
  };
}

/** The row, what it led to before if that has changed, and the limit. */
async function writeChange(
  transaction: SqlTransaction,
  changeId: Id,
  before: LinkRow,
  after: LinkRow,
): Promise<void> {
  const shard = shardOf(after.owner_id);
  const rulesText = (row: LinkRow): string | null => (row.rules === null ? null : JSON.stringify(row.rules));
  const leadsElsewhere = before.url !== after.url || before.fallback_url !== after.fallback_url;
  if (leadsElsewhere || rulesText(before) !== rulesText(after)) {
    await transaction.query(insertLinkChange, [
      changeId,
      after.link_id,
      shard,
      before.url,
      rulesText(before),
      before.fallback_url,
    ]);
  }
  await transaction.query(updateLink, [
    after.link_id,
    after.url,
    after.title,
    after.tags,
    after.redirect_type,
    after.pass_query,
    after.utm === null || Object.keys(after.utm).length === 0 ? null : JSON.stringify(after.utm),
    rulesText(after),
    after.expires_at,
    after.max_visits,
    after.password_hash,
    after.updated_at ?? new Date(idTimeMs(changeId)),
    after.enabled,
    after.starts_at,
    after.fallback_url,
    after.card && JSON.stringify(after.card),
  ]);
  if (after.max_visits !== null)
    await transaction.query(limitVisits, [after.link_id, shard, after.max_visits]);
  else if (before.max_visits !== null) await transaction.query(unlimitVisits, [after.link_id]);
}
