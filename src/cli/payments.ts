/** `groundswell payments`: money, for whoever has the command line of the server. */
import { Command } from 'commander';
import { withExamples } from './examples.ts';
import { listCommand } from './payments-list.ts';
import { payoutCommand } from './payments-payout.ts';
import { reconcileCommand } from './payments-reconcile.ts';
import { refundCommand } from './payments-refund.ts';
import { verifyPaymentsCommand } from './payments-verify.ts';

export function paymentsCommand(): Command {
  const payments = new Command('payments');
  for (const command of [
    listCommand(),
    refundCommand(),
    payoutCommand(),
    reconcileCommand(),
    verifyPaymentsCommand(),
  ]) {
    payments.addCommand(command);
  }
  return withExamples(payments, 'groundswell payments verify', 'groundswell payments reconcile');
}
