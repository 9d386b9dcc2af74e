/** Two processes of the whole product that both could dispatch, of which the one that does is killed with an offer open. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { API } from '../../src/client/api-client.ts';
import { systemClock } from '../../src/core/clock.ts';
import { encodePoints } from '../../src/systems/rides/positions/binary-points.ts';
import { atEnd } from '../support/at-end.ts';
import { createJourneyClient, type Person } from '../support/journey-client.ts';
import { postgresOfRun } from '../support/postgres-engines.ts';
import { type DriverClient, openDriverClient, PRIUS } from '../support/rides-setting.ts';
import { openHome } from '../support/timeline-run.ts';
import { until } from '../support/until.ts';

const PICKUP = { lat: 40.7128, lng: -74.006 };
const RIDE = { pickup: PICKUP, dropoff: { lat: 40.7484, lng: -73.9857 }, ride_type: 'economy' };
/** 5 s by design, `npm run test:rides` measures it; and a busy machine. */
const TAKEOVER_MS = 15_000;

it('dispatching goes on in another process when the one that did it is killed', async (test) => {
  const postgres = postgresOfRun();
  if (postgres === undefined) return test.skip('set GROUNDSWELL_TEST_DATABASE_URL, or use npm test');
  const database = await postgres.createDatabase();
  atEnd(test, () => database.drop());
  const settings = { GROUNDSWELL_DATABASE_URL: database.url, GROUNDSWELL_DATABASE_POOL_SIZE: '6' };
  const first = await (await openHome(test)).start(settings);
  const second = await (await openHome(test)).start(settings);
  const client = createJourneyClient(() => second.url);

  async function connect(person: Person, url: string): Promise<DriverClient> {
    const driver = await openDriverClient(`${url}${API}`, person.token);
    const { sequence } = await driver.first('ready');
    const point = { ...PICKUP, atMs: systemClock.nowMs(), accuracyM: 5 };
    driver.send(encodePoints({ sequence: sequence + 1, points: [point] }));
    await until(() => driver.of('ack').length > 0);
    return driver;
  }
  const led = async (url: string) => {
    const metrics = await (await fetch(`${url}/metrics`)).text();
    return Number(/^dispatch_cities (\d+)$/m.exec(metrics)?.[1]);
  };
  async function signUpDriver(name: string): Promise<Person> {
    const person = await client.signUp(name);
    await person.put('/drivers/me', { body: { vehicle: PRIUS, ride_types: ['economy'] } });
    await person.put('/drivers/me/state', { body: { state: 'available' } });
    return person;
  }

  const [alice, carol] = [await signUpDriver('alice'), await signUpDriver('carol')];
  const bob = await client.signUp('bob');
  const before = await connect(alice, first.url);
  await until(async () => (await led(first.url)) > 0);
  assert.equal(await led(second.url), 0, 'a process without drivers leaves cities to others');
  const ride = await bob.post('/rides', { body: RIDE });
  await until(() => before.of('offer').length > 0);
  assert.equal(before.of('offer')[0].ride_id, ride.ride_id);

  const other = await connect(carol, second.url);
  await first.kill();
  const killedMs = systemClock.monotonicMs();
  await until(async () => (await led(second.url)) > 0);
  assert.ok(systemClock.monotonicMs() - killedMs < TAKEOVER_MS);
  const again = await connect(alice, second.url);
  const offer = await again.first('offer');
  assert.equal(offer.ride_id, ride.ride_id);
  await alice.post(`/offers/${offer.offer_id}/decline`);
  await until(() => other.of('offer').length > 0);
  await carol.post(`/offers/${other.of('offer')[0].offer_id}/accept`);
  const { status, driver_id: driverId } = await bob.get(`/rides/${ride.ride_id}`);
  assert.deepEqual([status, driverId], ['accepted', carol.userId]);
  assert.equal(again.of('offer').length, 1);
});
