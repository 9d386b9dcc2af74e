/**
 * Sends what waits in the queues of webhooks, from any number of processes at once. A worker leases a webhook as a
 * whole, so a webhook gets one request at a time; sends a few of its deliveries outside of any transaction, writes down
 * each outcome, and lets go. One that dies leaves the lease to run out: then what it was sending is sent again.
 *
 * Webhooks whose last answer took long have places of their own, so those that answer at once never wait for them.
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

/** Webhooks that one process sends to at the same time, of each speed. */
export const PLACES = 64;
/** Whose answer takes longer is slow. */
export const SLOW_MS = 1_000;
/** Longer than an attempt and the writing down of it, with room for a process that is held up. */
export const LEASE_MS = 3 * ATTEMPT_TIMEOUT_MS;
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

export function createDeliverer(deps: DelivererDeps): Deliverer {
  const { sql, clock, randomness, observer, log, onFree, places = PLACES } = deps;
  const running = { fast: new Set<Promise<void>>(), slow: new Set<Promise<void>>() };
  let closed = false;
  const now = (): Date => new Date(clock.nowMs());
  const leaseEnd = (): Date => new Date(clock.nowMs() + LEASE_MS);

  async function fillPlaces(speed: 'fast' | 'slow'): Promise<void> {
    const free = places - running[speed].size;
    if (free <= 0 || closed) return;
    for (const webhook of await sql.query(leaseDue, [now(), leaseEnd(), speed === 'slow', free])) {
      const turn = takeTurn(webhook)
        .catch((error: unknown) => {
          log.warn({ err: error, webhook_id: webhook.webhook_id }, 'a webhook waits until its lease ends');
        })
        .finally(() => {
          running[speed].delete(turn);
          onFree();
        });
      running[speed].add(turn);
    }
  }

  async function takeTurn(webhook: LeasedRow): Promise<void> {
    const limit = webhook.failures >= FAILURES_MAX ? 1 : TURN_DELIVERIES;
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
    if (!goesOn || outcome.pausedUntil !== null) return undefined;
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
    sending: () => running.fast.size + running.slow.size,
    async close() {
      closed = true;
      await Promise.all([...running.fast, ...running.slow]);
    },
  };
}
