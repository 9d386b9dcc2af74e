import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  createRidesSetting,
  FARES,
  NEW_YORK,
  type RidesSetting,
} from '../../../../test/support/rides-setting.ts';
import { until } from '../../../../test/support/until.ts';
import { systemClock } from '../../../core/clock.ts';
import { distanceM } from '../../../core/geo.ts';
import type { Id } from '../../../core/ids.ts';
import { createRoadsRouting } from '../../../ports/routing/roads-routing.ts';
import { DETOUR } from '../../../ports/routing/routing.ts';
import { buildRoadGraph } from '../../../roads/road-graph.ts';
import { createRoads } from '../../../roads/roads.ts';
import { RIDE_TYPES } from '../drivers/driver.ts';
import { EXPIRED_QUOTE_KEPT_MS, QUOTE_MS, RIDE_M_MAX } from './quote.ts';
import { KEPT_TOGETHER_MAX } from './quotes.ts';

const PICKUP = { lat: 40.7128, lng: -74.006 };
const DROPOFF = { lat: 40.7484, lng: -73.9857 };
const PLACES = { pickup: PICKUP, dropoff: DROPOFF };
const RIDE = { ...PLACES, ride_type: 'economy' };

describe('quotes', () => {
  let setting: RidesSetting;
  before(async () => {
    // Wheelchairs are for New York alone.
    const fares = FARES.map((fare) =>
      fare.rideType === 'wheelchair' ? { ...fare, city: 'new_york' } : fare,
    );
    const cities = [NEW_YORK, { name: 'lyon', south: 45, west: 4, north: 46, east: 5 }];
    setting = await createRidesSetting({ fares, cities });
  });
  after(() => setting.close());

  const quote = (userId: Id, body: object = PLACES, headers = {}) =>
    setting.call('POST', '/rides/quotes', userId, body, headers);
  const ask = (userId: Id, body: object, headers = {}) =>
    setting.call('POST', '/rides', userId, { ...RIDE, ...body }, headers);
  const economy = async (userId: Id) => (await quote(userId, RIDE)).body.quotes[0];

  it('are of every type of ride that there is, with all parts of the fare', async () => {
    const alice = setting.addPerson();
    const { status, body } = await quote(alice);
    assert.equal(status, 201);
    assert.deepEqual(
      body.quotes.map(({ ride_type: type }: { ride_type: string }) => type),
      RIDE_TYPES,
    );
    const [first, second] = body.quotes;
    const { fare } = first;
    assert.equal(fare.distance_m, Math.round(distanceM(PICKUP, DROPOFF) * DETOUR));
    assert.ok(fare.duration_s > 300 && fare.duration_s < 3_600, `${fare.duration_s}`);
    assert.deepEqual([fare.surge_percent, fare.surge_version, fare.parts.surge], [100, null, 0]);
    const { parts } = fare;
    assert.equal(fare.total, 255 + Math.round(fare.distance_m * 0.11) + parts.time + 275);
    assert.deepEqual(fare.cancellation, { total: 500, to_driver: 375 });
    assert.equal(second.fare.total - fare.total, 100);
    const validMs = Date.parse(first.expires_at) - setting.clock.nowMs();
    assert.ok(validMs <= QUOTE_MS && validMs > QUOTE_MS - 30_000, `${validMs}`);
  });

  it('are of the types that the city has', async () => {
    const bob = setting.addPerson();
    const inLyon = { pickup: { lat: 45.76, lng: 4.83 }, dropoff: { lat: 45.75, lng: 4.85 } };
    assert.equal((await quote(bob, inLyon)).body.quotes.length, RIDE_TYPES.length - 1);
    const { status, body } = await quote(bob, { ...inLyon, ride_type: 'wheelchair' });
    assert.deepEqual([status, body.errors[0].field], [422, 'ride_type']);
    assert.equal((await quote(bob, { ...PLACES, ride_type: 'wheelchair' })).body.quotes.length, 1);
  });

  it('are asked for in cities that are listed, with what they have', async () => {
    const { status, body } = await setting.call('GET', '/rides/cities', setting.addPerson());
    const [newYork, lyon] = body.items;
    assert.equal(status, 200);
    assert.deepEqual([newYork.name, newYork.south, newYork.ride_types.length], ['new_york', 40.3, 4]);
    assert.deepEqual([lyon.name, lyon.ride_types.length], ['lyon', 3]);
    assert.deepEqual(lyon.ride_types[0], { ride_type: 'economy', currency: 'USD' });
    assert.equal((await setting.call('GET', '/rides/cities', undefined)).status, 401);
  });

  it('are of places between which rides are offered', async () => {
    const carol = setting.addPerson();
    const refused = async (changes: object, field: string) => {
      const { status, body } = await quote(carol, { ...PLACES, ...changes });
      assert.equal(status, 422, JSON.stringify(changes));
      assert.ok(body.errors[0].field.startsWith(field), body.errors[0].field);
    };
    await refused({ pickup: { lat: NEW_YORK.north + 0.001, lng: -74 } }, 'pickup');
    await refused({ dropoff: PICKUP }, 'dropoff');
    await refused({ dropoff: { lat: PICKUP.lat + 4e-8, lng: PICKUP.lng } }, 'dropoff');
    await refused({ pickup: { lat: 40 } }, 'pickup');
    await refused({ ride_type: 'rocket' }, 'ride_type');
    await refused({ tip: 5 }, 'tip');
    const degrees = RIDE_M_MAX / distanceM({ lat: 40, lng: -74 }, { lat: 41, lng: -74 });
    const far = (more: number) => ({ dropoff: { lat: PICKUP.lat + degrees + more, lng: PICKUP.lng } });
    await refused(far(0.0001), 'dropoff');
    assert.equal((await quote(carol, { ...PLACES, ...far(-0.0001) })).status, 201);
    assert.equal(
      (await quote(carol, { ...PLACES, dropoff: { ...PICKUP, lat: PICKUP.lat + 2e-7 } })).status,
      201,
    );
    assert.equal((await setting.call('POST', '/rides/quotes', undefined, PLACES)).status, 401);
  });

  it('are each their own rider’s, of many who ask at once', async () => {
    const people = Array.from({ length: KEPT_TOGETHER_MAX + 10 }, () => setting.addPerson());
    const bodies = people.map((_, n) =>
      n % 2 === 0 ? PLACES : { pickup: DROPOFF, dropoff: PICKUP, ride_type: 'xl' },
    );
    const answers = await Promise.all(people.map((userId, n) => quote(userId, bodies[n])));
    for (const [n, { status, body }] of answers.entries()) {
      assert.equal(status, 201);
      const types = body.quotes.map(({ ride_type: type }: { ride_type: string }) => type);
      assert.deepEqual(types, n % 2 === 0 ? RIDE_TYPES : ['xl']);
    }
    const [one, other] = [people[1] ?? 0, people[3] ?? 0];
    const quoteId = answers[1]?.body.quotes[0].quote_id;
    const back = { pickup: DROPOFF, dropoff: PICKUP, ride_type: 'xl', quote_id: quoteId };
    assert.equal((await setting.call('POST', '/rides', other, back)).status, 404);
    assert.equal((await setting.call('POST', '/rides', one, back)).status, 201);
  });

  it('are made once under an idempotency key', async () => {
    const alice = setting.addPerson();
    const first = await quote(alice, RIDE, { 'idempotency-key': 'q' });
    assert.deepEqual((await quote(alice, RIDE, { 'idempotency-key': 'q' })).body, first.body);
  });

  it('are what the ride costs, once', async () => {
    const bob = setting.addPerson();
    const { quote_id: quoteId, fare } = await economy(bob);
    const asked = await ask(bob, { quote_id: quoteId }, { 'idempotency-key': 'r' });
    assert.equal(asked.status, 201);
    assert.deepEqual(asked.body.fare, fare);
    assert.deepEqual((await setting.call('GET', `/rides/${asked.body.ride_id}`, bob)).body.fare, fare);
    assert.deepEqual((await ask(bob, { quote_id: quoteId }, { 'idempotency-key': 'r' })).body, asked.body);
    const [event] = await setting.read<{ payload: { fare: object } }>(
      'test_read_requested',
      `SELECT payload FROM (SELECT kind, key, topic, payload FROM outbox
         UNION ALL SELECT kind, key, topic, payload FROM event_log) AS events
       WHERE topic = 'rides' AND kind = 'requested' AND key = $1`,
      [Number(asked.body.ride_id)],
    );
    assert.deepEqual(event?.payload.fare, fare);
    await setting.call('POST', `/rides/${asked.body.ride_id}/cancel`, bob);
    const again = await ask(bob, { quote_id: quoteId });
    assert.equal(again.status, 409);
    assert.match(again.body.detail, new RegExp(asked.body.ride_id));
  });

  it('are good for one of ten requests that come at once', async () => {
    const carol = setting.addPerson();
    const { quote_id: quoteId } = await economy(carol);
    const answers = await Promise.all(Array.from({ length: 10 }, () => ask(carol, { quote_id: quoteId })));
    assert.deepEqual(answers.map(({ status }) => status).sort(), [201, ...Array(9).fill(409)]);
  });

  it('stay unused when the ride is refused', async () => {
    const alice = setting.addPerson();
    const { quote_id: quoteId } = await economy(alice);
    const { ride_id: rideId } = (await ask(alice, {})).body;
    assert.equal((await ask(alice, { quote_id: quoteId })).status, 409);
    await setting.call('POST', `/rides/${rideId}/cancel`, alice);
    assert.equal((await ask(alice, { quote_id: quoteId })).status, 201);
  });

  it('are of their rider, their places and their type', async () => {
    const bob = setting.addPerson();
    const { quote_id: quoteId } = await economy(bob);
    assert.equal((await ask(setting.addPerson(), { quote_id: quoteId })).status, 404);
    assert.equal((await ask(bob, { quote_id: '1500000000000000' })).status, 404);
    assert.equal((await ask(bob, { quote_id: 'x' })).status, 422);
    for (const [field, change] of [
      ['pickup', { pickup: { ...PICKUP, lat: 40.7129 } }],
      ['dropoff', { dropoff: { ...DROPOFF, lng: -73.9858 } }],
      ['ride_type', { ride_type: 'xl' }],
    ] as const) {
      const { status, body } = await ask(bob, { quote_id: quoteId, ...change });
      assert.deepEqual([status, body.errors[0].field], [422, field]);
    }
    assert.equal((await ask(bob, { quote_id: quoteId })).status, 201);
  });

  it('are gone with the account of the rider', async () => {
    const alice = setting.addPerson();
    await quote(alice);
    await ask(alice, {});
    await setting.sql.transaction((transaction) =>
      setting.eventLog.append(transaction, [
        { topic: 'users', kind: 'deleted', key: alice, ownerId: alice, payload: { user_id: String(alice) } },
      ]),
    );
    const kept = () =>
      setting.read('test_quotes_of', 'SELECT quote_id FROM ride_quotes WHERE rider_id = $1', [alice]);
    await until(async () => (await kept()).length === 0);
  });

  it('hold for five minutes, and are forgotten then unless a ride has them', async () => {
    const carol = setting.addPerson();
    const [early, late] = [await economy(carol), await economy(carol)];
    setting.time.aheadMs = QUOTE_MS - 5_000;
    const { status, body } = await ask(carol, { quote_id: early.quote_id });
    assert.equal(status, 201);
    await setting.call('POST', `/rides/${body.ride_id}/cancel`, carol);
    setting.time.aheadMs = QUOTE_MS + 5_000;
    const expired = await ask(carol, { quote_id: late.quote_id });
    assert.equal(expired.status, 409);
    assert.match(expired.body.detail, /expired/);
    // Who comes a little late is told so.
    setting.time.aheadMs = QUOTE_MS + EXPIRED_QUOTE_KEPT_MS - 5_000;
    await setting.runJob('forget-ride-quotes');
    assert.equal((await ask(carol, { quote_id: late.quote_id })).status, 409);
    setting.time.aheadMs = QUOTE_MS + EXPIRED_QUOTE_KEPT_MS + 5_000;
    await setting.runJob('forget-ride-quotes');
    const forgotten = await ask(carol, { quote_id: late.quote_id });
    assert.equal(forgotten.status, 404);
    assert.match(forgotten.body.detail, /another one/);
    assert.equal((await ask(carol, { quote_id: early.quote_id })).status, 409);
  });
});

describe('quotes by roads', () => {
  it('are of the way that there is, and none where there is none', async () => {
    // A street to the north, and another one from it, which nobody gets back.
    const nodes = [PICKUP, { lat: 40.7228, lng: -74.006 }, { lat: 40.7328, lng: -74.006 }];
    const street = { forwardKmPerH: 36, backwardKmPerH: 36, kind: 'minor' as const };
    const graph = buildRoadGraph(nodes, [
      { ...street, tail: 0, head: 1 },
      { ...street, tail: 1, head: 2, backwardKmPerH: 0 },
    ]);
    const routing = createRoadsRouting({ towns: [createRoads('streets', graph)], clock: systemClock });
    const setting = await createRidesSetting({ routing });
    try {
      const [pickup, dropoff] = [
        { lat: 40.7138, lng: -74.006 },
        { lat: 40.7318, lng: -74.006 },
      ];
      const alice = setting.addPerson();
      const there = await setting.call('POST', '/rides/quotes', alice, { pickup, dropoff });
      assert.equal(there.status, 201);
      assert.ok(Math.abs(there.body.quotes[0].fare.distance_m - distanceM(pickup, dropoff)) <= 1);
      const back = await setting.call('POST', '/rides/quotes', alice, { pickup: dropoff, dropoff: pickup });
      assert.deepEqual([back.status, back.body.errors[0].field], [422, 'dropoff']);
      assert.match(back.body.errors[0].message, /road leads/);
    } finally {
      await setting.close();
    }
  });
});
