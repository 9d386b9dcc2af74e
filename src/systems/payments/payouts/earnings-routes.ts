/** What a driver has earned. */
import { type Static, type TInteger, Type } from 'typebox';
import { idTimestamp } from '../../../core/ids.ts';
import { callerOf } from '../../../http/auth.ts';
import { reference } from '../../../http/openapi.ts';
import { PageQuery, pageOf, pageRequest, presentPage } from '../../../http/paging.ts';
import type { App } from '../../../http/server.ts';
import { IdText } from '../../../http/user-schema.ts';
import type { SqlSession } from '../../../ports/sql-store/sql-store.ts';
import { Amount, Currency } from '../money-schema-routes.ts';
import { CHARGE_CAUSES } from '../payment.ts';
import {
  DAYS_AGO_MAX,
  DAYS_MAX,
  type EarningDay,
  type EarningDays,
  OFFSET_MINUTES_MAX,
} from './earning-days.ts';
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

const EarningDaySchema = Type.Object({
  date: Type.String({ format: 'date' }),
  sums: Type.Array(
    Type.Object({
      currency: Currency,
      rides: Type.Integer({ minimum: 0, description: 'Rides of which something is yours.' }),
      earned: Amount('By them.'),
      paid_out: Amount('What went out to you on that day.'),
    }),
    { description: 'One for each currency; none: nothing happened.' },
  ),
});

export const EarningDaysSchema = Type.Object(
  { days: Type.Array(EarningDaySchema, { description: 'The last first.' }) },
  { $id: 'EarningDays', title: 'EarningDays' },
);

export interface EarningsRoutesDeps {
  readonly earnings: Earnings;
  readonly earningDays: EarningDays;
  readonly sql: SqlSession;
}

export function earningsRoutes(app: App, { earnings, earningDays, sql }: EarningsRoutesDeps): void {
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

  app.get(
    '/drivers/me/earnings/days',
    {
      config: { access: 'user' },
      schema: {
        tags: ['payments'],
        summary: 'What you have earned and were paid, day by day',
        description: 'Every day, also those without a ride.',
        operationId: 'getEarningDays',
        querystring: DaysQuery,
        response: { 200: reference(EarningDaysSchema) },
      },
    },
    async (request) => {
      const { days, days_ago: daysAgo, utc_offset_minutes: offsetMinutes } = request.query;
      const { userId } = callerOf(request);
      const found = await earningDays.of(sql, userId, { days, daysAgo, offsetMinutes });
      return { days: found.map(presentDay) };
    },
  );
}

/** Optional for clients: what is absent is there by its default once it is validated. */
const whole = (minimum: number, maximum: number, byDefault: number, description: string): TInteger =>
  Type.Optional(Type.Integer({ minimum, maximum, default: byDefault, description }));

const DaysQuery = Type.Object(
  {
    days: whole(1, DAYS_MAX, 7, 'How many.'),
    days_ago: whole(0, DAYS_AGO_MAX, 0, 'How long ago the last of them is; 0: today.'),
    utc_offset_minutes: whole(
      -OFFSET_MINUTES_MAX,
      OFFSET_MINUTES_MAX,
      0,
      'How far your clock is ahead of UTC: by it days begin.',
    ),
  },
  { additionalProperties: false },
);

function presentDay({ date, sums }: EarningDay): Static<typeof EarningDaySchema> {
  return { date, sums: sums.map(({ paidOut, ...rest }) => ({ ...rest, paid_out: paidOut })) };
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
