import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createRidesSetting, PRIUS, type RidesSetting } from '../../../../test/support/rides-setting.ts';
import type { Id } from '../../../core/ids.ts';
import { PLATE_LENGTH_MAX, RIDE_TYPES, SEATS_MAX, VEHICLE_TEXT_LENGTH_MAX } from './driver.ts';
import { DRIVER_STATES, OWN_STATES } from './driver-states.ts';

const BODY = { vehicle: PRIUS, ride_types: ['economy'] };

describe('drivers', () => {
  let setting: RidesSetting;
  before(async () => {
    setting = await createRidesSetting();
  });
  after(() => setting.close());

  const register = (userId: Id, body: object = BODY, headers = {}) =>
    setting.call('PUT', '/drivers/me', userId, body, headers);
  const setState = (userId: Id, state: string) => setting.call('PUT', '/drivers/me/state', userId, { state });
  const put = (userId: Id, state: string, lostState: string | null = null) =>
    setting.write(
      'test_put_state',
      'UPDATE drivers SET state = $2, lost_state = $3, contact_lost_at = NULL WHERE driver_id = $1',
      [userId, state, lostState],
    );

  it('are users who have said what they drive', async () => {
    const alice = setting.addPerson();
    const missing = await setting.call('GET', '/drivers/me', alice);
    assert.equal(missing.status, 404);
    assert.match(missing.body.detail, /PUT \/drivers\/me/);
    const { status, body } = await register(alice, {
      vehicle: { ...PRIUS, make: ' Toyota ', plate: 't123456c' },
      ride_types: ['xl', 'economy'],
    });
    assert.equal(status, 200);
    assert.deepEqual(body.vehicle, PRIUS);
    assert.deepEqual(body.ride_types, ['economy', 'xl']);
    const { driver_id: driverId, state, lost_state: lostState, rating } = body;
    assert.deepEqual([driverId, state, lostState, rating], [String(alice), 'non_operational', null, null]);
    assert.deepEqual((await setting.call('GET', '/drivers/me', alice)).body, body);
    assert.equal((await setting.call('GET', '/drivers/me', undefined)).status, 401);
  });

  it('may change their vehicle, but not during a ride', async () => {
    const bob = await setting.addDriver();
    const other = { vehicle: { ...PRIUS, seats: 6 }, ride_types: ['xl'] };
    assert.equal((await register(bob, other)).body.vehicle.seats, 6);
    for (const [state, lost] of [
      ['reserved', null],
      ['on_trip', null],
      ['stopped', null],
      ['non_contactable', 'on_trip'],
    ] as const) {
      await put(bob, state, lost);
      assert.equal((await register(bob)).status, 409, state);
    }
    await put(bob, 'non_contactable', 'available');
    assert.equal((await register(bob)).body.state, 'non_contactable');
  });

  it('say it once under an idempotency key', async () => {
    const carol = setting.addPerson();
    const first = await register(carol, BODY, { 'idempotency-key': 'a' });
    const second = await register(carol, BODY, { 'idempotency-key': 'a' });
    assert.deepEqual(second.body, first.body);
    assert.equal(second.headers['idempotent-replayed'], 'true');
    const other = await register(carol, { ...BODY, ride_types: ['xl'] }, { 'idempotency-key': 'a' });
    assert.equal(other.status, 422);
  });

  it('have vehicles that can be described, within limits', async () => {
    const alice = setting.addPerson();
    const vehicle = (changes: object) => register(alice, { ...BODY, vehicle: { ...PRIUS, ...changes } });
    const long = 'x'.repeat(VEHICLE_TEXT_LENGTH_MAX);
    const most = {
      make: long,
      model: long,
      colour: long,
      plate: 'x'.repeat(PLATE_LENGTH_MAX),
      seats: SEATS_MAX,
    };
    assert.equal((await vehicle(most)).status, 200);
    assert.equal((await vehicle({ seats: 1 })).status, 200);
    const wrong: [object, string][] = [
      [{ make: `${long}x` }, 'vehicle.make'],
      [{ model: '' }, 'vehicle.model'],
      [{ colour: ' \u200d ' }, 'vehicle.colour'],
      [{ colour: 'bl\u202eack' }, 'vehicle.colour'],
      [{ plate: `${most.plate}x` }, 'vehicle.plate'],
      [{ seats: SEATS_MAX + 1 }, 'vehicle.seats'],
      [{ seats: 0 }, 'vehicle.seats'],
      [{ seats: 1.5 }, 'vehicle.seats'],
      [{ wings: 2 }, 'vehicle'],
    ];
    for (const [changes, field] of wrong) {
      const { status, body } = await vehicle(changes);
      assert.equal(status, 422, JSON.stringify(changes));
      assert.ok(body.errors[0].field.startsWith(field), `${body.errors[0].field} for ${field}`);
    }
    for (const types of [[], ['rocket'], ['xl', 'xl'], [...RIDE_TYPES, 'xl']]) {
      assert.equal((await register(alice, { ...BODY, ride_types: types })).status, 422, types.join());
    }
  });

  it('go on and off duty, as often as they say it', async () => {
    const bob = await setting.addDriver('non_operational');
    for (const state of ['available', 'available', 'non_operational', 'non_operational']) {
      const { status, body } = await setState(bob, state);
      assert.deepEqual([status, body.state], [200, state]);
    }
    const events = await setting.read<{ event: string }>(
      'test_read_drivers',
      `SELECT payload->>'state_event' AS event FROM event_log WHERE key = $1 AND kind = 'state_changed'
       UNION ALL SELECT payload->>'state_event' FROM outbox WHERE key = $1 AND kind = 'state_changed'`,
      [bob],
    );
    assert.deepEqual(events.map(({ event }) => event).sort(), ['service_end', 'service_start']);
  });

  it('cannot say of themselves what comes with a ride, nor leave one', async () => {
    const carol = await setting.addDriver();
    for (const state of DRIVER_STATES.filter((each) => !OWN_STATES.some((own) => own === each))) {
      assert.equal((await setState(carol, state)).status, 422, state);
    }
    for (const state of ['reserved', 'on_trip', 'stopped']) {
      await put(carol, state);
      for (const own of OWN_STATES) {
        const { status, body } = await setState(carol, own);
        assert.equal(status, 409, `${state} to ${own}`);
        assert.match(body.detail, new RegExp(state));
      }
      await put(carol, 'non_contactable', state);
      assert.equal((await setState(carol, 'non_operational')).status, 409);
    }
    assert.equal((await setState(setting.addPerson(), 'available')).status, 404);
  });

  it('whose connection is lost may go off duty; on duty they come by connecting', async () => {
    const alice = await setting.addDriver();
    await put(alice, 'non_contactable', 'available');
    const refused = await setState(alice, 'available');
    assert.equal(refused.status, 409);
    assert.match(refused.body.detail, /stream/);
    const { body } = await setState(alice, 'non_operational');
    assert.deepEqual([body.state, body.lost_state], ['non_operational', null]);
  });

  it('change one after the other, however many requests there are', async () => {
    const bob = await setting.addDriver('non_operational');
    const states = Array.from({ length: 20 }, (_, n) => OWN_STATES[n % 2] ?? 'available');
    const answers = await Promise.all(states.map((state) => setState(bob, state)));
    assert.ok(answers.every(({ status }) => status === 200));
    const [row] = await setting.read<{ version: number; changes: number }>(
      'test_read_version',
      `SELECT version, (SELECT count(*) FROM (SELECT key, kind FROM outbox UNION ALL SELECT key, kind FROM event_log)
         AS events WHERE key = $1 AND kind = 'state_changed') AS changes FROM drivers WHERE driver_id = $1`,
      [bob],
    );
    assert.equal(row?.version, 1 + (row?.changes ?? 0));
  });

  it('are gone with their account, positions and all', async () => {
    const carol = await setting.addDriver();
    await setting.write(
      'test_put_position',
      `INSERT INTO driver_positions (driver_id, recorded_at, shard, lat_e7, lng_e7, accuracy_dm, sequence)
       SELECT $1, now() - n * interval '1 s', 1, 1, 1, 1, 1 FROM generate_series(1, 2100) AS n`,
      [carol],
    );
    await setting.sql.transaction((transaction) =>
      setting.eventLog.append(transaction, [
        { topic: 'users', kind: 'deleted', key: carol, ownerId: carol, payload: { user_id: String(carol) } },
      ]),
    );
    const rows = () =>
      setting.read<{ state: string; plate: string }>(
        'test_read_removed',
        'SELECT state, plate FROM drivers WHERE driver_id = $1',
        [carol],
      );
    while ((await rows())[0]?.state !== 'removed') await setting.clock.sleep(5);
    assert.equal((await rows())[0]?.plate, '');
    assert.equal((await setting.call('GET', '/drivers/me', carol)).status, 404);
    assert.equal((await setState(carol, 'available')).status, 404);
    assert.equal((await register(carol)).status, 404);
    await setting.runJob('erase-drivers');
    assert.deepEqual(await rows(), []);
    const left = await setting.read<{ left: number }>(
      'test_count_positions',
      'SELECT count(*) AS left FROM driver_positions WHERE driver_id = $1',
      [carol],
    );
    assert.equal(left[0]?.left, 0);
  });
});
