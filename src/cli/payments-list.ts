import { Command, Option } from 'commander';
import { ID_MAX, idTimeMs, idTimestamp, parseId } from '../core/ids.ts';
import { formatMoney, PAYMENT_STATES, type Payment, type PaymentState } from '../systems/payments/payment.ts';
import { withDatabaseOptions } from './config-options.ts';
import { withExamples } from './examples.ts';
import { type ListOptions, printListing, withListOptions } from './listing.ts';
import { withExistingProduct } from './open-product.ts';
import { formatTime } from './table.ts';

interface PaymentListOptions extends ListOptions {
  readonly state?: PaymentState;
}

export function listCommand(): Command {
  const command = withListOptions(withDatabaseOptions(new Command('list')))
    .summary('list charges, refunds and payouts')
    .description('List charges, refunds and payouts, the newest first.')
    .addOption(new Option('--state <state>', 'only those').choices(PAYMENT_STATES))
    .action(listPayments);
  return withExamples(command, 'groundswell payments list --state declined');
}

async function listPayments(options: PaymentListOptions): Promise<void> {
  const { limit, pageToken, state } = options;
  const before = pageToken === undefined ? ID_MAX : parseId(pageToken, '--page-token');
  const page = await withExistingProduct(options, 'groundswell payments', ({ product, ports }) =>
    product.payments.list.page(ports.sql, { before, limit }, state),
  );
  printListing(
    {
      items: page.items,
      nextPageToken: page.nextBefore === undefined ? undefined : String(page.nextBefore),
      present,
      titles: ['PAYMENT', 'KIND', 'OF', 'AMOUNT', 'STATE', 'WHY', 'SINCE (UTC)'],
      row: (payment) => [
        String(payment.paymentId),
        payment.kind,
        String(payment.userId),
        formatMoney(payment),
        payment.state,
        payment.reason ?? '-',
        formatTime(new Date(idTimeMs(payment.paymentId))),
      ],
      noun: 'payments',
    },
    options,
  );
}

function present({ paymentId, kind, userId, currency, amount, state, reason, attempt }: Payment): object {
  return {
    payment_id: String(paymentId),
    ...{ kind, user_id: String(userId), currency, amount, state, reason, attempt },
    created_at: idTimestamp(paymentId),
  };
}
