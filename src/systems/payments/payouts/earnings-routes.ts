/** What a driver has earned. */
import { type Static, Type } from 'typebox';
import { idTimestamp } from '../../../core/ids.ts';
import { callerOf } from '../../../http/auth.ts';
import { reference } from '../../../http/openapi.ts';
import { PageQuery, pageOf, pageRequest, presentPage } from '../../../http/paging.ts';
import type { App } from '../../../http/server.ts';
import { IdText } from '../../../http/user-schema.ts';
import type { SqlSession } from '../../../ports/sql-store/sql-store.ts';
import { Amount, Currency } from '../money-schema-routes.ts';
import { CHARGE_CAUSES } from '../payment.ts';
import type { Earning, Earnings, EarningsSum } from './earnings.ts';

const EarningsSumSchema = Type.Object({
  currency: Currency,
  earned: Amount('In all: payable, in_transit and paid together.'),
  payable: Amount('Waits for the next payout.'),
  in_transit: Amount('On its way to you.'),
  paid: Amount('Paid out.'),
});

const EarningSchema = Type.Object({
  ride_id: IdText,
  cause: Type.Enum([...CHARGE_CAUSES], {
    description: 'cancellation: a fee for a ride that was cancelled too late.',
  }),
  currency: Currency,
  amount: Amount('Your part of what the rider is charged.'),
  earned_at: Type.String({ format: 'date-time' }),
});

export const EarningsSchema = Type.Object(
  {
    sums: Type.Array(EarningsSumSchema, { description: 'One for each currency.' }),
    ...pageOf(EarningSchema).properties,
  },
  { $id: 'Earnings', title: 'Earnings' },
);

export interface EarningsRoutesDeps {
  readonly earnings: Earnings;
  readonly sql: SqlSession;
}

export function earningsRoutes(app: App, { earnings, sql }: EarningsRoutesDeps): void {
  app.get(
    '/drivers/me/earnings',
    {
      config: { access: 'user' },
      schema: {
        tags: ['payments'],
        summary: 'What you have earned by driving',
        description:
          'Ride by ride, the newest first. It is yours from the end of the ride on, whether or not the rider has paid.',
        operationId: 'getEarnings',
        querystring: PageQuery,
        response: { 200: reference(EarningsSchema) },
      },
    },
    async (request) => {
      const { userId } = callerOf(request);
      const page = await earnings.page(sql, userId, pageRequest(request.query));
      const sums = await earnings.sums(sql, userId);
      return { sums: sums.map(presentSum), ...presentPage(page, presentEarning) };
    },
  );
}

function presentSum({ inTransit, ...rest }: EarningsSum): Static<typeof EarningsSumSchema> {
  return { ...rest, in_transit: inTransit };
}

function presentEarning({
  paymentId,
  rideId,
  cause,
  currency,
  amount,
}: Earning): Static<typeof EarningSchema> {
  return { ride_id: String(rideId), cause, currency, amount, earned_at: idTimestamp(paymentId) };
}
