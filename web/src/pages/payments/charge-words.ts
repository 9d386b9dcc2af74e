/** How charges and refunds are spoken of. */
import type { Charge, Receipt } from '../../api/types.ts';
import { moneyText } from '../../rides/ride-words.ts';

const REASONS: Readonly<Record<string, string>> = {
  no_method: 'you had named no card',
  insufficient_funds: 'there was not enough on the card',
  card_declined: 'the card was declined',
  method_unknown: 'the card is not known any more',
};

/** Charges take about a second; for one that takes longer the provider is late, or away. */
const LATE_MS = 120_000;

/** What has become of it, in a sentence. */
export function chargeText(charge: Charge, nowMs = Date.now()): string {
  const { state, reason, method, amount, refunded, currency } = charge;
  if (state === 'due') {
    const isLate = nowMs - Date.parse(charge.created_at) > LATE_MS;
    return isLate
      ? 'It waits for the bank, and will be charged once. You need do nothing.'
      : 'It is being charged.';
  }
  if (state === 'declined') return `Not paid: ${REASONS[reason ?? ''] ?? 'the card was declined'}.`;
  const back = refunded === 0 ? '' : ` ${refundedText(amount, refunded, currency)}`;
  return `Paid with ${method ?? 'a card that is forgotten'}.${back}`;
}

function refundedText(amount: number, refunded: number, currency: string): string {
  return refunded === amount
    ? 'All of it was given back.'
    : `${moneyText(refunded, currency)} of it was given back.`;
}

export const REFUND_STATES: Readonly<Record<Receipt['refunds'][number]['state'], string>> = {
  due: 'on its way to you',
  succeeded: 'given back',
  declined: 'could not be given back',
};

export const CAUSES: Readonly<Record<Charge['cause'], string>> = {
  ride: 'Ride',
  cancellation: 'Cancelled too late',
};
