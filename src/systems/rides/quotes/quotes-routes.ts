/** Quotes, for riders. */
import { type Static, Type } from 'typebox';
import { callerOf } from '../../../http/auth.ts';
import { claimOf, type Writes } from '../../../http/idempotency.ts';
import { reference } from '../../../http/openapi.ts';
import type { App } from '../../../http/server.ts';
import { IdText } from '../../../http/user-schema.ts';
import type { Prices } from './prices.ts';
import { QUOTE_MS } from './quote.ts';
import type { Quotes } from './quotes.ts';
import type { QuoteRow } from './quotes-queries.ts';
import { Dropoff, Pickup, RideTypeText } from './ride-places-schema.ts';

export interface QuotesRoutesDeps {
  readonly prices: Prices;
  readonly quotes: Quotes;
  readonly writes: Writes;
}

const Amount = (description: string) => Type.Integer({ minimum: 0, description });

export const FareSchema = Type.Object(
  {
    currency: Type.String({ description: 'ISO 4217.', examples: ['USD'] }),
    total: Amount('The sum of the parts, in whole minor units (cents) of the currency, as all amounts are.'),
    to_driver: Amount('What of it is for the driver.'),
    parts: Type.Object(
      {
        base: Amount('Of every ride.'),
        distance: Amount('By the kilometre.'),
        time: Amount('By the minute.'),
        surge: Amount('What surge adds to the three before.'),
        minimum: Amount('What is missing to the minimum fare.'),
        fees: Amount('On top of all others; never for the driver.'),
      },
      { description: '(base + distance + time) x surge, at least the minimum; and fees.' },
    ),
    cancellation: Type.Object(
      { total: Amount('What it costs instead.'), to_driver: Amount('What of it is for the driver.') },
      { description: 'When the ride is cancelled too late.' },
    ),
    distance_m: Type.Integer({ minimum: 0, description: 'By road, in meters.' }),
    duration_s: Type.Integer({ minimum: 0, description: 'In seconds.' }),
    surge_percent: Type.Integer({ minimum: 100, description: '100: no surge. 150: 1.5 times.' }),
    surge_version: Type.Union([IdText, Type.Null()], {
      description: 'By which the surge was reckoned; null: nothing was known, and there was none.',
    }),
  },
  { $id: 'Fare', title: 'Fare' },
);

export const QuoteSchema = Type.Object(
  {
    quote_id: IdText,
    ride_type: RideTypeText,
    city: Type.String({ description: 'Whose fares and surge these are.' }),
    fare: reference(FareSchema),
    expires_at: Type.String({ format: 'date-time' }),
  },
  { $id: 'RideQuote', title: 'Quote' },
);

export const QUOTE_SCHEMAS = [FareSchema, QuoteSchema] as const;

const minutes = QUOTE_MS / 60_000;

export function quotesRoutes(app: App, { prices, quotes, writes }: QuotesRoutesDeps): void {
  app.post(
    '/rides/quotes',
    {
      config: { access: 'user' },
      schema: {
        tags: ['rides'],
        summary: 'What a ride would cost',
        description: `Ask for the ride within ${minutes} minutes, with the quote_id, and it costs that, whatever happens meanwhile. A quote is good for one ride. Asking twice does no harm, so an \`Idempotency-Key\` is not needed; without one it is faster when many ask.`,
        operationId: 'quoteRide',
        body: Type.Object(
          {
            pickup: Pickup,
            dropoff: Dropoff,
            ride_type: Type.Optional(
              Type.Enum(RideTypeText.enum, { description: 'One type; absent: all that there are.' }),
            ),
          },
          { additionalProperties: false },
        ),
        response: {
          201: Type.Object({
            quotes: Type.Array(reference(QuoteSchema), { description: 'One for each type of ride.' }),
          }),
        },
      },
    },
    async (request, reply) => {
      const { pickup, dropoff, ride_type: rideType } = request.body;
      const { userId } = callerOf(request);
      const made = await prices.of({ pickup, dropoff }, rideType);
      // Without a key nothing else has to be in the same transaction, and many share one.
      if (claimOf(request) === undefined) {
        const rows = await quotes.keepWithOthers(userId, made);
        return reply.code(201).send({ quotes: rows.map(presentQuote) });
      }
      return writes.answer(request, reply, 201, async (transaction) => ({
        quotes: (await quotes.keep(transaction, userId, made)).map(presentQuote),
      }));
    },
  );
}

function presentQuote(row: QuoteRow): Static<typeof QuoteSchema> {
  const { quote_id: quoteId, ride_type: rideType, city, fare, expires_at: expiresAt } = row;
  return {
    ...{ quote_id: String(quoteId), ride_type: rideType, city },
    fare,
    expires_at: expiresAt.toISOString(),
  };
}
