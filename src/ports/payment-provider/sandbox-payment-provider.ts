/**
 * The provider that moves no money: for development, demonstrations and tests. It keeps books of its own, in tables and
 * transactions that nobody else writes, and treats people as their tokens say (`sandbox-conduct.ts`): it declines, answers
 * late, twice or not at all.
 */
import type { Clock } from '../../core/clock.ts';
import { AppError, invalidField } from '../../core/errors.ts';
import type { SqlStore, SqlTransaction } from '../sql-store/sql-store.ts';
import { checkKeys, checkLimit, checkOrder } from './payment-order.ts';
import type {
  DeclineReason,
  OrderOutcome,
  PaymentOrder,
  PaymentProvider,
  ProviderRecord,
} from './payment-provider.ts';
import { CONDUCT_NAMES, type Conduct, conductNameOf, conductOf } from './sandbox-conduct.ts';
import {
  countCall,
  decide,
  findPayments,
  lockCharge,
  pagePayments,
  type SandboxRow,
  sumRefunds,
} from './sandbox-payments-queries.ts';

/** How long a caller waits for an answer that never arrives: short, for whoever runs tests. */
const LOST_AFTER_MS = 50;

export interface SandboxPaymentProviderOptions {
  /** With connections of its own. */
  readonly sql: SqlStore;
  readonly clock: Clock;
}

export function createSandboxPaymentProvider({ sql, clock }: SandboxPaymentProviderOptions): PaymentProvider {
  const listeners = new Set<(idempotencyKey: string) => void>();
  const timers = new Set<NodeJS.Timeout>();

  function hint(key: string, { hints, settlesAfterMs }: Conduct): void {
    for (let count = 0; count < hints; count += 1) {
      const timer = setTimeout(() => {
        timers.delete(timer);
        for (const listener of listeners) listener(key);
      }, settlesAfterMs);
      timers.add(timer.unref());
    }
  }

  async function lost(): Promise<never> {
    await clock.sleep(LOST_AFTER_MS);
    throw new AppError('timeout', 'The payment provider did not answer in time.');
  }

  /** Decides about the order, if that was not done before. */
  async function accept(row: SandboxRow, conduct: Conduct): Promise<SandboxRow> {
    if (row.outcome !== null) return row;
    const settlesAt = conduct.settlesAfterMs === 0 ? null : new Date(clock.nowMs() + conduct.settlesAfterMs);
    const decided = await sql.transaction(async (transaction) => {
      const decline = conduct.decline ?? (await unrefundable(transaction, row));
      const outcome = decline === undefined ? 'succeeded' : 'declined';
      return transaction.query(decide, [row.payment_number, outcome, decline ?? null, settlesAt]);
    });
    hint(row.idempotency_key, conduct);
    return decided[0] ?? row;
  }

  return {
    async describeMethod(token) {
      const name = conductNameOf(token);
      if (name === undefined) {
        throw invalidField('token', `must be one of the sandbox: sandbox_ and ${CONDUCT_NAMES.join(', ')}.`);
      }
      return `Sandbox card (${name})`;
    },

    async submit(order) {
      checkOrder(order);
      const { idempotencyKey, kind, source, reference, currency, amount } = order;
      const [row] = await sql.query(countCall, [idempotencyKey, kind, source, reference, currency, amount]);
      if (row === undefined || !isSameOrder(row, order)) throw keyReused();
      const conduct = conductFor(order);
      const mishap = conduct.mishaps[row.calls - 1];
      if (mishap === 'refused') throw unavailable();
      if (mishap === 'call_lost') return lost();
      const accepted = await accept(row, conduct);
      if (mishap === 'answer_lost') return lost();
      return outcomeOf(accepted, clock.nowMs());
    },

    async find(keys) {
      checkKeys(keys);
      const rows = await sql.query(findPayments, [keys]);
      return new Map(rows.map((row) => [row.idempotency_key, recordOf(row, clock.nowMs())]));
    },

    async pageRecords(after, limit) {
      checkLimit(limit);
      return (await sql.query(pagePayments, [after, limit])).map((row) => recordOf(row, clock.nowMs()));
    },

    onSettled(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },

    ping: () => sql.ping(),

    async close() {
      for (const timer of timers) clearTimeout(timer);
      timers.clear();
      listeners.clear();
    },
  };
}

const DECLINED: Conduct = { mishaps: [], decline: 'method_unknown', settlesAfterMs: 0, hints: 0 };
const FINE: Conduct = { ...DECLINED, decline: undefined };

/** Refunds and payouts have no token, and go well. */
function conductFor({ kind, source, idempotencyKey }: PaymentOrder): Conduct {
  return kind === 'charge' ? (conductOf(source, idempotencyKey) ?? DECLINED) : FINE;
}

/** Why the order cannot be done, if it is a refund. */
async function unrefundable(
  transaction: SqlTransaction,
  { kind, source, currency, amount }: SandboxRow,
): Promise<DeclineReason | undefined> {
  if (kind !== 'refund') return undefined;
  const [charge] = await transaction.query(lockCharge, [source, currency]);
  const [sum] = await transaction.query(sumRefunds, [source]);
  const left = (charge?.amount ?? 0) - (sum?.refunded ?? 0);
  return amount <= left ? undefined : 'charge_not_refundable';
}

function isSameOrder(row: SandboxRow, order: PaymentOrder): boolean {
  const { kind, source, reference, currency, amount } = row;
  return (
    kind === order.kind &&
    source === order.source &&
    reference === order.reference &&
    currency === order.currency &&
    amount === order.amount
  );
}

function outcomeOf(row: SandboxRow, nowMs: number): OrderOutcome {
  const providerId = `sandbox-${row.payment_number}`;
  if (row.settles_at !== null && row.settles_at.getTime() > nowMs) return { state: 'pending', providerId };
  if (row.outcome === 'declined') {
    return { state: 'declined', providerId, reason: row.reason ?? 'card_declined' };
  }
  return { state: 'succeeded', providerId };
}

function recordOf(row: SandboxRow, nowMs: number): ProviderRecord {
  const { payment_number: number, idempotency_key: idempotencyKey } = row;
  const { kind, source, reference, currency, amount } = row;
  return {
    number,
    idempotencyKey,
    kind,
    source,
    reference,
    currency,
    amount,
    outcome: outcomeOf(row, nowMs),
  };
}

function keyReused(): AppError {
  return invalidField('idempotencyKey', 'was used for another order.');
}

function unavailable(): AppError {
  return new AppError('unavailable', 'The payment provider takes no orders right now.', {
    outcome: 'not_applied',
    retryAfterS: 1,
  });
}
