/**
 * Hosts and pages that no link may lead to, or none without a warning: checked when a link is made or changed, and again
 * whenever one is opened, because a target becomes bad after its link was made. Every process has the whole list in memory
 * and hears of its changes, so nothing is read for a check, and an entry holds for all links to it at once, however many there are.
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
  updateBlockedTarget,
} from './blocked-targets-queries.ts';
import { plainPath } from './plain-path.ts';

export const BLOCKED_TARGETS_TOPIC = 'blocked_targets';
/** Some 25 MB in each process. */
export const BLOCKED_TARGETS_MAX = 100_000;
export const BLOCKED_TARGET_LENGTH_MAX = 1_000;
export const BLOCK_REASON_LENGTH_MAX = 200;
const LOAD_PAGE = 5_000;
/** Other signs, such as the star of `*.evil.example`, can stand in a URL and in no name. */
const HOST = /^[a-z0-9._:-]+$/;

/** `block`: no link leads there. `warn`: whoever opens a link to it is asked first. */
export const BLOCK_ACTIONS = ['block', 'warn'] as const;
export type BlockAction = (typeof BLOCK_ACTIONS)[number];

export interface BlockedTarget {
  readonly blockId: Id;
  /** A host name, for itself and all below it; or a host name and the beginning of a path. */
  readonly target: string;
  readonly action: BlockAction;
  readonly reason: string;
  /** Who has said so last. */
  readonly blockedBy: Id;
}

/** What of an entry is in memory. */
type Listed = Pick<BlockedTarget, 'action' | 'reason'>;

export interface BlockedTargets {
  /** Why the URL is blocked; `undefined` if it is not. Some microseconds, and nothing while the list is empty. */
  reasonOf(url: URL | string): string | undefined;
  /** The same of one that is warned of, and not blocked. */
  warningOf(url: URL | string): string | undefined;
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
    entry: Pick<BlockedTarget, 'target' | 'action' | 'reason'>,
  ): Promise<BlockedTarget>;
  /** What is left out stays. Fails with `invalid` and `not_found`. */
  change(
    transaction: SqlTransaction,
    moderatorId: Id,
    blockId: Id,
    changes: Partial<Listed>,
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
  let entries = new Map<string, Listed>();
  let version = 0;
  /** What was heard while the list was being read, which it may have or not. */
  let heardMeanwhile: (LoggedEvent | NewEvent)[] | undefined;

  function apply(list: Map<string, Listed>, events: readonly (LoggedEvent | NewEvent)[]): void {
    for (const { kind, payload } of events) {
      // As `event` below has written it, before there were warnings without an action.
      const { target, reason, action = 'block' } = payload as Pick<BlockedTarget, 'target'> & WrittenEntry;
      if (kind === 'blocked') list.set(target, { action, reason });
      else list.delete(target);
    }
  }

  /** Of several entries that hold, one that blocks. */
  function listedOf(given: URL | string): Listed | undefined {
    if (entries.size === 0) return undefined;
    let found: Listed | undefined;
    for (const place of placesOf(new URL(given))) {
      const listed = entries.get(place);
      if (listed?.action === 'block') return listed;
      found ??= listed;
    }
    return found;
  }

  function reasonFor(action: BlockAction, url: URL | string): string | undefined {
    const listed = listedOf(url);
    return listed?.action === action ? listed.reason : undefined;
  }

  async function announce(transaction: SqlTransaction, moderatorId: Id, row: BlockedTargetRow) {
    const detail = `${row.target}: ${row.reason}`;
    const action = row.action === 'warn' ? 'target_warned' : 'target_blocked';
    await recordAct(transaction, moderatorId, { action, detail });
    await eventLog.append(transaction, [event('blocked', row)]);
    return blockedTargetOf(row);
  }

  return {
    reasonOf: (url) => reasonFor('block', url),
    warningOf: (url) => reasonFor('warn', url),

    version: () => version,

    async load() {
      heardMeanwhile = [];
      const read = new Map<string, Listed>();
      for (let before: Id = ID_MAX; ; ) {
        const rows = await sql.query(pageBlockedTargets, [before, LOAD_PAGE]);
        for (const { target, action, reason } of rows) read.set(target, { action, reason });
        const last = rows.at(-1);
        if (last === undefined || rows.length < LOAD_PAGE) break;
        before = last.block_id;
      }
      apply(read, heardMeanwhile);
      heardMeanwhile = undefined;
      entries = read;
      version += 1;
    },

    hear(events) {
      heardMeanwhile?.push(...events);
      apply(entries, events);
      version += 1;
    },

    async add(transaction, moderatorId, { target, action, reason }) {
      const row: BlockedTargetRow = {
        ...{ block_id: ids.next(), target: parseBlockedTarget(target), action, reason: parseReason(reason) },
        blocked_by: moderatorId,
      };
      const [found] = await transaction.query(countBlockedTargets, [BLOCKED_TARGETS_MAX]);
      if ((found?.count ?? 0) >= BLOCKED_TARGETS_MAX)
        throw invalidField('target', 'does not fit: the list is full.');
      await transaction
        .query(insertBlockedTarget, [row.block_id, row.target, row.action, row.reason, moderatorId])
        .catch((error: unknown) => {
          throw isTaken(error) ? new AppError('conflict', 'This target is on the list already.') : error;
        });
      return announce(transaction, moderatorId, row);
    },

    async change(transaction, moderatorId, blockId, { action, reason }) {
      const line = reason === undefined ? null : parseReason(reason);
      const [row] = await transaction.query(updateBlockedTarget, [
        blockId,
        action ?? null,
        line,
        moderatorId,
      ]);
      if (row === undefined) throw notFound('blocked target');
      return announce(transaction, moderatorId, row);
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

/** All entries that would hold for the URL. One with a path holds for its own host, and for all pages below it. */
function* placesOf(url: URL): Generator<string> {
  const host = hostOf(url);
  for (let domain = host; domain !== ''; domain = parentOf(domain)) yield domain;
  for (let path = plainPath(url.pathname); path !== ''; path = path.slice(0, path.lastIndexOf('/'))) {
    yield host + path;
  }
}

interface WrittenEntry {
  readonly reason: string;
  readonly action?: BlockAction;
}

/** NOTE: a process of a release without warnings reads `blocked` whatever the action is, and blocks. */
function event(
  kind: 'blocked' | 'unblocked',
  { block_id: blockId, target, action, reason, blocked_by }: BlockedTargetRow,
) {
  const payload = { block_id: String(blockId), target, action, reason };
  return { topic: BLOCKED_TARGETS_TOPIC, key: blockId, kind, payload, ownerId: blocked_by };
}

function isTaken(error: unknown): boolean {
  return error instanceof AppError && error.cause instanceof UniqueViolation;
}

function blockedTargetOf(row: BlockedTargetRow): BlockedTarget {
  const { block_id: blockId, target, action, reason, blocked_by: blockedBy } = row;
  return { blockId, target, action, reason, blockedBy };
}
