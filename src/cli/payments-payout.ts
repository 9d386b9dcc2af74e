import { Command } from 'commander';
import { AMOUNT_MAX } from '../ports/payment-provider/payment-provider.ts';
import { formatMoney } from '../systems/payments/payment.ts';
import { PAYOUT_MIN, PAYOUTS_MAX } from '../systems/payments/payouts/payouts.ts';
import type { PayableRow } from '../systems/payments/payouts/payouts-queries.ts';
import { type SettingOptions, withDatabaseOptions } from './config-options.ts';
import { withExamples } from './examples.ts';
import { withExistingProduct } from './open-product.ts';
import { wholeNumber } from './option-values.ts';
import { counted } from './quantities.ts';
import { formatTable } from './table.ts';

interface PayoutOptions extends SettingOptions {
  readonly minimum: number;
}

export function payoutCommand(): Command {
  const command = withDatabaseOptions(new Command('payout'))
    .summary('pay drivers now')
    .description(
      'Pay drivers what they have earned, now instead of at the next full hour. It is on its way when a worker runs.',
    )
    .option('--minimum <number>', 'owed, in minor units', wholeNumber(1, AMOUNT_MAX), PAYOUT_MIN)
    .action(payOut);
  return withExamples(command, 'groundswell payments payout', 'groundswell payments payout --minimum 1');
}

async function payOut({ minimum, ...options }: PayoutOptions): Promise<void> {
  const begun = await withExistingProduct(options, 'groundswell payments', async ({ product }) => {
    const all: PayableRow[] = [];
    for (;;) {
      const some = await product.payments.payouts.begin(minimum);
      all.push(...some);
      if (some.length < PAYOUTS_MAX) return all;
    }
  });
  if (begun.length === 0) {
    console.error('Nobody is owed that much.');
    return;
  }
  const rows = begun.map((row) => [String(row.driver_id), formatMoney(row)]);
  console.log(`${formatTable(['DRIVER', 'AMOUNT'], rows)}\n\n${counted(begun.length, 'payout')} on the way.`);
}
