import { Command } from 'commander';
import { parseId } from '../core/ids.ts';
import { AMOUNT_MAX } from '../ports/payment-provider/payment-provider.ts';
import { formatMoney } from '../systems/payments/payment.ts';
import { type SettingOptions, withDatabaseOptions } from './config-options.ts';
import { withExamples } from './examples.ts';
import { withExistingProduct } from './open-product.ts';
import { wholeNumber } from './option-values.ts';

interface RefundOptions extends SettingOptions {
  readonly amount?: number;
}

export function refundCommand(): Command {
  const command = withDatabaseOptions(new Command('refund'))
    .summary('give back a charge, or some of it')
    .description(
      'Give back a charge, or some of it. The platform bears it: the driver keeps what they earned. It is in the audit log, and on its way when a worker runs.',
    )
    .argument('<charge_id>', 'as `payments list` and the rider see it')
    .option('--amount <number>', 'in minor units (all that is left)', wholeNumber(1, AMOUNT_MAX))
    .action(refund);
  return withExamples(
    command,
    'groundswell payments refund 1540000000000000',
    'groundswell payments refund 1540000000000000 --amount 500',
  );
}

async function refund(chargeText: string, { amount, ...options }: RefundOptions): Promise<void> {
  const chargeId = parseId(chargeText, 'charge_id');
  const made = await withExistingProduct(options, 'groundswell payments', ({ product }) =>
    product.payments.refunds.refund(chargeId, amount),
  );
  console.log(`${formatMoney(made)} are on their way back: refund ${made.paymentId}.`);
}
