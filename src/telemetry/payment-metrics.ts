/** What becomes of payments, and what waits. */
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

type PaymentKind = 'charge' | 'refund' | 'payout';

export interface PaymentMetrics {
  made(kind: PaymentKind, payments: number): void;
  settled(kind: PaymentKind, outcome: 'succeeded' | 'declined' | 'unsettled'): void;
  took(kind: PaymentKind, durationMs: number): void;
  /** Reads at every scrape; a failing reading is left out. */
  watchCounts(counts: () => Promise<WatchedCounts>): void;
}

export interface WatchedCounts {
  readonly due: number;
  readonly oldest_s: number;
  readonly owed: number;
}

/** From a provider that answers at once to one that is away for a day. */
const SETTLED_BUCKETS_S = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60, 600, 3_600, 86_400];

export function createPaymentMetrics(registry: Registry): PaymentMetrics {
  const registers = [registry];
  const made = new Counter({
    name: 'payments_made_total',
    help: 'Payments that were begun, by kind: charge (of a rider), refund, payout (to a driver).',
    labelNames: ['kind'],
    registers,
  });
  const settled = new Counter({
    name: 'payments_settled_total',
    help: 'Answers about payments by kind and outcome: succeeded, declined, unsettled (nothing is known yet; asked again).',
    labelNames: ['kind', 'outcome'],
    registers,
  });
  const took = new Histogram({
    name: 'payment_settle_seconds',
    help: 'Time from the beginning of a payment to its final answer.',
    labelNames: ['kind'],
    buckets: SETTLED_BUCKETS_S,
    registers,
  });
  return {
    made: (kind, payments) => made.inc({ kind }, payments),
    settled: (kind, outcome) => settled.inc({ kind, outcome }),
    took: (kind, durationMs) => took.observe({ kind }, Math.max(durationMs, 0) / 1_000),
    watchCounts(counts) {
      const watch = (name: string, help: string, of: keyof WatchedCounts): Gauge =>
        new Gauge({
          name,
          help,
          registers,
          async collect() {
            const read = await counts().catch(() => undefined);
            if (read !== undefined) this.set(read[of]);
          },
        });
      watch('payments_due', 'Payments of which it is not known yet what becomes of them.', 'due');
      watch('payments_due_oldest_seconds', 'Age of the oldest of them.', 'oldest_s');
      watch('payments_owed', 'Charges that were declined and that riders owe.', 'owed');
    },
  };
}
