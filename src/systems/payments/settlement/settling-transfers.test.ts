import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { payoutStarted, refundGranted, type Transfer } from '../ledger/transfer.ts';
import type { PaymentKind } from '../payment.ts';
import type { DueRow } from './settlement-queries.ts';
import { settlingTransfers } from './settling-transfers.ts';

const USER = 1_500_000_000_000_001;
const OF = { causeId: 1_500_000_000_000_000, shard: 7, currency: 'USD', amount: 500 };

function due(kind: PaymentKind): DueRow {
  return {
    ...{ payment_id: OF.causeId, shard: OF.shard, kind, user_id: USER, currency: 'USD', amount: OF.amount },
    ...{
      attempt: 1,
      calls: 1,
      token: null,
      method: null,
      ride_id: null,
      cause: null,
      charge_id: null,
      charge_attempt: null,
    },
  };
}

/** What each account has in the end, on the debit side. */
function nets(transfers: readonly Transfer[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const { debit, credit, amount } of transfers) {
    sums[debit.kind] = (sums[debit.kind] ?? 0) + amount;
    sums[credit.kind] = (sums[credit.kind] ?? 0) - amount;
  }
  return Object.fromEntries(Object.entries(sums).filter(([, net]) => net !== 0));
}

describe('the end of a payment, in the ledger', () => {
  it('of a charge moves what the rider owes to the provider, or nothing', () => {
    assert.deepEqual(nets(settlingTransfers(due('charge'), 'succeeded')), {
      provider_clearing: 500,
      rider_receivable: -500,
    });
    assert.deepEqual(settlingTransfers(due('charge'), 'declined'), []);
  });

  it('of a refund is borne by the platform, or leaves everything as it was', () => {
    const granted = refundGranted(OF, USER);
    assert.deepEqual(nets([granted, ...settlingTransfers(due('refund'), 'succeeded')]), {
      platform_refunds: 500,
      provider_clearing: -500,
    });
    assert.deepEqual(nets([granted, ...settlingTransfers(due('refund'), 'declined')]), {});
  });

  it('of a payout is what the driver is owed no more, or leaves everything as it was', () => {
    const started = payoutStarted(OF, USER);
    assert.deepEqual(nets([started, ...settlingTransfers(due('payout'), 'succeeded')]), {
      driver_payable: 500,
      provider_clearing: -500,
    });
    assert.deepEqual(nets([started, ...settlingTransfers(due('payout'), 'declined')]), {});
  });
});
