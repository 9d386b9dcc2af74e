/** Rides, for the riders. */
import { type Static, Type } from 'typebox';
import { idTimestamp, parseId } from '../../../core/ids.ts';
import { callerOf } from '../../../http/auth.ts';
import type { Writes } from '../../../http/idempotency.ts';
import { reference } from '../../../http/openapi.ts';
import type { App } from '../../../http/server.ts';
import { IdText } from '../../../http/user-schema.ts';
import type { SqlSession } from '../../../ports/sql-store/sql-store.ts';
import { RIDE_TYPES } from '../drivers/driver.ts';
import { RIDE_M_MAX, RIDE_REASONS, RIDE_STATUSES, type Ride } from './ride.ts';
import { GIVE_UP_MS, type RideRequests } from './ride-requests.ts';

export interface RideRequestsRoutesDeps {
  readonly requests: RideRequests;
  readonly sql: SqlSession;
  readonly writes: Writes;
}

const Place = (description: string) =>
  Type.Object(
    { lat: Type.Number({ minimum: -90, maximum: 90 }), lng: Type.Number({ minimum: -180, maximum: 180 }) },
    { additionalProperties: false, description },
  );
const Pickup = Place('Where the rider waits, in degrees.');
const Dropoff = Place(`Where the rider goes, at most ${RIDE_M_MAX / 1_000} km away.`);
const RideType = Type.Enum([...RIDE_TYPES]);

export const RideSchema = Type.Object(
  {
    ride_id: IdText,
    status: Type.Enum([...RIDE_STATUSES], {
      description: `requested: a driver is being looked for, for ${GIVE_UP_MS / 60_000} minutes at most. matched: one is on the way. cancelled, unmatched: it has ended.`,
    }),
    reason: Type.Union([Type.Enum([...RIDE_REASONS]), Type.Null()], {
      description:
        'Why it ended. rider: you cancelled it. no_driver: none was found in time. not_accepted: those who were found did not take it.',
    }),
    driver_id: Type.Union([IdText, Type.Null()], { description: 'Who drives; null: nobody yet.' }),
    pickup: Pickup,
    dropoff: Dropoff,
    ride_type: RideType,
    city: Type.String({ description: 'Which dispatches it.' }),
    requested_at: Type.String({ format: 'date-time' }),
    ended_at: Type.Union([Type.String({ format: 'date-time' }), Type.Null()]),
  },
  { $id: 'Ride', title: 'Ride' },
);

export const RIDE_REQUEST_SCHEMAS = [RideSchema] as const;

const tags = ['rides'];
const Params = Type.Object({ ride_id: IdText });

export function rideRequestsRoutes(app: App, { requests, sql, writes }: RideRequestsRoutesDeps): void {
  app.post(
    '/rides',
    {
      config: { access: 'user', problems: [409] },
      schema: {
        tags,
        summary: 'Ask for a ride',
        description: 'A rider has one ride at a time.',
        operationId: 'requestRide',
        body: Type.Object(
          { pickup: Pickup, dropoff: Dropoff, ride_type: RideType },
          { additionalProperties: false },
        ),
        response: { 201: reference(RideSchema) },
      },
    },
    async (request, reply) => {
      const { pickup, dropoff, ride_type: rideType } = request.body;
      const { userId } = callerOf(request);
      return writes.answer(request, reply, 201, async (transaction) =>
        presentRide(await requests.request(transaction, userId, { pickup, dropoff, rideType })),
      );
    },
  );

  app.get(
    '/rides/:ride_id',
    {
      config: { access: 'user' },
      schema: {
        tags,
        summary: 'One of your rides',
        operationId: 'getRide',
        params: Params,
        response: { 200: reference(RideSchema) },
      },
    },
    async (request) => {
      const rideId = parseId(request.params.ride_id, 'ride_id');
      return presentRide(await requests.get(sql, callerOf(request).userId, rideId));
    },
  );

  app.post(
    '/rides/:ride_id/cancel',
    {
      config: { access: 'user', problems: [409] },
      schema: {
        tags,
        summary: 'Cancel your ride',
        operationId: 'cancelRide',
        params: Params,
        response: { 200: reference(RideSchema) },
      },
    },
    async (request, reply) => {
      const rideId = parseId(request.params.ride_id, 'ride_id');
      const { userId } = callerOf(request);
      return writes.answer(request, reply, 200, async (transaction) =>
        presentRide(await requests.cancel(transaction, userId, rideId)),
      );
    },
  );
}

function presentRide(ride: Ride): Static<typeof RideSchema> {
  const { rideId, status, reason, pickup, dropoff, rideType, city, endedAt } = ride;
  return {
    ...{ ride_id: String(rideId), status, reason, pickup, dropoff, ride_type: rideType, city },
    driver_id: ride.driverId === null ? null : String(ride.driverId),
    ...{ requested_at: idTimestamp(rideId), ended_at: endedAt?.toISOString() ?? null },
  };
}
