/** A ride from request to rating and payment with the whole product: its driver is connected to one process and its rider to the other. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { API } from '../../src/client/api-client.ts';
import { systemClock } from '../../src/core/clock.ts';
import { encodePoints } from '../../src/systems/rides/positions/binary-points.ts';
import { atEnd } from '../support/at-end.ts';
import { createJourneyClient } from '../support/journey-client.ts';
import { type LiveClient, openEventStream, openWebSocket } from '../support/live-client.ts';
import { postgresOfRun } from '../support/postgres-engines.ts';
import { openDriverClient, PRIUS } from '../support/rides-setting.ts';
import { openHome } from '../support/timeline-run.ts';
import { until } from '../support/until.ts';

const PICKUP = { lat: 40.7128, lng: -74.006 };
const RIDE = { pickup: PICKUP, dropoff: { lat: 40.7484, lng: -73.9857 }, ride_type: 'economy' };

it('a rider sees their ride from another process than the driver’s, and again after a lost connection', async (test) => {
  const postgres = postgresOfRun();
  if (postgres === undefined) return test.skip('set GROUNDSWELL_TEST_DATABASE_URL, or use npm test');
  const database = await postgres.createDatabase();
  atEnd(test, () => database.drop());
  const settings = { GROUNDSWELL_DATABASE_URL: database.url, GROUNDSWELL_DATABASE_POOL_SIZE: '6' };
  const first = await (await openHome(test)).start(settings);
  const second = await (await openHome(test)).start(settings);
  const client = createJourneyClient(() => second.url);

  const [alice, bob, carol] = [
    await client.signUp('alice'),
    await client.signUp('bob'),
    await client.signUp('carol'),
  ];
  await alice.put('/drivers/me', { body: { vehicle: PRIUS, ride_types: ['economy'] } });
  await alice.put('/drivers/me/state', { body: { state: 'available' } });
  const driver = await openDriverClient(`${first.url}${API}`, alice.token);
  await driver.first('ready');
  let sequence = 0;
  let atMs = systemClock.nowMs() - 40_000;
  /** Eight seconds after the point before, so that no time has to pass. */
  const go = (degreesNorth: number, afterMs = 8_000): void => {
    sequence += 1;
    atMs += afterMs;
    const point = { lat: PICKUP.lat + degreesNorth, lng: PICKUP.lng, atMs, accuracyM: 5 };
    driver.send(encodePoints({ sequence, points: [point] }));
  };
  const statusOf = async (live: LiveClient, status: string) => {
    for (;;) {
      const { ride } = (await live.next('ride')).data;
      if (ride.status === status) return ride;
    }
  };

  const live = await openWebSocket({ url: second.url, token: bob.token });
  await live.next('ready');
  const stranger = await openEventStream({ url: second.url, token: carol.token });
  await stranger.next('ready');
  go(0.006);
  const ride = await bob.post('/rides', { body: RIDE });
  assert.equal((await statusOf(live, 'requested')).ride_id, ride.ride_id);
  await until(() => driver.of('offer').length > 0);
  await alice.post(`/offers/${driver.of('offer')[0].offer_id}/accept`);
  const { pin, driver: seen } = await statusOf(live, 'accepted');
  assert.match(pin, /^[0-9]{4}$/);
  assert.deepEqual([seen.username, seen.vehicle.plate], [alice.username, 'T123456C']);
  go(0.003);
  // The driver's process may not have heard of the acceptance when the first of them arrives.
  await until(async () => {
    await systemClock.sleep(250);
    go(0.003, 250);
    return live.count('ride_position') > 0;
  });
  assert.equal((await live.next('ride_position')).data.ride_id, ride.ride_id);
  await statusOf(live, 'arriving');

  live.cut();
  go(0.0001);
  go(0.0001);
  await until(async () => (await bob.get(`/rides/${ride.ride_id}`)).status === 'arrived');
  // The state at once, though nothing happens.
  const again = await openEventStream({ url: first.url, token: bob.token, since: live.lastId() });
  const { ride: now } = (await again.next('ride')).data;
  assert.deepEqual([now.status, now.pin], ['arrived', pin]);

  await alice.post(`/rides/${ride.ride_id}/start`, { body: { pin } });
  assert.equal((await statusOf(again, 'started')).pin, null);
  await alice.post(`/rides/${ride.ride_id}/complete`);
  const completed = await statusOf(again, 'completed');
  assert.equal(completed.fare.total, ride.fare.total);
  await bob.post(`/rides/${ride.ride_id}/rating`, { body: { stars: 5 } });
  await alice.post(`/rides/${ride.ride_id}/rating`, { body: { stars: 5, comment: 'On time' } });
  // Bob has named nothing to pay with: he owes, and rides again when that is paid.
  const chargeState = async () => (await bob.get('/payments')).items[0]?.state;
  await until(async () => (await chargeState()) === 'declined');
  const refused = await bob.call('POST', '/rides', { body: RIDE });
  assert.equal(refused.status, 409);
  assert.match(refused.body.detail, /payments\/method/);
  await bob.put('/payments/method', { body: { token: 'sandbox_ok' } });
  await until(async () => (await chargeState()) === 'succeeded');
  const receipt = await bob.get(`/rides/${ride.ride_id}/receipt`);
  assert.deepEqual([receipt.total, receipt.fare.parts], [ride.fare.total, ride.fare.parts]);
  assert.deepEqual([receipt.ride.status, receipt.charge.state], ['completed', 'succeeded']);
  assert.equal((await carol.call('GET', `/rides/${ride.ride_id}/receipt`)).status, 404);
  const { total: earned } = await alice.get(`/rides/${ride.ride_id}/receipt`);
  assert.deepEqual((await alice.get('/drivers/me/earnings')).sums, [
    { currency: 'USD', earned, payable: earned, in_transit: 0, paid: 0 },
  ]);
  assert.equal((await bob.post('/rides', { body: RIDE })).status, 'requested');
  assert.equal(stranger.count('ride') + stranger.count('ride_position'), 0);
  again.cut();
  stranger.cut();
  await driver.close();
});
