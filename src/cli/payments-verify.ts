import { Command } from 'commander';
import { AppError } from '../core/errors.ts';
import type { VerificationReport } from '../systems/payments/verification/verification.ts';
import { type SettingOptions, withDatabaseOptions } from './config-options.ts';
import { withExamples } from './examples.ts';
import { printJson } from './listing.ts';
import { withExistingProduct } from './open-product.ts';
import { counted } from './quantities.ts';
import { formatTable } from './table.ts';

interface VerifyOptions extends SettingOptions {
  readonly json?: true;
}

export function verifyPaymentsCommand(): Command {
  const command = withDatabaseOptions(new Command('verify'))
    .summary('check that the ledger is right')
    .description(
      'Check that the ledger sums to zero and its balances are the sums of its transfers; that each payment has the transfers that it should; and that every ride that cost something was charged, once, and no other.',
    )
    .option('--json', 'for programs')
    .addHelpText('after', '\nThe exit code is 0 if all is right, and 1 if something is not.')
    .action(verify);
  return withExamples(command, 'groundswell payments verify');
}

async function verify({ json, ...options }: VerifyOptions): Promise<void> {
  const report = await withExistingProduct(options, 'groundswell payments', ({ product }) =>
    product.payments.verification.verify(),
  );
  if (json) printJson(report);
  else print(report);
  if (report.faults.length > 0)
    throw new AppError('conflict', `${counted(report.faults.length, 'fault')} found.`);
}

function print({ transfers, charges, rides, faults, nets }: VerificationReport): void {
  if (faults.length > 0) {
    console.log(
      `${formatTable(
        ['FAULT', 'WHERE'],
        faults.map(({ kind, detail }) => [kind, detail]),
      )}\n`,
    );
  }
  const net = nets.map(({ currency, amount }) => `${amount} ${currency}`).join(', ') || '0';
  console.log(
    `Checked ${counted(transfers, 'transfer')}, ${counted(charges, 'charge')} and ${counted(rides, 'ride')} that cost something; the ledger sums to ${net}.`,
  );
}
