/** Rides, for the riders; what is told of one, its driver may read too. */
import { Type } from 'typebox';
import { parseId } from '../../../core/ids.ts';
import { callerOf } from '../../../http/auth.ts';
import type { Writes } from '../../../http/idempotency.ts';
import { reference } from '../../../http/openapi.ts';
import type { App } from '../../../http/server.ts';
import type { SqlSession } from '../../../ports/sql-store/sql-store.ts';
import { RIDER_REASONS } from './ride.ts';
import type { RideRequests } from './ride-requests.ts';
import { Dropoff, Pickup, presentRide, RideParams, RideSchema, RideType } from './ride-schema-routes.ts';

export interface RideRequestsRoutesDeps {
  readonly requests: RideRequests;
  readonly sql: SqlSession;
  readonly writes: Writes;
}

const tags = ['rides'];

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
        presentRide(await requests.request(transaction, userId, { pickup, dropoff, rideType }), userId),
      );
    },
  );

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
      return presentRide(await requests.get(sql, userId, rideId), userId);
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
        params: RideParams,
        body: Type.Union([
          Type.Object(
            { reason: Type.Optional(Type.Enum([...RIDER_REASONS], { default: 'unstated' })) },
            { additionalProperties: false },
          ),
          Type.Null(),
        ]),
        response: { 200: reference(RideSchema) },
      },
    },
    async (request, reply) => {
      const rideId = parseId(request.params.ride_id, 'ride_id');
      const { userId } = callerOf(request);
      const reason = request.body?.reason ?? 'unstated';
      return writes.answer(request, reply, 200, async (transaction) =>
        presentRide(await requests.cancel(transaction, userId, rideId, reason), userId),
      );
    },
  );
}
