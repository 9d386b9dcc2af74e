/**
 * Sends what waits in the queues of webhooks, from any number of processes at once. A worker leases a webhook as a
 * whole, so a webhook gets one request at a time; sends a few of its deliveries outside of any transaction, writes down
 * each outcome, and lets go. One that dies leaves the lease to run out: then what it was sending is sent again.
 *
 * Nobody waits for who is slow: webhooks whose last answer took long have places of their own, and whoever turns out to
 * be slow gives its place to another while it goes on.
 */
import type { Clock, Randomness } from '../../core/clock.ts';
import type { OutboundHttp } from '../../ports/outbound-http/outbound-http.ts';
import type { SqlStore, SqlTransaction } from '../../ports/sql-store/sql-store.ts';
import type { Log } from '../../telemetry/log.ts';
import { ATTEMPT_TIMEOUT_MS, type AttemptResult, attempt, type Outcome, outcomeOf } from './attempt.ts';
import { cancelWaiting, settleDelivery } from './deliveries-queries.ts';
import {
  type DueDeliveryRow,
  getDueDeliveries,
  type LeasedRow,
  leaseDue,
  lockLeased,
  noteAttempt,
  release,
  removeFromQueue,
} from './queue-queries.ts';
import { FAILURES_MAX } from './retry-schedule.ts';
import type { WebhookObserver } from './webhook-observer.ts';
import { disableWebhook } from './webhooks-queries.ts';

/** Webhooks that one process sends to at the same time, of those known as slow and of all others. */
export const PLACES = 64;
/** So many more of those that turn out to be slow, for each place: strangers need many accounts to fill them. */
const LATE_PER_PLACE = 2;
/** Whose answer takes longer is slow. */
export const SLOW_MS = 500;
/** Longer than an attempt and the writing down of it, with room for a process that is held up. */
export const LEASE_MS = 2 * ATTEMPT_TIMEOUT_MS;
/** Deliveries of one webhook before it is another's turn. */
const TURN_DELIVERIES = 10;

export interface Deliverer {
  /** Starts to send whatever is due and there is a place for. */
  deliverDue(): Promise<void>;
  /** Requests that are being made. */
  sending(): number;
  /** Waits for those requests; begins no more. */
  close(): Promise<void>;
}

export interface DelivererDeps {
  readonly sql: SqlStore;
  readonly outboundHttp: OutboundHttp;
  readonly clock: Clock;
  readonly randomness: Pick<Randomness, 'fraction'>;
  readonly observer: WebhookObserver;
  readonly log: Log;
  /** A place is free again, and there may be more to do. */
  readonly onFree: () => void;
  /** By default PLACES. */
  readonly places?: number;
}

type Turn = Promise<void>;
type Speed = 'fast' | 'slow';

export function createDeliverer(deps: DelivererDeps): Deliverer {
  const { sql, clock, randomness, observer, log, onFree, places = PLACES } = deps;
  const running = { fast: new Set<Turn>(), slow: new Set<Turn>(), late: new Set<Turn>() };
  let closed = false;
  const now = (): Date => new Date(clock.nowMs());
  const leaseEnd = (): Date => new Date(clock.nowMs() + LEASE_MS);

  function freePlaces(speed: Speed): number {
    const free = places - running[speed].size;
    return speed === 'slow' ? free : Math.min(free, places * LATE_PER_PLACE - running.late.size);
  }

  async function fillPlaces(speed: Speed): Promise<void> {
    const free = freePlaces(speed);
    if (free <= 0 || closed) return;
    for (const webhook of await sql.query(leaseDue, [now(), leaseEnd(), speed === 'slow', free])) {
      startTurn(webhook, speed);
    }
  }

  function startTurn(webhook: LeasedRow, speed: Speed): void {
    const ended = new AbortController();
    const turn = takeTurn(webhook, speed)
      .catch((error: unknown) => {
        log.warn({ err: error, webhook_id: webhook.webhook_id }, 'a webhook waits until its lease ends');
      })
      .finally(() => {
        ended.abort();
        running[speed].delete(turn);
        running.late.delete(turn);
        onFree();
      });
    running[speed].add(turn);
    if (speed === 'fast') void vacateIfLate(turn, ended.signal);
  }

  async function vacateIfLate(turn: Turn, ended: AbortSignal): Promise<void> {
    await clock.sleep(SLOW_MS, ended);
    if (ended.aborted) return;
    running.fast.delete(turn);
    running.late.add(turn);
    onFree();
  }

  async function takeTurn(webhook: LeasedRow, speed: Speed): Promise<void> {
    const one = speed === 'slow' || webhook.failures >= FAILURES_MAX;
    const limit = one ? 1 : TURN_DELIVERIES;
    let leased: LeasedRow | undefined = webhook;
    for (const delivery of await sql.query(getDueDeliveries, [webhook.webhook_id, now(), limit])) {
      if (leased === undefined || closed) break;
      leased = await deliver(leased, delivery);
    }
    await letGo(webhook);
  }

  /** The webhook as it is then; `undefined` if nothing more is to be sent there now. */
  async function deliver(webhook: LeasedRow, delivery: DueDeliveryRow): Promise<LeasedRow | undefined> {
    const result = await attempt(webhook, delivery, deps);
    const outcome = outcomeOf(webhook, delivery.attempts + 1, result, randomness);
    const goesOn = await sql.transaction((transaction) =>
      writeDown(transaction, webhook, delivery, result, outcome),
    );
    observe(delivery, result, outcome);
    if (!goesOn || outcome.pausedUntil !== null || result.tookMs > SLOW_MS) return undefined;
    return { ...webhook, failures: outcome.failures, failing_since: outcome.failingSince };
  }

  /** Whether the lease still holds and the webhook is still to be sent to. */
  async function writeDown(
    transaction: SqlTransaction,
    { webhook_id: webhookId, lease }: LeasedRow,
    delivery: DueDeliveryRow,
    { at, tookMs, status, responseBody, error }: AttemptResult,
    { state, dueAt, failures, failingSince, pausedUntil, disable }: Outcome,
  ): Promise<boolean> {
    const slow = tookMs > SLOW_MS;
    const [webhook] = await transaction.query(noteAttempt, [
      webhookId,
      lease,
      failures,
      failingSince,
      pausedUntil,
      slow,
      leaseEnd(),
    ]);
    const settled = await transaction.query(settleDelivery, [
      delivery.delivery_id,
      state,
      dueAt,
      at,
      tookMs,
      status,
      responseBody,
      error,
    ]);
    if (settled.length > 0 && state !== 'waiting') await transaction.query(removeFromQueue, [webhookId]);
    if (webhook?.state !== 'enabled') return false;
    if (disable !== undefined) {
      const cancelled = await transaction.query(cancelWaiting, [webhookId]);
      await transaction.query(disableWebhook, [webhookId, disable, true]);
      transaction.afterCommit(() => observer.ended('cancelled', cancelled.length));
      return false;
    }
    return !webhook.suspended;
  }

  /** In two statements: the second sees what was put into the queue before the first had the lock. */
  async function letGo({ webhook_id: webhookId, lease }: LeasedRow): Promise<void> {
    await sql.transaction(async (transaction) => {
      const [held] = await transaction.query(lockLeased, [webhookId, lease]);
      if (held !== undefined) await transaction.query(release, [webhookId, lease, now()]);
    });
  }

  function observe(
    { event_at: eventAt }: DueDeliveryRow,
    { at, tookMs }: AttemptResult,
    { state }: Outcome,
  ): void {
    observer.attempted(state === 'waiting' ? 'retried' : state);
    if (state === 'delivered') observer.delivered(at.getTime() + tookMs - eventAt.getTime());
  }

  return {
    async deliverDue() {
      await Promise.all([fillPlaces('fast'), fillPlaces('slow')]);
    },
    sending: () => running.fast.size + running.slow.size + running.late.size,
    async close() {
      closed = true;
      await Promise.all([...running.fast, ...running.slow, ...running.late]);
    },
  };
}
