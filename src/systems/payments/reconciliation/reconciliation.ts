/**
 * Compares what we have written down with what the provider has, order by order and both ways, while everything goes on. Each
 * side is read in the order in which the other cannot be behind it, so a payment that is under way is no difference.
 */
import type { Id } from '../../../core/ids.ts';
import {
  FIND_MAX,
  type PaymentProvider,
  type ProviderRecord,
  RECORDS_PAGE_MAX,
} from '../../../ports/payment-provider/payment-provider.ts';
import type { SqlStore } from '../../../ports/sql-store/sql-store.ts';
import { formatMoney, orderKey, parseOrderKey } from '../payment.ts';
import type { FinalOutcome, Settlement } from '../settlement/settlement.ts';
import { getDue } from '../settlement/settlement-queries.ts';
import { comparePayment, type Difference } from './difference.ts';
import { getPaymentsToCompare, type PaymentToCompare, pageSucceeded } from './reconciliation-queries.ts';
import { createTotals, type Total } from './totals.ts';

/** Differences that are named; all are counted. */
export const DIFFERENCES_MAX = 1_000;

export interface ReconciliationReport {
  /** Orders of the provider that were looked at, and payments of ours that had succeeded. */
  readonly orders: number;
  readonly payments: number;
  readonly differences: readonly Difference[];
  readonly differenceCount: number;
  /** Of those, how many are none any more. */
  readonly mendedCount: number;
  /** What has moved by the provider's books, by currency. */
  readonly totals: readonly Total[];
}

export interface ReconciliationOptions {
  /** By default what is safe is mended: what the provider knows for good, and we do not yet, is written down. */
  readonly mend: boolean;
}

export interface Reconciliation {
  reconcile(options: ReconciliationOptions): Promise<ReconciliationReport>;
}

export interface ReconciliationDeps {
  readonly sql: SqlStore;
  readonly provider: Pick<PaymentProvider, 'find' | 'pageRecords'>;
  readonly settlement: Pick<Settlement, 'settle'>;
}

export function createReconciliation({ sql, provider, settlement }: ReconciliationDeps): Reconciliation {
  async function mend(record: ProviderRecord, paymentId: Id): Promise<boolean> {
    const outcome = finalOutcomeOf(record);
    const [due] = outcome === undefined ? [] : await sql.query(getDue, [[paymentId]]);
    return due !== undefined && outcome !== undefined && settlement.settle(due, outcome);
  }

  async function paymentsOf(records: readonly ProviderRecord[]): Promise<Map<Id, PaymentToCompare>> {
    const names = records.map(({ idempotencyKey }) => parseOrderKey(idempotencyKey));
    const paymentIds = names.flatMap((name) => name?.paymentId ?? []);
    const rows = await sql.query(getPaymentsToCompare, [paymentIds]);
    return new Map(rows.map((row) => [row.payment_id, row]));
  }

  /** What the provider has, and whether we have it. */
  async function* ofProvider(
    totals: ReturnType<typeof createTotals>,
    mends: boolean,
  ): AsyncGenerator<Difference> {
    for (let after = 0; ; ) {
      const records = await provider.pageRecords(after, RECORDS_PAGE_MAX);
      const payments = await paymentsOf(records);
      for (const record of records) {
        totals.add(record);
        const name = parseOrderKey(record.idempotencyKey);
        const difference = comparePayment(record, name, name && payments.get(name.paymentId));
        if (difference === undefined) continue;
        const isMended =
          mends && difference.kind === 'unsettled' && (await mend(record, name?.paymentId ?? 0));
        yield { ...difference, mended: isMended };
      }
      if (records.length < RECORDS_PAGE_MAX) return;
      after = records.at(-1)?.number ?? after;
    }
  }

  /** What we say has moved, and whether the provider has it. */
  async function* ofOurs(count: (payments: number) => void): AsyncGenerator<Difference> {
    for (let after = 0; ; ) {
      const rows = await sql.query(pageSucceeded, [after, FIND_MAX]);
      count(rows.length);
      const known = await provider.find(rows.map(keyOf));
      for (const row of rows) {
        if (known.has(keyOf(row))) continue;
        const detail = `We have it as succeeded (${formatMoney(row)}); the provider knows nothing of it.`;
        yield {
          kind: 'missing_at_provider',
          key: keyOf(row),
          paymentId: row.payment_id,
          detail,
          mended: false,
        };
      }
      if (rows.length < FIND_MAX) return;
      after = rows.at(-1)?.payment_id ?? after;
    }
  }

  return {
    async reconcile({ mend: mends }) {
      const totals = createTotals();
      const differences: Difference[] = [];
      let payments = 0;
      let differenceCount = 0;
      let mendedCount = 0;
      const note = (difference: Difference): void => {
        differenceCount += 1;
        if (difference.mended) mendedCount += 1;
        if (differences.length < DIFFERENCES_MAX) differences.push(difference);
      };
      for await (const difference of ofProvider(totals, mends)) note(difference);
      const count = (more: number): void => {
        payments += more;
      };
      for await (const difference of ofOurs(count)) note(difference);
      return {
        orders: totals.orders(),
        payments,
        differences,
        differenceCount,
        mendedCount,
        totals: totals.all(),
      };
    },
  };
}

function keyOf({ kind, payment_id: paymentId, attempt }: PaymentToCompare): string {
  return orderKey({ kind, paymentId, attempt });
}

function finalOutcomeOf({ outcome }: ProviderRecord): FinalOutcome | undefined {
  if (outcome.state === 'pending') return undefined;
  return outcome.state === 'declined' ? outcome : { state: 'succeeded', providerId: outcome.providerId };
}
