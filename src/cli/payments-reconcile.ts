import { Command } from 'commander';
import { AppError } from '../core/errors.ts';
import { formatMoney } from '../systems/payments/payment.ts';
import { DIFFERENCES, type Difference } from '../systems/payments/reconciliation/difference.ts';
import type { ReconciliationReport } from '../systems/payments/reconciliation/reconciliation.ts';
import { type SettingOptions, withDatabaseOptions } from './config-options.ts';
import { withExamples } from './examples.ts';
import { printJson } from './listing.ts';
import { withExistingProduct } from './open-product.ts';
import { counted } from './quantities.ts';
import { formatTable } from './table.ts';

interface ReconcileOptions extends SettingOptions {
  readonly dryRun?: true;
  readonly json?: true;
}

export function reconcileCommand(): Command {
  const command = withDatabaseOptions(new Command('reconcile'))
    .summary('compare the ledger with the payment provider')
    .description(
      'Compare every payment with what the provider has of it, both ways, while everything goes on. What the provider knows for good and we do not yet is written down.',
    )
    .option('--dry-run', 'only look')
    .option('--json', 'for programs')
    .addHelpText('after', '\nThe exit code is 0 if nothing differs any more, and 1 if something does.')
    .action(reconcile);
  return withExamples(command, 'groundswell payments reconcile --dry-run');
}

async function reconcile({ dryRun, json, ...options }: ReconcileOptions): Promise<void> {
  const report = await withExistingProduct(options, 'groundswell payments', ({ product }) =>
    product.payments.reconciliation.reconcile({ mend: dryRun !== true }),
  );
  if (json) printJson(present(report));
  else print(report);
  const left = report.differenceCount - report.mendedCount;
  if (left > 0) throw new AppError('conflict', `${counted(left, 'difference')} left.`);
}

function print({
  orders,
  payments,
  differences,
  differenceCount,
  mendedCount,
  totals,
}: ReconciliationReport): void {
  if (differences.length > 0) {
    const rows = differences.map(({ kind, key, detail, mended }) => [key, kind, detail, mended ? 'yes' : '']);
    console.log(`${formatTable(['ORDER', 'KIND', 'WHAT', 'MENDED'], rows)}\n`);
    for (const kind of new Set(differences.map((difference) => difference.kind))) {
      console.log(`${kind}: ${DIFFERENCES[kind]}`);
    }
    console.log('');
  }
  for (const { currency, charged, refunded, paidOut } of totals) {
    const [inflow, back, out] = [charged, refunded, paidOut].map((amount) =>
      formatMoney({ amount, currency }),
    );
    console.log(`The provider has charged ${inflow}, given back ${back} and paid out ${out}.`);
  }
  const found = differenceCount === 0 ? 'no differences' : counted(differenceCount, 'difference');
  const mended = mendedCount === 0 ? '' : `, ${mendedCount} mended`;
  console.log(
    `Compared ${counted(orders, 'order')} of the provider and ${counted(payments, 'payment')}: ${found}${mended}.`,
  );
}

function present(report: ReconciliationReport): object {
  const { orders, payments, differences, differenceCount, mendedCount, totals } = report;
  return {
    ...{ orders, payments, difference_count: differenceCount, mended_count: mendedCount },
    differences: differences.map(presentDifference),
    totals: totals.map(({ currency, charged, refunded, paidOut }) => ({
      ...{ currency, charged, refunded, paid_out: paidOut },
    })),
  };
}

function presentDifference({ kind, key, paymentId, detail, mended }: Difference): object {
  return { kind, key, payment_id: paymentId === undefined ? null : String(paymentId), detail, mended };
}
