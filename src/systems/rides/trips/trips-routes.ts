/** The steps of a ride, for the side that takes them. */
import { Type } from 'typebox';
import { parseId } from '../../../core/ids.ts';
import { callerOf } from '../../../http/auth.ts';
import type { Writes } from '../../../http/idempotency.ts';
import { reference } from '../../../http/openapi.ts';
import type { App } from '../../../http/server.ts';
import { presentRide, RideParams, RideSchema } from '../requests/ride-schema-routes.ts';
import { PIN_PATTERN, PIN_TRIES_MAX } from './pin.ts';
import type { Trips } from './trips.ts';

export interface TripsRoutesDeps {
  readonly trips: Trips;
  readonly writes: Writes;
}

const config = { access: 'user', problems: [403, 409] } as const;
const tags = ['rides'];
const response = { 200: reference(RideSchema) };

const STEPS = [
  {
    path: '/rides/:ride_id/complete',
    step: 'complete',
    operationId: 'completeRide',
    summary: 'End the ride that you drive: the rider is there',
    description: 'You are available again.',
  },
  {
    path: '/rides/:ride_id/pin',
    step: 'renewPin',
    operationId: 'renewRidePin',
    summary: 'Take a new PIN for your ride',
    description: `For riders, when the old one was overheard, or the driver has used up its ${PIN_TRIES_MAX} tries.`,
  },
] as const;

export function tripsRoutes(app: App, { trips, writes }: TripsRoutesDeps): void {
  app.post(
    '/rides/:ride_id/start',
    {
      config,
      schema: {
        tags,
        summary: 'Start the ride that you drive, with the PIN of the rider',
        description: `The rider has it and says it to you. After ${PIN_TRIES_MAX} wrong ones the rider has to take a new one (409).`,
        operationId: 'startRide',
        params: RideParams,
        body: Type.Object({ pin: Type.String({ pattern: PIN_PATTERN }) }, { additionalProperties: false }),
        response,
      },
    },
    async (request, reply) => {
      const rideId = parseId(request.params.ride_id, 'ride_id');
      const { userId } = callerOf(request);
      const { pin } = request.body;
      await trips.tryPin(userId, rideId, pin);
      return writes.answer(request, reply, 200, async (transaction) =>
        presentRide(await trips.start(transaction, userId, rideId, pin), userId),
      );
    },
  );

  for (const { path, step, ...texts } of STEPS) {
    app.post(
      path,
      { config, schema: { tags, ...texts, params: RideParams, response } },
      async (request, reply) => {
        const rideId = parseId(request.params.ride_id, 'ride_id');
        const { userId } = callerOf(request);
        return writes.answer(request, reply, 200, async (transaction) =>
          presentRide(await trips[step](transaction, userId, rideId), userId),
        );
      },
    );
  }
}
