/** How money and payments look in the API. */
import { type Static, Type } from 'typebox';
import { idTimestamp } from '../../core/ids.ts';
import { IdText } from '../../http/user-schema.ts';
import { CHARGE_CAUSES, type Charge, PAYMENT_STATES } from './payment.ts';

export const Currency = Type.String({ description: 'ISO 4217.', examples: ['USD'] });
export const Amount = (description: string) =>
  Type.Integer({ description: `${description} In minor units, such as cents.`, examples: [1840] });

export const ChargeSchema = Type.Object(
  {
    charge_id: IdText,
    ride_id: IdText,
    cause: Type.Enum([...CHARGE_CAUSES], {
      description: 'cancellation: the fee of a ride that was cancelled too late.',
    }),
    currency: Currency,
    amount: Amount('What you are charged.'),
    refunded: Amount('What of it was, or is being, given back.'),
    state: Type.Enum([...PAYMENT_STATES], {
      description:
        'due: it is being charged. declined: you owe it; name another method with PUT /payments/method.',
    }),
    reason: Type.Union([Type.String(), Type.Null()], {
      description: 'Why it was declined, such as insufficient_funds, or no_method: you have named none.',
    }),
    method: Type.Union([Type.String(), Type.Null()], { description: 'What it was charged to.' }),
    created_at: Type.String({ format: 'date-time' }),
    settled_at: Type.Union([Type.String({ format: 'date-time' }), Type.Null()]),
  },
  { $id: 'Charge', title: 'Charge' },
);

export function presentCharge(charge: Charge): Static<typeof ChargeSchema> {
  const { paymentId, rideId, cause, currency, amount, refunded, state, reason, method, settledAt } = charge;
  return {
    ...{ charge_id: String(paymentId), ride_id: String(rideId), cause, currency, amount, refunded, state },
    ...{ reason, method, created_at: idTimestamp(paymentId) },
    settled_at: settledAt?.toISOString() ?? null,
  };
}
