/** What a ride cost, for its rider and its driver. */
import { type Static, Type } from 'typebox';
import { idTimestamp, parseId } from '../../../core/ids.ts';
import { callerOf } from '../../../http/auth.ts';
import { reference } from '../../../http/openapi.ts';
import type { App } from '../../../http/server.ts';
import { IdText } from '../../../http/user-schema.ts';
import type { SqlSession } from '../../../ports/sql-store/sql-store.ts';
import { Amount, ChargeSchema, Currency, presentCharge } from '../money-schema-routes.ts';
import { PAYMENT_STATES, type Payment } from '../payment.ts';
import type { Receipt, Receipts } from './receipts.ts';

const RefundSchema = Type.Object({
  refund_id: IdText,
  currency: Currency,
  amount: Amount('What is given back.'),
  state: Type.Enum([...PAYMENT_STATES], { description: 'due: it is on its way.' }),
  created_at: Type.String({ format: 'date-time' }),
});

export const ReceiptSchema = Type.Object(
  {
    ride: Type.Unsafe<Readonly<Record<string, unknown>>>({
      type: 'object',
      additionalProperties: true,
      description: 'The ride, as GET /rides/{ride_id} shows it to you.',
    }),
    currency: Currency,
    total: Amount(
      'For the rider: what the ride, or its cancellation, costs. For the driver: their part of it.',
    ),
    fare: Type.Union(
      [
        Type.Unsafe<Readonly<Record<string, unknown>>>({ type: 'object', additionalProperties: true }),
        Type.Null(),
      ],
      { description: 'The parts of it, with the surge that they were reckoned with. Null: for the driver.' },
    ),
    charge: Type.Union([reference(ChargeSchema), Type.Null()], {
      description: 'How it was paid. Null: for the driver, whom it does not concern.',
    }),
    refunds: Type.Array(RefundSchema),
  },
  { $id: 'Receipt', title: 'Receipt' },
);

export interface ReceiptsRoutesDeps {
  readonly receipts: Receipts;
  readonly sql: SqlSession;
}

export function receiptsRoutes(app: App, { receipts, sql }: ReceiptsRoutesDeps): void {
  app.get(
    '/rides/:ride_id/receipt',
    {
      config: { access: 'user' },
      schema: {
        tags: ['payments'],
        summary: 'What a ride of yours cost',
        description:
          'For the rider and the driver, within a second of the end of the ride. 404 for a ride that cost nothing, or goes on.',
        operationId: 'getReceipt',
        params: Type.Object({ ride_id: IdText }),
        response: { 200: reference(ReceiptSchema) },
      },
    },
    async (request) => {
      const rideId = parseId(request.params.ride_id, 'ride_id');
      return presentReceipt(await receipts.get(sql, callerOf(request).userId, rideId));
    },
  );
}

function presentReceipt({ side, ride, charge, refunds }: Receipt): Static<typeof ReceiptSchema> {
  const { currency, amount, driverAmount, fare } = charge;
  return side === 'rider'
    ? {
        ride,
        currency,
        total: amount,
        fare,
        charge: presentCharge(charge),
        refunds: refunds.map(presentRefund),
      }
    : { ride, currency, total: driverAmount, fare: null, charge: null, refunds: [] };
}

function presentRefund({ paymentId, currency, amount, state }: Payment): Static<typeof RefundSchema> {
  return { refund_id: String(paymentId), currency, amount, state, created_at: idTimestamp(paymentId) };
}
