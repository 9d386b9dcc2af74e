/**
 * Has the provider do what is due, from any number of processes at once. A worker takes payments for a while, asks for each
 * under a key that follows from the payment alone, and writes down what became of it with the transfers that it means, in one
 * transaction. One that dies, or hears nothing, leaves them to be taken again: the same key then answers what the first
 * call did. It never gives up: money whose whereabouts are unknown is asked for until they are known. A provider that takes
 * nothing right now is left alone for as long as it says, or its circuit breaker, and what is due waits without being asked for.
 */
import type { Clock, Randomness } from '../../../core/clock.ts';
import { assert, hasCode } from '../../../core/errors.ts';
import { idTimeMs } from '../../../core/ids.ts';
import type { Job } from '../../../core/job.ts';
import type { EventLog, NewEvent } from '../../../ports/event-log/event-log.ts';
import type { PaymentOrder, PaymentProvider } from '../../../ports/payment-provider/payment-provider.ts';
import type { SqlStore } from '../../../ports/sql-store/sql-store.ts';
import type { Log } from '../../../telemetry/log.ts';
import { chargeSettled } from '../charges/charge-events.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { orderKey, type PaymentReason, parseOrderKey } from '../payment.ts';
import type { PaymentObserver } from '../payment-observer.ts';
import {
  type DueRow,
  hastenPayment,
  postponePayment,
  putBackPayment,
  returnRefund,
  settlePayment,
  takeDue,
} from './settlement-queries.ts';
import { settlingTransfers } from './settling-transfers.ts';

/** Payments that one process asks for at the same time. */
export const PLACES = 16;
/** Longer than nearly all calls; of one that takes longer there is a second, which the key makes harmless. */
export const TAKEN_MS = 5_000;
const SETTLE_EVERY_MS = 1_000;
const RETRY_MS_MIN = 1_000;
const RETRY_MS_MAX = 10 * 60_000;

/** What is known of a payment for good. */
export type FinalOutcome =
  | { readonly state: 'succeeded'; readonly providerId: string }
  | { readonly state: 'declined'; readonly providerId: string | null; readonly reason: PaymentReason };

export interface Settlement {
  /** Settles one that is due, and answers whether it did: false where another did, or the attempt is over. */
  settle(due: DueRow, outcome: FinalOutcome): Promise<boolean>;
  /** Something is due now. */
  readonly onDue: () => void;
  readonly job: Job;
  /** Payments that are being asked for. */
  asking(): number;
  /** Waits for them; begins no more. */
  close(): Promise<void>;
}

export interface SettlementDeps {
  readonly sql: SqlStore;
  readonly provider: Pick<PaymentProvider, 'submit' | 'onSettled'>;
  readonly ledger: Pick<Ledger, 'post'>;
  readonly eventLog: Pick<EventLog, 'append'>;
  readonly clock: Clock;
  readonly randomness: Pick<Randomness, 'fraction'>;
  readonly observer: PaymentObserver;
  readonly log: Log;
  /** A rider is to be told. */
  readonly onDeclined: () => void;
}

export function createSettlement(deps: SettlementDeps): Settlement {
  const { sql, provider, ledger, eventLog, clock, randomness, observer, log, onDeclined } = deps;
  const asking = new Set<Promise<void>>();
  let closed = false;
  /** Until then nothing is taken. */
  let restUntilMs = Number.NEGATIVE_INFINITY;
  let onDue = (): void => undefined;
  const inMs = (durationMs: number): Date => new Date(clock.nowMs() + durationMs);

  async function settle(due: DueRow, outcome: FinalOutcome): Promise<boolean> {
    const { payment_id: paymentId, attempt, kind } = due;
    const reason = outcome.state === 'declined' ? outcome.reason : null;
    const noticeDue = kind === 'charge' && reason !== null;
    const wasSettled = await sql.transaction(async (transaction) => {
      const [settled] = await transaction.query(settlePayment, [
        ...([paymentId, attempt, outcome.state, reason, outcome.providerId, inMs(0), noticeDue] as const),
      ]);
      if (settled === undefined) return false;
      await ledger.post(transaction, settlingTransfers(due, outcome.state));
      if (kind === 'charge' && !settled.erased)
        await eventLog.append(transaction, [settledEvent(due, outcome)]);
      if (kind === 'refund' && outcome.state === 'declined') {
        await transaction.query(returnRefund, [due.charge_id ?? 0, due.amount]);
      }
      return true;
    });
    if (wasSettled) {
      observer.settled(kind, outcome.state);
      observer.took(kind, clock.nowMs() - idTimeMs(paymentId));
      if (noticeDue) onDeclined();
    }
    return wasSettled;
  }

  async function postpone({ payment_id: paymentId, attempt, kind, calls }: DueRow, providerId?: string) {
    observer.settled(kind, 'unsettled');
    const delayMs = Math.min(RETRY_MS_MAX, RETRY_MS_MIN * 2 ** Math.min(calls - 1, 20));
    // Spread, so that what failed together does not come again together.
    const dueAt = inMs(delayMs * (0.5 + randomness.fraction() / 2));
    await sql.query(postponePayment, [paymentId, attempt, dueAt, providerId ?? null]);
  }

  async function ask(due: DueRow): Promise<void> {
    const order = orderOf(due);
    if (order === undefined) {
      await settle(due, { state: 'declined', providerId: null, reason: 'no_method' });
      return;
    }
    const outcome = await provider.submit(order).catch((error: unknown) => unanswered(due, order, error));
    if (outcome === undefined) return;
    if (outcome.state === 'pending') await postpone(due, outcome.providerId);
    else if (outcome.state === 'declined') await settle(due, outcome);
    else await settle(due, { state: 'succeeded', providerId: outcome.providerId });
  }

  async function unanswered(due: DueRow, order: PaymentOrder, error: unknown): Promise<undefined> {
    const level = hasCode(error, 'unavailable') || hasCode(error, 'timeout') ? 'warn' : 'error';
    log[level](
      { err: error, order: order.idempotencyKey },
      'a payment stays due: the provider did not answer it',
    );
    const restMs = restMsOf(error);
    if (restMs === undefined) await postpone(due);
    else await putBack(due, restMs);
  }

  /** It was not asked for, so it is none of the calls after which it would wait longer. */
  async function putBack({ payment_id: paymentId, attempt, kind }: DueRow, restMs: number): Promise<void> {
    observer.settled(kind, 'unsettled');
    restUntilMs = Math.max(restUntilMs, clock.monotonicMs() + restMs);
    await sql.query(putBackPayment, [paymentId, attempt, inMs(restMs)]);
  }

  function start(due: DueRow): void {
    const turn = ask(due)
      .catch((error: unknown) => {
        log.warn({ err: error, payment_id: due.payment_id }, 'a payment stays due until it is taken again');
      })
      .finally(() => {
        asking.delete(turn);
        onDue();
      });
    asking.add(turn);
  }

  async function hasten(key: string): Promise<void> {
    const name = parseOrderKey(key);
    if (name === undefined || closed) return;
    const hastened = await sql.query(hastenPayment, [name.paymentId, name.attempt, inMs(0)]);
    if (hastened.length > 0) onDue();
  }

  const stopHearing = provider.onSettled((key) => {
    hasten(key).catch((error: unknown) =>
      log.warn({ err: error }, 'a hint of the payment provider was lost'),
    );
  });

  return {
    settle,
    onDue: () => onDue(),
    asking: () => asking.size,
    job: {
      name: 'settle-payments',
      everyMs: SETTLE_EVERY_MS,
      onStart(wake) {
        onDue = wake;
      },
      async run() {
        const free = PLACES - asking.size;
        if (free <= 0 || closed || clock.monotonicMs() < restUntilMs) return 'done';
        for (const due of await sql.query(takeDue, [inMs(0), inMs(TAKEN_MS), free])) start(due);
        return 'done';
      },
    },
    async close() {
      closed = true;
      stopHearing();
      await Promise.all(asking);
    },
  };
}

/** How long nothing need be asked for. Undefined: the order may have been heard, or nobody said when to come again. */
function restMsOf(error: unknown): number | undefined {
  if (!hasCode(error, 'unavailable') || error.outcome !== 'not_applied') return undefined;
  return error.retryAfterS === undefined ? undefined : Math.min(RETRY_MS_MAX, error.retryAfterS * 1_000);
}

function settledEvent(due: DueRow, outcome: FinalOutcome): NewEvent {
  const { payment_id: paymentId, ride_id: rideId, user_id: userId, currency, amount, cause, attempt } = due;
  const { state } = outcome;
  const reason = outcome.state === 'declined' ? outcome.reason : null;
  assert(rideId !== null && cause !== null, 'a charge is of a ride');
  return chargeSettled({ paymentId, rideId, userId, currency, amount, cause, state, reason, attempt });
}

/** As the provider is to have it, the same each time. Undefined: the rider has no method. */
function orderOf(due: DueRow): PaymentOrder | undefined {
  const { payment_id: paymentId, kind, attempt, amount, currency } = due;
  const order = { idempotencyKey: orderKey({ kind, paymentId, attempt }), kind, amount, currency };
  if (kind === 'payout') {
    return { ...order, source: `driver-${due.user_id}`, reference: `payout ${paymentId}` };
  }
  if (kind === 'charge') {
    return due.token === null ? undefined : { ...order, source: due.token, reference: `ride ${due.ride_id}` };
  }
  const source = orderKey({
    kind: 'charge',
    paymentId: due.charge_id ?? 0,
    attempt: due.charge_attempt ?? 0,
  });
  return { ...order, source, reference: `refund of ${due.charge_id}` };
}
