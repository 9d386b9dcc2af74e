/** The steps of a ride, for the side that takes them. */
import { Type } from 'typebox';
import { type Id, parseId } from '../../../core/ids.ts';
import { callerOf } from '../../../http/auth.ts';
import type { Writes } from '../../../http/idempotency.ts';
import { reference } from '../../../http/openapi.ts';
import type { App } from '../../../http/server.ts';
import { DRIVER_REASONS, RIDER_REASONS } from '../requests/ride.ts';
import { RideParams, RideSchema, type RideView } from '../requests/ride-schema-routes.ts';
import { ARRIVED_BY_WORD_M, type TimedPoint } from './arrival.ts';
import { FREE_S, NO_SHOW_S } from './cancellation-rules.ts';
import type { Cancellations } from './cancellations.ts';
import { PIN_PATTERN, PIN_TRIES_MAX } from './pin.ts';
import type { Trips } from './trips.ts';

export interface TripsRoutesDeps {
  readonly trips: Trips;
  readonly cancellations: Pick<Cancellations, 'cancel'>;
  /** Where a driver was last. */
  readonly whereIs: (driverId: Id) => Promise<TimedPoint | undefined>;
  readonly writes: Writes;
  readonly view: Pick<RideView, 'showRide'>;
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

const CancelBody = Type.Union([
  Type.Object(
    {
      reason: Type.Optional(
        Type.Enum([...new Set([...RIDER_REASONS, ...DRIVER_REASONS])], {
          description: `A rider may say: ${RIDER_REASONS.join(', ')}. A driver has to say: ${DRIVER_REASONS.join(', ')}.`,
        }),
      ),
    },
    { additionalProperties: false },
  ),
  Type.Null(),
]);

export function tripsRoutes(app: App, deps: TripsRoutesDeps): void {
  const { trips, cancellations, whereIs, writes, view } = deps;
  app.post(
    '/rides/:ride_id/cancel',
    {
      config,
      schema: {
        tags,
        summary: 'Cancel a ride of yours that has not started, as its rider or driver',
        description: `Free for riders until ${FREE_S / 60} minutes after the acceptance, then the cancellation fee of the fare. A driver gives the ride back: it is requested again, and another driver is looked for; but with rider_no_show, which can be said ${NO_SHOW_S / 60} minutes after the arrival, it has ended, and the rider pays the fee.`,
        operationId: 'cancelRide',
        params: RideParams,
        body: CancelBody,
        response,
      },
    },
    async (request, reply) => {
      const rideId = parseId(request.params.ride_id, 'ride_id');
      const { userId } = callerOf(request);
      const reason = request.body?.reason;
      return writes.answer(request, reply, 200, async (transaction) =>
        view.showRide(await cancellations.cancel(transaction, userId, rideId, reason), userId),
      );
    },
  );

  app.post(
    '/rides/:ride_id/arrive',
    {
      config,
      schema: {
        tags,
        summary: 'You are at the pickup of the ride that you drive',
        description: `Positions say so by themselves; this is for where they do not. Within ${ARRIVED_BY_WORD_M} m of it.`,
        operationId: 'arriveRide',
        params: RideParams,
        response,
      },
    },
    async (request, reply) => {
      const rideId = parseId(request.params.ride_id, 'ride_id');
      const { userId } = callerOf(request);
      const last = await whereIs(userId);
      return writes.answer(request, reply, 200, async (transaction) =>
        view.showRide(await trips.arrive(transaction, userId, rideId, last), userId),
      );
    },
  );

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
        body: Type.Object(
          { pin: Type.String({ pattern: PIN_PATTERN, description: 'Four digits, as the rider says them.' }) },
          { additionalProperties: false },
        ),
        response,
      },
    },
    async (request, reply) => {
      const rideId = parseId(request.params.ride_id, 'ride_id');
      const { userId } = callerOf(request);
      const { pin } = request.body;
      await trips.tryPin(userId, rideId, pin);
      return writes.answer(request, reply, 200, async (transaction) =>
        view.showRide(await trips.start(transaction, userId, rideId, pin), userId),
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
          view.showRide(await trips[step](transaction, userId, rideId), userId),
        );
      },
    );
  }
}
