/** What riders and drivers do to a ride, in tests of what follows from it. */
import assert from 'node:assert/strict';
import type { Id } from '../../src/core/ids.ts';
import type { Json } from './journey-client.ts';
import type { RidesSetting } from './rides-setting.ts';

export const CITY_HALL = { lat: 40.7128, lng: -74.006 };
export const EMPIRE_STATE = { lat: 40.7484, lng: -73.9857 };

export interface Trip {
  readonly riderId: Id;
  readonly driverId: Id;
  readonly rideId: Id;
  readonly pin: string;
}

export type TripSteps = ReturnType<typeof createTripSteps>;

export function createTripSteps(setting: RidesSetting) {
  const post = (userId: Id | undefined, rideId: Id | string, step: string, body?: object, headers = {}) =>
    setting.call('POST', `/rides/${rideId}/${step}`, userId, body, headers);

  const steps = {
    ask: async (riderId = setting.addPerson()): Promise<{ readonly riderId: Id; readonly rideId: Id }> => {
      const body = { pickup: CITY_HALL, dropoff: EMPIRE_STATE, ride_type: 'economy' };
      const answer = await setting.call('POST', '/rides', riderId, body);
      assert.equal(answer.status, 201, JSON.stringify(answer.body));
      return { riderId, rideId: Number(answer.body.ride_id) };
    },

    /** The driver is offered the ride and takes it. */
    async give(rideId: Id, driverId: Id): Promise<void> {
      const [offer] = await setting.sql.transaction((transaction) =>
        setting.rides.offers.make(transaction, [{ rideId, driverIds: [driverId] }], 1),
      );
      assert.ok(offer, 'the driver is free');
      const { status } = await setting.call('POST', `/offers/${offer.offer_id}/accept`, driverId);
      assert.equal(status, 200);
    },

    /** A ride that a driver has accepted. */
    async accepted(riderId?: Id, driverId?: Id): Promise<Trip> {
      const [asked, drives] = [await steps.ask(riderId), driverId ?? (await setting.addDriver())];
      await steps.give(asked.rideId, drives);
      const { pin } = await steps.get(asked.riderId, asked.rideId);
      return { ...asked, driverId: drives, pin };
    },

    async started(riderId?: Id, driverId?: Id): Promise<Trip> {
      const trip = await steps.accepted(riderId, driverId);
      assert.equal((await steps.start(trip)).status, 200);
      return trip;
    },

    async completed(riderId?: Id, driverId?: Id): Promise<Trip> {
      const trip = await steps.started(riderId, driverId);
      assert.equal((await steps.complete(trip)).status, 200);
      return trip;
    },

    post,
    start: ({ driverId, rideId, pin }: Trip) => post(driverId, rideId, 'start', { pin }),
    complete: ({ driverId, rideId }: Trip) => post(driverId, rideId, 'complete'),
    get: async (userId: Id, rideId: Id): Promise<Json> =>
      (await setting.call('GET', `/rides/${rideId}`, userId)).body,

    /** The kinds of the events of the ride, in their order. */
    async kindsOf(rideId: Id): Promise<readonly string[]> {
      const rows = await setting.read<{ kind: string }>(
        'test_read_kinds_of_ride',
        `SELECT kind FROM (
           SELECT kind, payload, topic, key FROM outbox UNION ALL SELECT kind, payload, topic, key FROM event_log) AS events
         WHERE topic = 'rides' AND key = $1 ORDER BY (payload->>'version')::int`,
        [rideId],
      );
      return rows.map(({ kind }) => kind);
    },
  };
  return steps;
}
