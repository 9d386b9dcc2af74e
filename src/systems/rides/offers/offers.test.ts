import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createRidesSetting, type RidesSetting } from '../../../../test/support/rides-setting.ts';
import { until } from '../../../../test/support/until.ts';
import { seededFraction } from '../../../core/clock.ts';
import type { Id } from '../../../core/ids.ts';

const BODY = {
  ...{ pickup: { lat: 40.7128, lng: -74.006 }, dropoff: { lat: 40.7484, lng: -73.9857 } },
  ride_type: 'economy',
};

describe('offers', () => {
  let setting: RidesSetting;
  before(async () => {
    setting = await createRidesSetting();
  });
  after(() => setting.close());

  async function ask(riderId = setting.addPerson()): Promise<{ readonly riderId: Id; readonly rideId: Id }> {
    const { body } = await setting.call('POST', '/rides', riderId, BODY);
    return { riderId, rideId: Number(body.ride_id) };
  }
  const make = (rideId: Id, driverIds: readonly Id[]) =>
    setting.sql.transaction((transaction) =>
      setting.rides.offers.make(transaction, [{ rideId, driverIds }], 1),
    );
  /** The offer of a ride to a driver. */
  async function offerTo(driverId: Id, rideId: Id): Promise<Id> {
    const [offer] = await make(rideId, [driverId]);
    assert.ok(offer !== undefined);
    return offer.offer_id;
  }
  const answer = (driverId: Id, offerId: Id, how: 'accept' | 'decline', headers = {}) =>
    setting.call('POST', `/offers/${offerId}/${how}`, driverId, undefined, headers);
  const rideOf = async (riderId: Id, rideId: Id) =>
    (await setting.call('GET', `/rides/${rideId}`, riderId)).body;
  const addDrivers = (count: number) => Promise.all(Array.from({ length: count }, () => setting.addDriver()));
  const age = (offerId: Id) =>
    setting.write(
      'test_age_offer',
      `UPDATE offers SET expires_at = now() - interval '1 ms' WHERE offer_id = $1`,
      [offerId],
    );
  const stateOfOffer = async (offerId: Id) => {
    const rows = await setting.read<{ state: string }>(
      'test_read_offer',
      'SELECT state FROM offers WHERE offer_id = $1',
      [offerId],
    );
    return rows[0]?.state;
  };

  it('that are accepted give driver and ride to each other', async () => {
    const driver = await setting.addDriver();
    const { riderId, rideId } = await ask();
    const offerId = await offerTo(driver, rideId);
    const { status, body } = await answer(driver, offerId, 'accept', { 'idempotency-key': 'a' });
    assert.deepEqual([status, body.state, body.ride_id], [200, 'accepted', String(rideId)]);
    assert.deepEqual((await answer(driver, offerId, 'accept', { 'idempotency-key': 'a' })).body, body);
    assert.deepEqual((await answer(driver, offerId, 'accept')).body, body);
    const ride = await rideOf(riderId, rideId);
    assert.deepEqual([ride.status, ride.driver_id], ['accepted', String(driver)]);
    assert.equal(await setting.stateOf(driver), 'reserved');
    assert.equal((await answer(driver, offerId, 'decline')).status, 409);
  });

  it('say to the event log under which lease they were made, and not to the driver', async () => {
    const driver = await setting.addDriver();
    const stream = await setting.connect(driver);
    const { rideId } = await ask();
    const [offer] = await setting.sql.transaction((transaction) =>
      setting.rides.offers.make(transaction, [{ rideId, driverIds: [driver] }], 41),
    );
    const logged = async () =>
      setting.read<{ token: string }>(
        'test_read_made',
        `SELECT payload->>'dispatch_token' AS token FROM event_log WHERE topic = 'offers' AND kind = 'made' AND key = $1`,
        [driver],
      );
    await until(async () => (await logged()).length > 0);
    assert.deepEqual(await logged(), [{ token: '41' }]);
    const told = await stream.first('offer');
    assert.equal(told.offer_id, String(offer?.offer_id));
    assert.ok(!('dispatch_token' in told));
    await stream.close();
  });

  it('of one ride to many have one who is first, and the others are free again', async () => {
    const drivers = await addDrivers(12);
    const { riderId, rideId } = await ask();
    const made = await make(rideId, drivers);
    assert.equal(made.length, drivers.length);
    const answers = await Promise.all(
      made.map(({ driver_id: driverId, offer_id: offerId }) => answer(driverId, offerId, 'accept')),
    );
    assert.equal(answers.filter(({ status }) => status === 200).length, 1);
    assert.equal(answers.filter(({ status }) => status === 409).length, drivers.length - 1);
    const states = await Promise.all(drivers.map(setting.stateOf));
    assert.equal(states.filter((state) => state === 'reserved').length, 1);
    const ride = await rideOf(riderId, rideId);
    assert.equal(states[drivers.indexOf(Number(ride.driver_id))], 'reserved');
    const open = await Promise.all(made.map(({ offer_id: offerId }) => stateOfOffer(offerId)));
    assert.deepEqual(new Set(open), new Set(['accepted', 'withdrawn']));
  });

  it('are one a driver, of rides that are requested, to drivers who are available and not the rider', async () => {
    const [driver, other, off] = [
      await setting.addDriver(),
      await setting.addDriver(),
      await setting.addDriver('non_operational'),
    ];
    const [first, second] = [await ask(), await ask()];
    assert.equal((await make(first.rideId, [driver])).length, 1);
    assert.deepEqual(await make(second.rideId, [driver, off]), []);
    const own = await ask(other);
    assert.deepEqual(await make(own.rideId, [other]), []);
    await setting.call('POST', `/rides/${second.rideId}/cancel`, second.riderId);
    assert.deepEqual(await make(second.rideId, [other]), []);
    assert.deepEqual(await make(1, [other]), []);
    const [one, two] = await Promise.all([
      make(own.rideId, [await setting.addDriver()]),
      make(first.rideId, [other]),
    ]);
    assert.equal(one.length + two.length, 2);
  });

  it('of a ride that is cancelled in the same instant hold no driver', async () => {
    const driver = await setting.addDriver();
    const [first, second] = [await ask(), await ask()];
    const someoneWaits = async () => {
      const [row] = await setting.read<{ waiting: number }>(
        'test_waiting_for_locks',
        `SELECT count(*)::int AS waiting FROM pg_stat_activity
         WHERE datname = current_database() AND wait_event_type = 'Lock'`,
        [],
      );
      return (row?.waiting ?? 0) > 0;
    };
    const { sql, rides } = setting;
    let cancelling: ReturnType<typeof setting.call> | undefined;
    const [offer] = await sql.transaction(async (transaction) => {
      const made = await rides.offers.make(transaction, [{ rideId: first.rideId, driverIds: [driver] }], 1);
      cancelling = setting.call('POST', `/rides/${first.rideId}/cancel`, first.riderId);
      await until(someoneWaits);
      return made;
    });
    assert.equal((await cancelling)?.body.status, 'cancelled');
    assert.equal(await stateOfOffer(offer?.offer_id ?? 0), 'withdrawn');

    let making: ReturnType<typeof make> | undefined;
    await sql.transaction(async (transaction) => {
      await rides.cancellations.cancel(transaction, second.riderId, second.rideId, undefined);
      making = make(second.rideId, [driver]);
      await until(someoneWaits);
    });
    assert.deepEqual(await making, []);
    await offerTo(driver, (await ask()).rideId);
  });

  it('are nobody else’s', async () => {
    const [driver, other] = [await setting.addDriver(), await setting.addDriver()];
    const { rideId } = await ask();
    const offerId = await offerTo(driver, rideId);
    assert.equal((await answer(other, offerId, 'accept')).status, 404);
    assert.equal((await answer(other, offerId, 'decline')).status, 404);
    assert.equal((await setting.call('POST', `/offers/${offerId}/accept`, undefined)).status, 401);
    assert.equal(await stateOfOffer(offerId), 'open');
  });

  it('that are declined leave the driver free for another', async () => {
    const driver = await setting.addDriver();
    const [first, second] = [await ask(), await ask()];
    const offerId = await offerTo(driver, first.rideId);
    assert.equal((await answer(driver, offerId, 'decline')).body.state, 'declined');
    assert.equal((await answer(driver, offerId, 'decline')).body.state, 'declined');
    assert.equal((await answer(driver, offerId, 'accept')).status, 409);
    assert.equal((await rideOf(first.riderId, first.rideId)).status, 'requested');
    await offerTo(driver, second.rideId);
  });

  it('that have expired are refused, noticed or not', async () => {
    const driver = await setting.addDriver();
    const { riderId, rideId } = await ask();
    const offerId = await offerTo(driver, rideId);
    await age(offerId);
    const late = await answer(driver, offerId, 'accept');
    assert.equal(late.status, 409);
    assert.match(late.body.detail, /expired/);
    // All of it was undone.
    assert.equal((await rideOf(riderId, rideId)).status, 'requested');
    assert.equal(await setting.stateOf(driver), 'available');
    await setting.runJob('expire-offers');
    assert.equal(await stateOfOffer(offerId), 'expired');
    assert.equal((await answer(driver, offerId, 'accept')).status, 409);
    await offerTo(driver, rideId);
  });

  it('of a ride that has changed, or to a driver who has, are none', async () => {
    const driver = await setting.addDriver();
    const { riderId, rideId } = await ask();
    const offerId = await offerTo(driver, rideId);
    await setting.write('test_new_version', 'UPDATE rides SET version = version + 1 WHERE ride_id = $1', [
      rideId,
    ]);
    assert.equal((await answer(driver, offerId, 'accept')).status, 409);
    await setting.write('test_old_version', 'UPDATE rides SET version = version - 1 WHERE ride_id = $1', [
      rideId,
    ]);
    await setting.call('PUT', '/drivers/me/state', driver, { state: 'non_operational' });
    const refused = await answer(driver, offerId, 'accept');
    assert.match(refused.body.detail, /not available/);
    assert.equal((await rideOf(riderId, rideId)).status, 'requested');
  });

  it('are withdrawn with their ride, and a driver who had it is free again, reachable or not', async () => {
    for (const lost of [false, true]) {
      const [driver, other] = [await setting.addDriver(), await setting.addDriver()];
      const { riderId, rideId } = await ask();
      const offerId = await offerTo(driver, rideId);
      await answer(driver, offerId, 'accept');
      if (lost) {
        await setting.write(
          'test_lose_driver',
          `UPDATE drivers SET state = 'non_contactable', lost_state = state, contact_lost_at = NULL WHERE driver_id = $1`,
          [driver],
        );
      }
      const { body } = await setting.call('POST', `/rides/${rideId}/cancel`, riderId);
      assert.deepEqual([body.status, body.driver_id], ['cancelled', String(driver)]);
      const { body: freed } = await setting.call('GET', '/drivers/me', driver);
      assert.deepEqual(
        [freed.state, freed.lost_state],
        lost ? ['non_contactable', 'available'] : ['available', null],
      );
      const next = await ask();
      const open = await offerTo(other, next.rideId);
      await setting.call('POST', `/rides/${next.rideId}/cancel`, next.riderId);
      assert.equal(await stateOfOffer(open), 'withdrawn');
      assert.equal((await answer(other, open, 'accept')).status, 409);
    }
  });

  it('come over the stream, once, with all that a driver must know, and so does their end', async () => {
    const [driver, late] = [await setting.addDriver(), await setting.addDriver()];
    const other = await setting.openOther();
    const client = await other.connect(driver);
    await client.first('ready');
    const { riderId, rideId } = await ask();
    const [offer] = await make(rideId, [driver]);
    const expected = {
      ...{ type: 'offer', offer_id: String(offer?.offer_id), ride_id: String(rideId) },
      ...{ expires_at: offer?.expires_at.toISOString(), ...BODY },
    };
    assert.deepEqual(await client.first('offer'), expected);
    await offerTo(late, rideId);
    const again = await setting.connect(late);
    assert.equal((await again.first('offer')).ride_id, String(rideId));
    await answer(driver, offer?.offer_id ?? 0, 'accept');
    assert.deepEqual(await client.first('offer_ended'), {
      ...{ type: 'offer_ended', offer_id: expected.offer_id, state: 'accepted' },
    });
    assert.equal((await client.first('state')).state, 'reserved');
    assert.equal((await again.first('offer_ended')).state, 'withdrawn');
    await setting.call('POST', `/rides/${rideId}/cancel`, riderId);
    await until(() => client.of('state').at(-1)?.state === 'available');
    assert.equal(client.of('offer').length, 1);
    assert.equal(client.of('offer_ended').length, 1);
    assert.equal(again.of('offer').length, 1);
    await client.close();
    await again.close();
  });

  it('never give a driver two rides, nor a ride two drivers, whatever happens at the same time', async () => {
    const draw = seededFraction(11);
    const drivers = await addDrivers(8);
    const riders = Array.from({ length: 8 }, () => setting.addPerson());
    const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(draw() * items.length)] as Item; // Of some.
    const openRides = async () =>
      setting.read<{ ride_id: Id; rider_id: Id; status: string; driver_id: Id | null }>(
        'test_open_rides',
        'SELECT ride_id, rider_id, status, driver_id FROM rides WHERE ended_at IS NULL',
      );
    const openOffers = () =>
      setting.read<{ offer_id: Id; driver_id: Id }>(
        'test_open_offers',
        `SELECT offer_id, driver_id FROM offers WHERE state = 'open'`,
      );
    for (let round = 0; round < 25; round += 1) {
      const [rides, offers] = [await openRides(), await openOffers()];
      const steps = [
        ...riders.map((rider) => setting.call('POST', '/rides', rider, BODY)),
        ...rides
          .filter(({ status }) => status === 'requested')
          .map(({ ride_id: id }) => make(id, [pick(drivers), pick(drivers)])),
        ...offers.map(({ driver_id: id, offer_id: offer }) =>
          answer(id, offer, draw() < 0.8 ? 'accept' : 'decline'),
        ),
        ...offers.map(({ driver_id: id, offer_id: offer }) => answer(id, offer, 'accept')),
        ...rides
          .filter(() => draw() < 0.3)
          .map(({ ride_id: id, rider_id: rider }) => setting.call('POST', `/rides/${id}/cancel`, rider)),
        setting.call('PUT', '/drivers/me/state', pick(drivers), {
          state: draw() < 0.7 ? 'available' : 'non_operational',
        }),
        setting.runJob('expire-offers'),
      ];
      const answers = await Promise.all(steps);
      for (const one of answers) {
        if (one !== undefined && 'status' in one) assert.ok(one.status < 500, JSON.stringify(one));
      }
      const driven = (await openRides()).filter(({ status }) => status === 'accepted');
      const busy = await setting.read<{ driver_id: Id }>(
        'test_reserved',
        `SELECT driver_id FROM drivers WHERE state = 'reserved' AND driver_id = ANY ($1)`,
        [drivers],
      );
      const ofUs = driven.map(({ driver_id: id }) => id).filter((id) => id !== null && drivers.includes(id));
      assert.deepEqual(ofUs.toSorted(), busy.map(({ driver_id: id }) => id).toSorted());
      assert.equal(new Set(ofUs).size, ofUs.length);
    }
  });
});
