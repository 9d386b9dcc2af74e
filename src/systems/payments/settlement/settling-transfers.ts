/** What the end of a payment means in the ledger. Its beginning was posted when it was made. */
import {
  charged,
  payoutPaid,
  payoutReturned,
  refundPaid,
  refundReturned,
  type Transfer,
} from '../ledger/transfer.ts';
import type { DueRow } from './settlement-queries.ts';

export function settlingTransfers(due: DueRow, state: 'succeeded' | 'declined'): Transfer[] {
  const { payment_id: causeId, shard, currency, amount, user_id: userId, kind } = due;
  const of = { causeId, shard, currency, amount };
  const succeeded = state === 'succeeded';
  // Of a charge that is declined nothing moves: the rider owes what they owed.
  if (kind === 'charge') return succeeded ? [charged(of, userId)] : [];
  if (kind === 'refund') return [succeeded ? refundPaid(of, userId) : refundReturned(of, userId)];
  return [succeeded ? payoutPaid(of, userId) : payoutReturned(of, userId)];
}
