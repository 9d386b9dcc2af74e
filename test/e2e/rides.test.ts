/** Drivers and riders with the whole product, which is stopped and killed under them. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { ServerProcess } from '../../src/bench/server-process.ts';
import { API } from '../../src/client/api-client.ts';
import { systemClock } from '../../src/core/clock.ts';
import { encodePoints } from '../../src/systems/rides/positions/binary-points.ts';
import { runCommand } from '../support/command.ts';
import { createJourneyClient } from '../support/journey-client.ts';
import { openDriverClient, PRIUS } from '../support/rides-setting.ts';
import { createServerHome, type ServerHome } from '../support/server-process.ts';
import { until } from '../support/until.ts';

const DRIVER = { vehicle: PRIUS, ride_types: ['economy'] };
const CITY_HALL = { lat: 40.7128, lng: -74.006 };

describe('rides', () => {
  let home: ServerHome;
  let server: ServerProcess;
  before(async () => {
    home = await createServerHome();
    server = await home.start();
  });
  after(() => home.close());

  const client = createJourneyClient(() => server.url);
  const connect = (token: string) => openDriverClient(`${server.url}${API}`, token);
  const point = (sequence: number) =>
    encodePoints({ sequence, points: [{ ...CITY_HALL, atMs: systemClock.nowMs(), accuracyM: 5 }] });

  it('know where a driver is up to the last point, though the server stops, and goes on when it is killed', async () => {
    const alice = await client.signUp('alice');
    await alice.put('/drivers/me', { body: DRIVER });
    await alice.put('/drivers/me/state', { body: { state: 'available' } });
    const first = await connect(alice.token);
    assert.deepEqual(await first.first('ready'), { type: 'ready', state: 'available', sequence: 0 });
    for (const sequence of [1, 2, 3]) {
      first.send(point(sequence));
      await systemClock.sleep(5);
    }
    await until(() => first.of('ack').at(-1)?.sequence === 3);
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    assert.match(metrics, /^driver_positions_accepted_total 3$/m);
    assert.match(metrics, /^driver_streams 1$/m);

    assert.equal(await server.stop(), 0);
    assert.equal((await first.first('end')).reason, 'draining');
    server = await home.start();
    // The worker writes it down when it is there again.
    await until(async () => {
      const again = await connect(alice.token);
      const { sequence } = await again.first('ready');
      await again.close();
      return sequence === 3;
    });

    const second = await connect(alice.token);
    second.send(point(4));
    await until(() => second.of('ack').length > 0);
    await server.kill();
    await until(() => second.closeCode() !== undefined);
    server = await home.start();
    const third = await connect(alice.token);
    const { state, sequence } = await third.first('ready');
    assert.equal(state, 'available');
    assert.ok(sequence === 3 || sequence === 4, `${sequence}`);
    await third.close();
  });

  it('end for a driver who signs out, within a second', async () => {
    const bob = await client.signUp('bob');
    await bob.put('/drivers/me', { body: DRIVER });
    const stream = await connect(bob.token);
    await stream.first('ready');
    assert.equal((await bob.call('DELETE', '/sessions/current')).status, 204);
    await until(() => stream.closeCode() === 4001);
  });

  it('cost what is reckoned again from what was kept of the price', async () => {
    const carol = await client.signUp('carol');
    const body = { pickup: CITY_HALL, dropoff: { lat: 40.7484, lng: -73.9857 }, ride_type: 'economy' };
    const { ride_id: rideId, fare } = await carol.post('/rides', { body });
    const run = (...args: string[]) => runCommand(['rides', ...args, '--data', home.dataFolder]);
    const one = await run('recompute-fare', rideId);
    assert.equal(one.code, 0, one.stderr);
    assert.match(one.stdout, new RegExp(`total +${fare.total} +${fare.total}`));
    assert.match(one.stdout, /The price is as it should be\./);
    const all = await run('recompute-fare', '--all');
    assert.match(all.stdout, /Reckoned 1 price again; .*: all as they should be\./);
    assert.match((await run('surge', 'atlantis')).stderr, /no city atlantis, but new_york, everywhere/);
  });
});
