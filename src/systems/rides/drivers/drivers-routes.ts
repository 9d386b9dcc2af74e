/** Drivers, for the user who drives. */
import { type Static, Type } from 'typebox';
import { callerOf } from '../../../http/auth.ts';
import type { Writes } from '../../../http/idempotency.ts';
import { reference } from '../../../http/openapi.ts';
import type { App } from '../../../http/server.ts';
import { IdText } from '../../../http/user-schema.ts';
import type { SqlSession } from '../../../ports/sql-store/sql-store.ts';
import { type Driver, PLATE_LENGTH_MAX, RIDE_TYPES, SEATS_MAX, VEHICLE_TEXT_LENGTH_MAX } from './driver.ts';
import { DRIVER_STATES, OWN_STATES, WORKING_STATES } from './driver-states.ts';
import type { Drivers } from './drivers.ts';

export interface DriversRoutesDeps {
  readonly drivers: Drivers;
  readonly sql: SqlSession;
  readonly writes: Writes;
}

const VehicleText = (description: string) =>
  Type.String({ minLength: 1, maxLength: VEHICLE_TEXT_LENGTH_MAX, description });

export const VehicleSchema = Type.Object(
  {
    make: VehicleText('Such as Toyota.'),
    model: VehicleText('Such as Prius.'),
    colour: VehicleText('By which riders find it.'),
    plate: Type.String({ minLength: 1, maxLength: PLATE_LENGTH_MAX, description: 'In upper case.' }),
    seats: Type.Integer({ minimum: 1, maximum: SEATS_MAX, description: 'For riders.' }),
  },
  { additionalProperties: false },
);

const RideTypes = Type.Array(Type.Enum([...RIDE_TYPES]), {
  minItems: 1,
  maxItems: RIDE_TYPES.length,
  uniqueItems: true,
  description: 'Rides that the driver takes.',
});

export const DriverSchema = Type.Object(
  {
    driver_id: IdText,
    vehicle: VehicleSchema,
    ride_types: RideTypes,
    state: Type.Enum([...DRIVER_STATES], {
      description:
        'As the Mobility Data Specification has it. non_contactable: the connection is lost; see lost_state.',
    }),
    state_event: Type.String({ description: 'The event by which the driver came into it.' }),
    state_changed_at: Type.String({ format: 'date-time' }),
    lost_state: Type.Union([Type.Enum([...WORKING_STATES]), Type.Null()], {
      description: 'What a driver whose connection is lost was doing, and does again when it is back.',
    }),
    rating: Type.Union([Type.Number(), Type.Null()], { description: 'From 1 to 5; null: not rated yet.' }),
  },
  { $id: 'Driver', title: 'Driver' },
);

export const DRIVER_SCHEMAS = [DriverSchema] as const;

const tags = ['rides'];

export function driversRoutes(app: App, { drivers, sql, writes }: DriversRoutesDeps): void {
  app.get(
    '/drivers/me',
    {
      config: { access: 'user', problems: [404] },
      schema: {
        tags,
        summary: 'You as a driver',
        operationId: 'getDriver',
        response: { 200: reference(DriverSchema) },
      },
    },
    async (request) => presentDriver(await drivers.get(sql, callerOf(request).userId)),
  );

  app.put(
    '/drivers/me',
    {
      config: { access: 'user', problems: [404, 409] },
      schema: {
        tags,
        summary: 'Become a driver, or change your vehicle',
        description:
          'You begin as non_operational: off duty. During a ride the vehicle stays what the rider was told of.',
        operationId: 'registerDriver',
        body: Type.Object({ vehicle: VehicleSchema, ride_types: RideTypes }, { additionalProperties: false }),
        response: { 200: reference(DriverSchema) },
      },
    },
    async (request, reply) => {
      const { vehicle, ride_types: rideTypes } = request.body;
      const { userId } = callerOf(request);
      return writes.answer(request, reply, 200, async (transaction) =>
        presentDriver(await drivers.register(transaction, userId, { vehicle, rideTypes })),
      );
    },
  );

  app.put(
    '/drivers/me/state',
    {
      config: { access: 'user', problems: [404, 409] },
      schema: {
        tags,
        summary: 'Go on or off duty',
        description:
          'What else a driver may be doing comes with a ride, or with a connection that is lost. Who is available has to open GET /drivers/me/stream within half a minute, or is non_contactable.',
        operationId: 'setDriverState',
        body: Type.Object({ state: Type.Enum([...OWN_STATES]) }, { additionalProperties: false }),
        response: { 200: reference(DriverSchema) },
      },
    },
    async (request, reply) => {
      const { userId } = callerOf(request);
      return writes.answer(request, reply, 200, async (transaction) =>
        presentDriver(await drivers.setOwnState(transaction, userId, request.body.state)),
      );
    },
  );
}

function presentDriver(driver: Driver): Static<typeof DriverSchema> {
  const { vehicle, rideTypes, state, stateEvent, stateChangedAt, lostState, rating } = driver;
  return {
    ...{ driver_id: String(driver.driverId), vehicle, ride_types: [...rideTypes], state, rating },
    ...{ state_event: stateEvent, state_changed_at: stateChangedAt.toISOString(), lost_state: lostState },
  };
}
