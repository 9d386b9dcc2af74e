/** How charges and refunds are spoken of. */
import type { Charge, Receipt } from '../../api/types.ts';
import { moneyText } from '../../rides/ride-words.ts';

const REASONS: Readonly<Record<string, string>> = {
  no_method: 'you had named no card',
  insufficient_funds: 'there was not enough on the card',
  card_declined: 'the card was declined',
  method_unknown: 'the card is not known any more',
};

/** What has become of it, in a sentence. */
export function chargeText({ state, reason, method, amount, refunded, currency }: Charge): string {
  if (state === 'due') return 'It is being charged.';
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
