/**
 * Hosts and pages that no link may lead to: checked when a link is made or changed, and again whenever one is opened, because
 * a target becomes bad after its link was made. Every process has the whole list in memory and hears of its changes, so
 * nothing is read for a check, and an entry turns all links to it off at once, however many there are.
 */
import { AppError, invalidField, notFound } from '../../../core/errors.ts';
import { ID_MAX, type Id, type IdGenerator } from '../../../core/ids.ts';
import { hostOf } from '../../../core/outbound-target.ts';
import type { Page, PageRequest } from '../../../core/page.ts';
import type { EventLog, LoggedEvent, NewEvent } from '../../../ports/event-log/event-log.ts';
import { type SqlStore, type SqlTransaction, UniqueViolation } from '../../../ports/sql-store/sql-store.ts';
import { parseReason, type RecordAct } from '../moderation/staff-acts.ts';
import {
  type BlockedTargetRow,
  countBlockedTargets,
  deleteBlockedTarget,
  insertBlockedTarget,
  pageBlockedTargets,
} from './blocked-targets-queries.ts';
import { plainPath } from './plain-path.ts';

export const BLOCKED_TARGETS_TOPIC = 'blocked_targets';
/** Some 20 MB in each process. */
export const BLOCKED_TARGETS_MAX = 100_000;
export const BLOCKED_TARGET_LENGTH_MAX = 1_000;
export const BLOCK_REASON_LENGTH_MAX = 200;
const LOAD_PAGE = 5_000;
/** Other signs, such as the star of `*.evil.example`, can stand in a URL and in no name. */
const HOST = /^[a-z0-9._:-]+$/;

export interface BlockedTarget {
  readonly blockId: Id;
  /** A host name, for itself and all below it; or a host name and the beginning of a path. */
  readonly target: string;
  readonly reason: string;
  readonly blockedBy: Id;
}

export interface BlockedTargets {
  /** Why the URL is blocked; `undefined` if it is not. Some microseconds, and nothing while the list is empty. */
  reasonOf(url: URL | string): string | undefined;
  /** Another number with each change of the list: what was checked by an earlier one is to be checked again. */
  version(): number;
  /** Reads the list. */
  load(): Promise<void>;
  /** Of the topic `blocked_targets`. */
  hear(events: readonly (LoggedEvent | NewEvent)[]): void;
  /** `target` may be a URL. Fails with `invalid`, and with `conflict` for one that is there. */
  add(
    transaction: SqlTransaction,
    moderatorId: Id,
    entry: { readonly target: string; readonly reason: string },
  ): Promise<BlockedTarget>;
  /** Links to it lead there again. Fails with `not_found`. */
  remove(transaction: SqlTransaction, moderatorId: Id, blockId: Id): Promise<void>;
  /** The newest first. */
  page(page: PageRequest): Promise<Page<BlockedTarget>>;
}

export interface BlockedTargetsDeps {
  readonly sql: SqlStore;
  readonly ids: IdGenerator;
  readonly eventLog: EventLog;
  readonly recordAct: RecordAct;
}

export function createBlockedTargets({ sql, ids, eventLog, recordAct }: BlockedTargetsDeps): BlockedTargets {
  let reasons = new Map<string, string>();
  let version = 0;
  /** What was heard while the list was being read, which it may have or not. */
  let heardMeanwhile: (LoggedEvent | NewEvent)[] | undefined;

  function apply(list: Map<string, string>, events: readonly (LoggedEvent | NewEvent)[]): void {
    for (const { kind, payload } of events) {
      // As `event` below has written it in every release so far.
      const { target, reason } = payload as { readonly target: string; readonly reason: string };
      if (kind === 'blocked') list.set(target, reason);
      else list.delete(target);
    }
  }

  return {
    reasonOf(given) {
      if (reasons.size === 0) return undefined;
      const url = new URL(given);
      const host = hostOf(url);
      for (let domain = host; domain !== ''; domain = parentOf(domain)) {
        const reason = reasons.get(domain);
        if (reason !== undefined) return reason;
      }
      return reasonOfPath(reasons, host, url.pathname);
    },

    version: () => version,

    async load() {
      heardMeanwhile = [];
      const read = new Map<string, string>();
      for (let before: Id = ID_MAX; ; ) {
        const rows = await sql.query(pageBlockedTargets, [before, LOAD_PAGE]);
        for (const { target, reason } of rows) read.set(target, reason);
        const last = rows.at(-1);
        if (last === undefined || rows.length < LOAD_PAGE) break;
        before = last.block_id;
      }
      apply(read, heardMeanwhile);
      heardMeanwhile = undefined;
      reasons = read;
      version += 1;
    },

    hear(events) {
      heardMeanwhile?.push(...events);
      apply(reasons, events);
      version += 1;
    },

    async add(transaction, moderatorId, { target, reason }) {
      const row: BlockedTargetRow = {
        ...{ block_id: ids.next(), target: parseBlockedTarget(target), reason: parseReason(reason) },
        blocked_by: moderatorId,
      };
      const [found] = await transaction.query(countBlockedTargets, [BLOCKED_TARGETS_MAX]);
      if ((found?.count ?? 0) >= BLOCKED_TARGETS_MAX)
        throw invalidField('target', 'does not fit: the list is full.');
      await transaction
        .query(insertBlockedTarget, [row.block_id, row.target, row.reason, moderatorId])
        .catch((error: unknown) => {
          throw isTaken(error) ? new AppError('conflict', 'This target is blocked already.') : error;
        });
      const detail = `${row.target}: ${row.reason}`;
      await recordAct(transaction, moderatorId, { action: 'target_blocked', detail });
      await eventLog.append(transaction, [event('blocked', row)]);
      return blockedTargetOf(row);
    },

    async remove(transaction, moderatorId, blockId) {
      const [row] = await transaction.query(deleteBlockedTarget, [blockId]);
      if (row === undefined) throw notFound('blocked target');
      await recordAct(transaction, moderatorId, { action: 'target_unblocked', detail: row.target });
      await eventLog.append(transaction, [event('unblocked', row)]);
    },

    async page({ before, limit }) {
      const rows = await sql.query(pageBlockedTargets, [before, limit + 1]);
      const items = rows.slice(0, limit).map(blockedTargetOf);
      return { items, nextBefore: rows.length > limit ? items.at(-1)?.blockId : undefined };
    },
  };
}

/** `evil.example`, `evil.example/login`, `https://evil.example/login/`: as it stands in the list. */
export function parseBlockedTarget(text: string): string {
  const spelled = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `https://${text}`;
  if (spelled.length > BLOCKED_TARGET_LENGTH_MAX || !URL.canParse(spelled)) throw noTarget();
  const url = new URL(spelled);
  const host = hostOf(url);
  if (!HOST.test(host) || url.search !== '' || url.hash !== '' || url.username !== '') throw noTarget();
  return host + plainPath(url.pathname);
}

function noTarget(): AppError {
  return invalidField(
    'target',
    'must be a host name such as evil.example, or with a path: evil.example/login.',
  );
}

function parentOf(domain: string): string {
  const dot = domain.indexOf('.');
  return dot < 0 ? '' : domain.slice(dot + 1);
}

/** An entry with a path holds for its own host, and for all pages below it. */
function reasonOfPath(
  reasons: ReadonlyMap<string, string>,
  host: string,
  pathname: string,
): string | undefined {
  let path = plainPath(pathname);
  while (path !== '') {
    const reason = reasons.get(host + path);
    if (reason !== undefined) return reason;
    path = path.slice(0, path.lastIndexOf('/'));
  }
  return undefined;
}

function event(
  kind: 'blocked' | 'unblocked',
  { block_id: blockId, target, reason, blocked_by }: BlockedTargetRow,
) {
  const payload = { block_id: String(blockId), target, reason };
  return { topic: BLOCKED_TARGETS_TOPIC, key: blockId, kind, payload, ownerId: blocked_by };
}

function isTaken(error: unknown): boolean {
  return error instanceof AppError && error.cause instanceof UniqueViolation;
}

function blockedTargetOf(row: BlockedTargetRow): BlockedTarget {
  return { blockId: row.block_id, target: row.target, reason: row.reason, blockedBy: row.blocked_by };
}
