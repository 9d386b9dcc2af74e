/** Rides, for the riders; what is told of one, its driver may read too. */
import { Type } from 'typebox';
import { parseId } from '../../../core/ids.ts';
import { callerOf } from '../../../http/auth.ts';
import type { Writes } from '../../../http/idempotency.ts';
import { reference } from '../../../http/openapi.ts';
import { PageQuery, pageOf, pageRequest, pageTokenOf } from '../../../http/paging.ts';
import type { App } from '../../../http/server.ts';
import { IdText } from '../../../http/user-schema.ts';
import type { SqlSession } from '../../../ports/sql-store/sql-store.ts';
import type { Quotes } from '../quotes/quotes.ts';
import { Dropoff, Pickup, RideTypeText } from '../quotes/ride-places-schema.ts';
import type { RideRequests } from './ride-requests.ts';
import { RideParams, RideSchema, type RideView } from './ride-schema-routes.ts';

export interface RideRequestsRoutesDeps {
  readonly requests: RideRequests;
  readonly quotes: Pick<Quotes, 'forRide'>;
  readonly sql: SqlSession;
  readonly writes: Writes;
  readonly view: RideView;
}

const tags = ['rides'];

const HISTORIES = [
  {
    path: '/rides',
    page: 'page',
    operationId: 'listRides',
    summary: 'Your rides, the newest first',
  },
  {
    path: '/drivers/me/rides',
    page: 'pageDriven',
    operationId: 'listDriverRides',
    summary: 'The rides that you drive and have driven, the newest first',
    description: 'Without those that you gave back.',
  },
] as const;

export function rideRequestsRoutes(
  app: App,
  { requests, quotes, sql, writes, view }: RideRequestsRoutesDeps,
): void {
  const { showRide, showRides } = view;
  app.post(
    '/rides',
    {
      config: { access: 'user', problems: [404, 409] },
      schema: {
        tags,
        summary: 'Ask for a ride',
        description:
          'A rider has one ride at a time. It costs what its fare says, which is that of the quote, or what it costs now.',
        operationId: 'requestRide',
        body: Type.Object(
          {
            pickup: Pickup,
            dropoff: Dropoff,
            ride_type: RideTypeText,
            quote_id: Type.Optional(
              Type.String({
                ...IdText,
                description:
                  'A quote of yours for this ride, which then costs that; absent: what it costs now.',
              }),
            ),
          },
          { additionalProperties: false },
        ),
        response: { 201: reference(RideSchema) },
      },
    },
    async (request, reply) => {
      const { pickup, dropoff, ride_type: rideType, quote_id: quoteText } = request.body;
      const { userId } = callerOf(request);
      const quoteId = quoteText === undefined ? undefined : parseId(quoteText, 'quote_id');
      const takeQuote = await quotes.forRide(userId, { pickup, dropoff, rideType, quoteId });
      return writes.answer(request, reply, 201, async (transaction) =>
        showRide(await requests.request(transaction, userId, takeQuote), userId),
      );
    },
  );

  for (const { path, page, ...texts } of HISTORIES) {
    app.get(
      path,
      {
        config: { access: 'user' },
        schema: {
          tags,
          ...texts,
          querystring: PageQuery,
          response: { 200: pageOf(reference(RideSchema)) },
        },
      },
      async (request) => {
        const { userId } = callerOf(request);
        const rides = await requests[page](sql, userId, pageRequest(request.query));
        return {
          items: await showRides(rides.items, userId),
          next_page_token: pageTokenOf(rides.nextBefore),
        };
      },
    );
  }

  app.get(
    '/rides/:ride_id',
    {
      config: { access: 'user' },
      schema: {
        tags,
        summary: 'One of your rides, as a rider or a driver',
        operationId: 'getRide',
        params: RideParams,
        response: { 200: reference(RideSchema) },
      },
    },
    async (request) => {
      const rideId = parseId(request.params.ride_id, 'ride_id');
      const { userId } = callerOf(request);
      return showRide(await requests.get(sql, userId, rideId), userId);
    },
  );
}
