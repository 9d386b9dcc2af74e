import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createRidesSetting, NEW_YORK, type RidesSetting } from '../../../../test/support/rides-setting.ts';
import { until } from '../../../../test/support/until.ts';
import { distanceM } from '../../../core/geo.ts';
import type { Id } from '../../../core/ids.ts';
import { RIDE_M_MAX } from '../quotes/quote.ts';
import { GIVE_UP_MS } from './ride-requests.ts';

const PICKUP = { lat: 40.7128, lng: -74.006 };
const DROPOFF = { lat: 40.7484, lng: -73.9857 };
const BODY = { pickup: PICKUP, dropoff: DROPOFF, ride_type: 'economy' };

describe('rides', () => {
  let setting: RidesSetting;
  before(async () => {
    setting = await createRidesSetting();
  });
  after(() => setting.close());

  const ask = (userId: Id, changes: object = {}, headers = {}) =>
    setting.call('POST', '/rides', userId, { ...BODY, ...changes }, headers);
  const get = (userId: Id, rideId: string) => setting.call('GET', `/rides/${rideId}`, userId);
  const cancel = (userId: Id, rideId: string, headers = {}) =>
    setting.call('POST', `/rides/${rideId}/cancel`, userId, undefined, headers);
  const eventsOf = async (rideId: string) => {
    const rows = await setting.read<{ kind: string }>(
      'test_read_ride_events',
      `SELECT kind FROM (SELECT kind, key, topic FROM outbox UNION ALL SELECT kind, key, topic FROM event_log) AS events
       WHERE topic = 'rides' AND key = $1`,
      [Number(rideId)],
    );
    return rows.map(({ kind }) => kind).sort();
  };

  it('are asked for, and seen by who asked', async () => {
    const alice = setting.addPerson();
    const { status, body } = await ask(alice);
    assert.equal(status, 201);
    const { ride_id: rideId, requested_at: requestedAt, fare, ...rest } = body;
    assert.equal(fare.currency, 'USD');
    const names = { username: `user_${alice}`, display_name: `USER_${alice}` };
    assert.match(requestedAt, /^20\d\d-/);
    assert.deepEqual(rest, {
      ...{ status: 'requested', reason: null, driver_id: null, ended_at: null, city: 'new_york' },
      ...{
        ended_by: null,
        version: 1,
        pin: null,
        fee: null,
        accepted_at: null,
        arrived_at: null,
        started_at: null,
        own_rating: null,
      },
      ...{ driver: null, rider: { user_id: String(alice), ...names, rating: null }, driver_position: null },
      ...BODY,
    });
    assert.deepEqual((await get(alice, rideId)).body, body);
    assert.equal((await get(setting.addPerson(), rideId)).status, 404);
    assert.equal((await get(alice, '1500000000000000')).status, 404);
    assert.equal((await get(alice, 'x')).status, 422);
    assert.equal((await setting.call('POST', '/rides', undefined, BODY)).status, 401);
    assert.deepEqual(await eventsOf(rideId), ['requested']);
  });

  it('are asked for once under an idempotency key', async () => {
    const bob = setting.addPerson();
    const first = await ask(bob, {}, { 'idempotency-key': 'a' });
    const second = await ask(bob, {}, { 'idempotency-key': 'a' });
    assert.deepEqual([second.status, second.body], [201, first.body]);
    assert.equal((await ask(bob, { ride_type: 'xl' }, { 'idempotency-key': 'a' })).status, 422);
  });

  it('are one at a time, however many requests there are at once', async () => {
    const carol = setting.addPerson();
    const answers = await Promise.all(Array.from({ length: 10 }, () => ask(carol)));
    const made = answers.filter(({ status }) => status === 201);
    assert.equal(made.length, 1);
    const refused = answers.filter(({ status }) => status === 409);
    assert.equal(refused.length, 9);
    assert.match((await ask(carol)).body.detail, new RegExp(made[0]?.body.ride_id));
    await cancel(carol, made[0]?.body.ride_id);
    assert.equal((await ask(carol)).status, 201);
  });

  it('begin where drivers drive, and end within reach', async () => {
    const alice = setting.addPerson();
    const north = { lat: NEW_YORK.north, lng: -74 };
    const refused = async (changes: object, field: string) => {
      const { status, body } = await ask(alice, changes);
      assert.equal(status, 422, JSON.stringify(changes));
      assert.ok(body.errors[0].field.startsWith(field), body.errors[0].field);
    };
    await refused({ pickup: { lat: north.lat + 0.001, lng: -74 } }, 'pickup');
    await refused({ pickup: { lat: 91, lng: 0 } }, 'pickup');
    await refused({ pickup: { lat: 40 } }, 'pickup');
    await refused({ dropoff: { lat: 40, lng: 180.1 } }, 'dropoff');
    await refused({ dropoff: { ...DROPOFF, name: 'home' } }, 'dropoff');
    await refused({ ride_type: 'rocket' }, 'ride_type');
    const degrees = RIDE_M_MAX / distanceM({ lat: 40, lng: -74 }, { lat: 41, lng: -74 });
    const far = (more: number) => ({
      pickup: PICKUP,
      dropoff: { lat: PICKUP.lat + degrees + more, lng: PICKUP.lng },
    });
    await refused(far(0.0001), 'dropoff');
    const { body } = await ask(alice, { ...far(-0.0001), pickup: PICKUP });
    await cancel(alice, body.ride_id);
    assert.equal((await ask(alice, { pickup: north })).status, 201);
  });

  it('are cancelled by who asked, as often as they say so', async () => {
    const bob = setting.addPerson();
    const { ride_id: rideId } = (await ask(bob)).body;
    assert.equal((await cancel(setting.addPerson(), rideId)).status, 404);
    const { status, body } = await cancel(bob, rideId, { 'idempotency-key': 'c' });
    assert.deepEqual([status, body.status, body.reason], [200, 'cancelled', 'unstated']);
    assert.notEqual(body.ended_at, null);
    assert.deepEqual((await cancel(bob, rideId)).body, body);
    assert.deepEqual((await cancel(bob, rideId, { 'idempotency-key': 'c' })).body, body);
    assert.deepEqual((await get(bob, rideId)).body, body);
    assert.deepEqual(await eventsOf(rideId), ['cancelled', 'requested']);
  });

  it('end with a reason where no driver is found in time', async () => {
    const carol = setting.addPerson();
    const { ride_id: rideId } = (await ask(carol)).body;
    setting.time.aheadMs = GIVE_UP_MS - 5_000;
    await setting.runJob('give-up-rides');
    assert.equal((await get(carol, rideId)).body.status, 'requested');
    setting.time.aheadMs = GIVE_UP_MS + 5_000;
    await Promise.all([setting.runJob('give-up-rides'), setting.runJob('give-up-rides')]);
    setting.time.aheadMs = 0;
    const { body } = await get(carol, rideId);
    assert.deepEqual([body.status, body.reason], ['unmatched', 'no_driver']);
    const late = await cancel(carol, rideId);
    assert.equal(late.status, 409);
    assert.match(late.body.detail, /unmatched/);
    assert.deepEqual(await eventsOf(rideId), ['requested', 'unmatched']);
    assert.equal((await ask(carol)).status, 201);
  });

  it('are gone with the account of the rider', async () => {
    const alice = setting.addPerson();
    const { ride_id: rideId } = (await ask(alice)).body;
    await setting.sql.transaction((transaction) =>
      setting.eventLog.append(transaction, [
        { topic: 'users', kind: 'deleted', key: alice, ownerId: alice, payload: { user_id: String(alice) } },
      ]),
    );
    await until(async () => (await get(alice, rideId)).status === 404);
    assert.deepEqual(await eventsOf(rideId), ['removed', 'requested']);
  });
});
