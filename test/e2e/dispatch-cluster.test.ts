/**
 * Drivers at two api processes, rides dispatched by one of two others, and where drivers are in a Redis Cluster: whoever leads
 * reaches all drivers. The leader is killed, then an api with a driver who has an offer open; all that is in Redis is lost; and an api
 * is stopped without being killed, whose drivers nobody can reach.
 */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { findFreePort } from '../../src/bench/server-process.ts';
import { API } from '../../src/client/api-client.ts';
import { systemClock } from '../../src/core/clock.ts';
import type { Id } from '../../src/core/ids.ts';
import { readStatement } from '../../src/ports/sql-store/sql-store.ts';
import { SERVER_SUSPECT_MS } from '../../src/systems/rides/drivers/driver-contacts.ts';
import { encodePoints } from '../../src/systems/rides/positions/binary-points.ts';
import { atEnd } from '../support/at-end.ts';
import { createJourneyClient, type Person } from '../support/journey-client.ts';
import { postgresOfRun } from '../support/postgres-engines.ts';
import { redisBackend, startRedisCluster } from '../support/redis-engines.ts';
import { describeOnBackend } from '../support/required-backends.ts';
import { type DriverClient, openDriverClient, PRIUS } from '../support/rides-setting.ts';
import { type RoleProcess, startRoleProcess } from '../support/role-process.ts';
import { openHome, openSql } from '../support/timeline-run.ts';
import { until } from '../support/until.ts';

const PICKUP = { lat: 40.7128, lng: -74.006 };
/** A kilometre north of it. */
const FURTHER = { lat: 40.7218, lng: -74.006 };
const RIDE = { pickup: PICKUP, dropoff: { lat: 40.7484, lng: -73.9857 }, ride_type: 'economy' };
/** 5 s by design, `npm run test:rides` measures it; and a busy machine. */
const TAKEOVER_MS = 15_000;

const countSilent = readStatement<[silentS: number], { readonly silent: number }>(
  'test_count_silent_servers',
  `SELECT count(*)::int AS silent FROM driver_servers WHERE seen_at < now() - make_interval(secs => $1)
   AND EXISTS (SELECT FROM drivers WHERE drivers.server_id = driver_servers.server_id)`,
);
const getOffered = readStatement<[rideId: Id], { readonly driver_id: Id }>(
  'test_get_offered',
  'SELECT driver_id FROM offers WHERE ride_id = $1',
);

interface Dispatcher extends RoleProcess {
  /** How many cities it leads. */
  led(): Promise<number>;
}

interface Driver {
  readonly person: Person;
  readonly stream: DriverClient;
  /** Says again where they are. */
  report(): void;
}

describeOnBackend('dispatching across processes', redisBackend('redis-cluster'), (program) => {
  it('reaches every driver, and goes on when a dispatcher, an api and all in Redis are lost, and an api stands still', async (test) => {
    const postgres = postgresOfRun();
    if (postgres === undefined) return test.skip('set GROUNDSWELL_TEST_DATABASE_URL, or use npm test');
    const redis = await startRedisCluster(program);
    atEnd(test, () => redis.close());
    const database = await postgres.createDatabase();
    atEnd(test, () => database.drop());
    const settings = {
      GROUNDSWELL_DATABASE_URL: database.url,
      GROUNDSWELL_DATABASE_POOL_SIZE: '6',
      GROUNDSWELL_REDIS_URL: redis.url,
    };
    const startApi = async () =>
      (await openHome(test)).start({ ...settings, GROUNDSWELL_ROLES: 'api,worker' });
    const [first, second] = [await startApi(), await startApi()];
    const client = createJourneyClient(() => second.url);

    async function startDispatcher(): Promise<Dispatcher> {
      const port = await findFreePort();
      const process = startRoleProcess(test, 'dispatch', {
        ...settings,
        GROUNDSWELL_OPERATIONS_PORT: String(port),
      });
      const metrics = () => fetch(`http://127.0.0.1:${port}/metrics`).then((answer) => answer.text());
      const led = async () =>
        Number(/^dispatch_cities (\d+)$/m.exec(await metrics().catch(() => ''))?.[1] ?? 0);
      return { ...process, led };
    }
    async function connect(person: Person, url: string, place = PICKUP): Promise<Driver> {
      const stream = await openDriverClient(`${url}${API}`, person.token);
      let { sequence } = await stream.first('ready');
      const report = (): void => {
        sequence += 1;
        const points = [{ ...place, atMs: systemClock.nowMs(), accuracyM: 5 }];
        stream.send(encodePoints({ sequence, points }));
      };
      report();
      await until(() => stream.of('ack').length > 0);
      return { person, stream, report };
    }
    async function signUpDriver(name: string, url: string, place = PICKUP): Promise<Driver> {
      const person = await client.signUp(name);
      await person.put('/drivers/me', { body: { vehicle: PRIUS, ride_types: ['economy'] } });
      await person.put('/drivers/me/state', { body: { state: 'available' } });
      return connect(person, url, place);
    }
    const offered = async ({ stream }: Driver, rideId: string) => {
      const offer = () => stream.of('offer').find((message) => message.ride_id === rideId);
      await until(() => offer() !== undefined);
      return offer().offer_id;
    };
    const ask = async (name: string) => {
      const rider = await client.signUp(name);
      const { ride_id: rideId } = await rider.post('/rides', { body: RIDE });
      return { rideId, driver: async () => (await rider.get(`/rides/${rideId}`)).driver_id, rider };
    };

    const dispatchers = [await startDispatcher(), await startDispatcher()];
    const leader = async () => {
      const led = await Promise.all(dispatchers.map((each) => each.led()));
      return led.findIndex((cities) => cities > 0);
    };
    const alice = await signUpDriver('alice', first.url);
    const carol = await signUpDriver('carol', second.url);
    const bob = await ask('bob');
    const [, toCarol] = await Promise.all([offered(alice, bob.rideId), offered(carol, bob.rideId)]);
    await carol.person.post(`/offers/${toCarol}/accept`);
    assert.equal(await bob.driver(), carol.person.userId);
    await until(() => alice.stream.of('offer_ended').length > 0);

    const place = await leader();
    const [killed] = dispatchers.splice(place, 1);
    await killed?.kill();
    const killedMs = systemClock.monotonicMs();
    await until(async () => (await leader()) >= 0);
    assert.ok(systemClock.monotonicMs() - killedMs < TAKEOVER_MS);
    const dave = await ask('dave');
    await offered(alice, dave.rideId);

    await first.kill();
    const again = await connect(alice.person, second.url);
    await alice.person.post(`/offers/${await offered(again, dave.rideId)}/accept`);
    assert.equal(await dave.driver(), alice.person.userId);

    await redis.flush();
    await dave.rider.post(`/rides/${dave.rideId}/cancel`);
    const erin = await ask('erin');
    again.report();
    await alice.person.post(`/offers/${await offered(again, erin.rideId)}/accept`);

    // Right at the pickup, and connected to a process that says nothing any more; further away, another.
    const third = await startApi();
    const frank = await signUpDriver('frank', third.url);
    const gail = await signUpDriver('gail', second.url, FURTHER);
    process.kill(third.pid, 'SIGSTOP');
    atEnd(test, () => void process.kill(third.pid, 'SIGCONT'));
    const sql = openSql(test, database.connection);
    await until(async () => (await sql.query(countSilent, [SERVER_SUSPECT_MS / 1_000]))[0]?.silent === 1);
    const harry = await ask('harry');
    const offer = await offered(gail, harry.rideId);
    const asked = (await sql.query(getOffered, [Number(harry.rideId)])).map(({ driver_id }) => driver_id);
    assert.ok(!asked.includes(Number(frank.person.userId)));
    await gail.person.post(`/offers/${offer}/accept`);
    assert.equal(await harry.driver(), gail.person.userId);
    process.kill(third.pid, 'SIGCONT');
  });
});
