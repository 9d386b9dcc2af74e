/** What has become of charges, in the event log: topic `payments`, key the rider. Nothing of what they paid with is in it. */
import type { Id } from '../../../core/ids.ts';
import type { LoggedEvent, NewEvent } from '../../../ports/event-log/event-log.ts';
import type { ChargeCause, PaymentReason, PaymentState } from '../payment.ts';

export const PAYMENTS_TOPIC = 'payments';

/** As the rider is told it. */
export interface ChargeNews {
  readonly paymentId: Id;
  readonly rideId: Id;
  readonly userId: Id;
  readonly currency: string;
  readonly amount: number;
  readonly cause: ChargeCause;
  readonly state: PaymentState;
  readonly reason: PaymentReason | null;
  /** The higher is the newer. */
  readonly attempt: number;
}

/** Appended with what it says: `succeeded` or `declined`. */
export function chargeSettled(news: ChargeNews): NewEvent {
  const { userId, state } = news;
  return {
    ...{ topic: PAYMENTS_TOPIC, key: userId, ownerId: userId, kind: state },
    payload: { user_id: String(userId), ...presentNews(news) },
  };
}

export function presentNews({
  paymentId,
  rideId,
  currency,
  amount,
  cause,
  state,
  reason,
  attempt,
}: ChargeNews) {
  return {
    charge_id: String(paymentId),
    ride_id: String(rideId),
    cause,
    currency,
    amount,
    state,
    reason,
    attempt,
  };
}

/** Whom it concerns, and what to tell them. */
export function chargeTold({ payload }: Pick<LoggedEvent, 'payload'>): {
  readonly userId: Id;
  readonly data: Readonly<Record<string, unknown>>;
} {
  const { user_id: userId, ...data } = payload;
  return { userId: Number(userId), data };
}
