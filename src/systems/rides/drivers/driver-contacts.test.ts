import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createRidesSetting, type RidesSetting } from '../../../../test/support/rides-setting.ts';
import { until } from '../../../../test/support/until.ts';
import type { Id } from '../../../core/ids.ts';

describe('contact with a driver', () => {
  let setting: RidesSetting;
  before(async () => {
    setting = await createRidesSetting();
  });
  after(() => setting.close());

  const rowOf = async (userId: Id) => {
    const [row] = await setting.read<{
      readonly state: string;
      readonly lost_state: string | null;
      readonly server_id: string | null;
      readonly contact_lost_at: Date | null;
      readonly version: number;
    }>(
      'test_read_contact',
      'SELECT state, lost_state, server_id, contact_lost_at, version FROM drivers WHERE driver_id = $1',
      [userId],
    );
    assert.ok(row !== undefined);
    return row;
  };
  /** As if it had been lost so long ago. */
  const age = (userId: Id, seconds: number) =>
    setting.write(
      'test_age_contact',
      `UPDATE drivers SET contact_lost_at = now() - make_interval(secs => $2) WHERE driver_id = $1`,
      [userId, seconds],
    );
  const put = (userId: Id, state: string) =>
    setting.write('test_put_state', 'UPDATE drivers SET state = $2 WHERE driver_id = $1', [userId, state]);
  async function leave(client: { close(): Promise<void> }, userId: Id): Promise<void> {
    await client.close();
    await until(async () => (await rowOf(userId)).server_id === null);
  }

  it('that comes back in time was never lost', async () => {
    const alice = await setting.addDriver();
    const client = await setting.connect(alice);
    await client.first('ready');
    assert.equal((await rowOf(alice)).contact_lost_at, null);
    await leave(client, alice);
    await age(alice, 29);
    await setting.runJob('lose-drivers');
    assert.equal((await rowOf(alice)).state, 'available');
    const again = await setting.connect(alice);
    await again.first('ready');
    const { contact_lost_at: lostAt, server_id: serverId } = await rowOf(alice);
    assert.deepEqual([lostAt, serverId === null], [null, false]);
    await again.close();
  });

  it('is lost after a while, and what was being done goes on when it is back', async () => {
    for (const state of ['available', 'reserved', 'on_trip', 'stopped']) {
      const bob = await setting.addDriver();
      await put(bob, state);
      const client = await setting.connect(bob);
      await leave(client, bob);
      const { version } = await rowOf(bob);
      await age(bob, 31);
      await setting.runJob('lose-drivers');
      const lost = await rowOf(bob);
      assert.deepEqual([lost.state, lost.lost_state, lost.version], ['non_contactable', state, version + 1]);
      await setting.runJob('lose-drivers');
      assert.equal((await rowOf(bob)).version, version + 1);
      const again = await setting.connect(bob);
      assert.equal((await again.first('ready')).state, state);
      const { body } = await setting.call('GET', '/drivers/me', bob);
      assert.deepEqual([body.state, body.lost_state, body.state_event], [state, null, 'comms_restored']);
      await again.close();
    }
  });

  it('need not be kept by who is off duty', async () => {
    const carol = await setting.addDriver('non_operational');
    const client = await setting.connect(carol);
    await leave(client, carol);
    assert.equal((await rowOf(carol)).contact_lost_at, null);
    await setting.runJob('lose-drivers');
    assert.equal((await rowOf(carol)).state, 'non_operational');
  });

  it('is expected of who goes on duty', async () => {
    const alice = await setting.addDriver();
    assert.notEqual((await rowOf(alice)).contact_lost_at, null);
    await age(alice, 31);
    await setting.runJob('lose-drivers');
    assert.equal((await rowOf(alice)).state, 'non_contactable');
    const { body } = await setting.call('PUT', '/drivers/me/state', alice, { state: 'non_operational' });
    assert.equal(body.state, 'non_operational');
    await setting.call('PUT', '/drivers/me/state', alice, { state: 'available' });
    const client = await setting.connect(alice);
    await setting.call('PUT', '/drivers/me/state', alice, { state: 'available' });
    assert.equal((await rowOf(alice)).contact_lost_at, null);
    await client.close();
  });

  it('is lost with the process that had it, once that is not seen any more', async () => {
    const bob = await setting.addDriver();
    const other = await setting.openOther();
    const client = await other.connect(bob);
    await client.first('ready');
    const { server_id: serverId } = await rowOf(bob);
    await setting.runJob('bury-driver-servers');
    assert.equal((await rowOf(bob)).server_id, serverId);
    await setting.write(
      'test_age_server',
      `UPDATE driver_servers SET seen_at = now() - interval '16 s' WHERE server_id = $1`,
      [serverId],
    );
    await setting.runJob('bury-driver-servers');
    const row = await rowOf(bob);
    assert.deepEqual([row.server_id, row.contact_lost_at === null], [null, false]);
    // It was alive after all, and finds out.
    setting.time.aheadMs += 6_000;
    other.rides.streams.beat();
    await until(() => client.closeCode() !== undefined);
    assert.equal((await client.first('end')).reason, 'lost');
    const again = await other.connect(bob);
    await again.first('ready');
    assert.equal((await rowOf(bob)).contact_lost_at, null);
    await again.close();
  });

  it('that others believe lost is given up, so that the driver opens another', async () => {
    const carol = await setting.addDriver();
    const client = await setting.connect(carol);
    await client.first('ready');
    await setting.write(
      'test_lose_wrongly',
      `UPDATE drivers SET contact_lost_at = now() - interval '1 h' WHERE driver_id = $1`,
      [carol],
    );
    await setting.runJob('lose-drivers');
    await until(() => client.closeCode() !== undefined);
    assert.equal((await client.first('end')).reason, 'lost');
    const again = await setting.connect(carol);
    assert.equal((await again.first('ready')).state, 'available');
    await again.close();
  });

  it('ends for all at once, however many there are', async () => {
    const drivers: Id[] = [];
    for (let n = 0; n < 20; n += 1) drivers.push(await setting.addDriver());
    const clients = await Promise.all(drivers.map((driverId) => setting.connect(driverId)));
    await Promise.all(clients.map((client) => client.close()));
    await until(async () => {
      const rows = await Promise.all(drivers.map(rowOf));
      return rows.every(({ contact_lost_at: lostAt }) => lostAt !== null);
    });
    for (const driverId of drivers) await age(driverId, 31);
    await Promise.all([setting.runJob('lose-drivers'), setting.runJob('lose-drivers')]);
    const rows = await Promise.all(drivers.map(rowOf));
    assert.ok(rows.every(({ state }) => state === 'non_contactable'));
  });
});
