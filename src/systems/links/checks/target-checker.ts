/**
 * Asks for the targets that are due, from any number of processes at once. A worker leases a host as a whole, so a host gets
 * one request at a time; asks for one target outside of any transaction, writes down what it has found, and lets the
 * host rest. One that dies leaves the lease to run out. Targets that are to be checked as soon as possible have places
 * of their own, so that neither they nor the others wait for a million of the other kind.
 */
import type { Randomness } from '../../../core/clock.ts';
import type { EventLog } from '../../../ports/event-log/event-log.ts';
import type { SqlStore, SqlTransaction } from '../../../ports/sql-store/sql-store.ts';
import type { Log } from '../../../telemetry/log.ts';
import type { Links } from '../links.ts';
import { lockOwnLink } from '../links-queries.ts';
import { nextDayMs, outcomeOf } from './check-outcome.ts';
import type { OwnNetwork } from './own-network.ts';
import { pageTitleOf } from './page-title.ts';
import {
  type DueCheckRow,
  getDueCheck,
  type LeasedHostRow,
  leaseHosts,
  lockHost,
  postponeCheck,
  releaseHost,
  settleCheck,
  takeTitle,
} from './target-checks-queries.ts';
import { targetEvent } from './target-events.ts';
import { FETCH_TIMEOUT_MS, type FetchDeps, type Finding, fetchTarget } from './target-fetch.ts';

/** Targets that one process asks for at a time, of each kind. */
export const PLACES = 8;
/** That it begins with at each call, of each kind: a worker calls once a second. */
export const STARTS_MAX = 4;
/** Longer than a request and the questions whether it is our own network, with room for a process that is held up. */
export const LEASE_MS = 6 * FETCH_TIMEOUT_MS;
/** Of a host, between two requests. */
export const REST_MS = 1_000;
/** What says nothing of the target is tried again then. */
export const POSTPONED_MS = 10 * 60_000;

export interface TargetChecker {
  /** Starts to ask for whatever is due and there is a place for. */
  checkDue(): Promise<void>;
  /** Requests that are being made, and what comes of them. */
  checking(): number;
  /** Waits for those; begins no more. */
  close(): Promise<void>;
}

export interface TargetCheckerDeps extends FetchDeps {
  readonly sql: SqlStore;
  readonly eventLog: EventLog;
  readonly randomness: Pick<Randomness, 'fraction'>;
  readonly log: Log;
  readonly links: Pick<Links, 'update'>;
  readonly ownNetwork: OwnNetwork;
}

export function createTargetChecker(deps: TargetCheckerDeps): TargetChecker {
  const { sql, eventLog, clock, randomness, log, links, targets, ownNetwork } = deps;
  const running = { hurried: new Set<Promise<void>>(), others: new Set<Promise<void>>() };
  let closed = false;
  const inMs = (durationMs: number): Date => new Date(clock.nowMs() + durationMs);

  async function fillPlaces(kind: 'hurried' | 'others'): Promise<void> {
    const free = Math.min(PLACES - running[kind].size, STARTS_MAX);
    if (free <= 0 || closed) return;
    const leased = await sql.query(leaseHosts, [inMs(0), inMs(LEASE_MS), kind === 'hurried', free]);
    for (const host of leased) {
      const turn = takeTurn(host)
        .catch((error: unknown) => {
          log.warn(
            { err: error, host: host.host },
            'targets of links wait until the lease of their host ends',
          );
        })
        .finally(() => running[kind].delete(turn));
      running[kind].add(turn);
    }
  }

  async function takeTurn({ host, lease }: LeasedHostRow): Promise<void> {
    const [due] = await sql.query(getDueCheck, [host, inMs(0)]);
    if (due !== undefined) await check(host, due);
    await sql.transaction(async (transaction) => {
      const [held] = await transaction.query(lockHost, [host, lease]);
      if (held !== undefined) await transaction.query(releaseHost, [host, inMs(REST_MS)]);
    });
  }

  async function check(host: string, due: DueCheckRow): Promise<void> {
    const postpone = (durationMs: number) =>
      sql.query(postponeCheck, [due.link_id, due.version, inMs(durationMs)]);
    // Nobody is led there.
    if (!due.leads || targets.blockedReason(due.url) !== undefined) {
      await postpone(nextDayMs(randomness));
      return;
    }
    const finding = await fetchTarget(due.url, due.wants_title, deps);
    if (finding?.status != null) ownNetwork.answered();
    if (finding === undefined || (!finding.certain && !(await ownNetwork.reachesOthersThan(host)))) {
      await postpone(POSTPONED_MS);
      return;
    }
    await sql.transaction((transaction) => writeDown(transaction, due, finding));
  }

  async function writeDown(transaction: SqlTransaction, due: DueCheckRow, finding: Finding): Promise<void> {
    const { link_id: linkId, owner_id: ownerId, wants_title: wantsTitle } = due;
    const page = wantsTitle ? finding.page : undefined;
    // Before its check.
    if (page !== undefined) await transaction.query(lockOwnLink, [ownerId, linkId]);
    const at = inMs(0);
    const { state, failures, failingSince, dueAt } = outcomeOf(due, finding, at, randomness);
    const settled = await transaction.query(settleCheck, [
      due.link_id,
      due.version,
      due.checked_at,
      state,
      at,
      finding.status,
      finding.problem,
      failures,
      failingSince,
      dueAt,
    ]);
    if (settled.length === 0) return;
    if (page !== undefined) await giveTitle(transaction, due, pageTitleOf(page));
    if ((state === 'dead') === (due.state === 'dead')) return;
    const kind = state === 'dead' ? 'dead' : 'back';
    await eventLog.append(transaction, [targetEvent(kind, due, finding, at, failingSince)]);
  }

  /** Unless its owner has said something of the title meanwhile. A page that has none is not asked for it again. */
  async function giveTitle(
    transaction: SqlTransaction,
    { link_id: linkId, owner_id: ownerId }: DueCheckRow,
    title: string | undefined,
  ): Promise<void> {
    const [taken] = await transaction.query(takeTitle, [linkId]);
    if (taken !== undefined && title !== undefined)
      await links.update(transaction, ownerId, linkId, { title });
  }

  return {
    async checkDue() {
      await Promise.all([fillPlaces('hurried'), fillPlaces('others')]);
    },
    checking: () => running.hurried.size + running.others.size,
    async close() {
      closed = true;
      await Promise.all([...running.hurried, ...running.others]);
    },
  };
}
