/**
 * Rides end by the hundred, announced more than once, while the provider is hostile and the server is killed twice. In the end everybody
 * has paid once or owes, and the ledger is zero. `npm run test:payments` has people driven for it.
 */
import assert from 'node:assert/strict';
import { it, type TestContext } from 'node:test';
import type { ServerProcess } from '../../src/bench/server-process.ts';
import { systemClock, systemRandomness } from '../../src/core/clock.ts';
import { composeId, type Id } from '../../src/core/ids.ts';
import type { NewEvent } from '../../src/ports/event-log/event-log.ts';
import { createPostgresEventLog } from '../../src/ports/event-log/postgres-event-log.ts';
import { readStatement, type SqlStore, writeStatement } from '../../src/ports/sql-store/sql-store.ts';
import { createLog } from '../../src/telemetry/log.ts';
import { atEnd } from '../support/at-end.ts';
import { runCommand } from '../support/command.ts';
import { postgresOfRun } from '../support/postgres-engines.ts';
import { openHome, openSql } from '../support/timeline-run.ts';
import { until } from '../support/until.ts';

const RIDES = 200;
const RIDERS = 60;
const DRIVERS = 10;
/** Of how many rides one is cancelled, with a fee. */
const CANCELLED_EVERY = 5;
const WAIT_MS = 120_000;
const EPOCH_MS = Date.UTC(2026, 0, 1);
const SETTINGS = { GROUNDSWELL_RATE_LIMITS: 'off', GROUNDSWELL_ROLES: 'api,worker' };

const insertMethods = writeStatement<[userIds: readonly Id[], tokens: readonly string[]]>(
  'test_insert_methods',
  `INSERT INTO payment_methods (user_id, shard, token, label)
   SELECT user_id, 0, token, 'card' FROM unnest($1::bigint[], $2::text[]) AS made (user_id, token)
   ON CONFLICT DO NOTHING`,
);

const insertRides = writeStatement<
  [
    rideIds: readonly Id[],
    riderIds: readonly Id[],
    driverIds: readonly Id[],
    statuses: readonly string[],
    fares: readonly string[],
  ]
>(
  'test_insert_rides',
  `INSERT INTO rides (ride_id, shard, rider_id, driver_id, status, fare, fee_total, fee_to_driver, ended_at, city, ride_type,
     pickup_lat_e7, pickup_lng_e7, dropoff_lat_e7, dropoff_lng_e7)
   SELECT ride_id, 0, rider_id, driver_id, status, fare::json, CASE status WHEN 'cancelled' THEN 500 END,
     CASE status WHEN 'cancelled' THEN 375 END, now() - interval '1 hour', 'new_york', 'economy', 0, 0, 0, 0
   FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[], $5::text[])
     AS made (ride_id, rider_id, driver_id, status, fare)`,
);

interface Progress {
  readonly charges: number;
  readonly settled: number;
}

const readProgress = readStatement<[], Progress>(
  'test_read_progress',
  `SELECT count(*)::int AS charges, (count(*) FILTER (WHERE state <> 'due'))::int AS settled FROM payments WHERE kind = 'charge'`,
);

/** What the provider has taken for each ride, by its own books. */
const readTaken = readStatement<[], { rides: number; takings: number; amount: number }>(
  'test_read_taken',
  `SELECT count(DISTINCT reference)::int AS rides, count(*)::int AS takings, sum(amount)::bigint AS amount
   FROM sandbox_payments WHERE kind = 'charge' AND outcome = 'succeeded'`,
);

const readOwed = readStatement<[], { owed: number; amount: number; paid: number }>(
  'test_read_owed',
  `SELECT (count(*) FILTER (WHERE state = 'declined'))::int AS owed,
     coalesce(sum(amount) FILTER (WHERE state = 'declined'), 0)::bigint AS amount,
     coalesce(sum(amount) FILTER (WHERE state = 'succeeded'), 0)::bigint AS paid FROM payments WHERE kind = 'charge'`,
);

interface MadeRide {
  readonly rideId: Id;
  readonly riderId: Id;
  readonly driverId: Id;
  readonly status: 'completed' | 'cancelled';
  readonly fare: { readonly currency: string; readonly total: number; readonly to_driver: number };
}

function makeRides(): MadeRide[] {
  return Array.from({ length: RIDES }, (_, n) => ({
    rideId: composeId(EPOCH_MS + 10_000 + n, 1, 0),
    riderId: composeId(EPOCH_MS + (n % RIDERS), 1, 0),
    driverId: composeId(EPOCH_MS + 1_000 + (n % DRIVERS), 1, 0),
    status: n % CANCELLED_EVERY === 0 ? 'cancelled' : 'completed',
    fare: { currency: 'USD', total: 800 + n, to_driver: 600 + Math.floor(n / 2) },
  }));
}

const costOf = ({ status, fare }: MadeRide): number => (status === 'cancelled' ? 500 : fare.total);

/** Writes the rides, and announces each of them twice. */
async function endRides(sql: SqlStore, rides: readonly MadeRide[]): Promise<void> {
  const log = createLog({ level: 'silent', pretty: false });
  const eventLog = createPostgresEventLog({
    ...{ sqlStore: sql, clock: systemClock, randomness: systemRandomness, log },
  });
  const riderIds = [...new Set(rides.map(({ riderId }) => riderId))];
  await sql.query(insertMethods, [riderIds, riderIds.map((_, n) => `sandbox_hostile_${n}`)]);
  await sql.query(insertRides, [
    rides.map(({ rideId }) => rideId),
    rides.map(({ riderId }) => riderId),
    rides.map(({ driverId }) => driverId),
    rides.map(({ status }) => status),
    rides.map(({ fare }) => JSON.stringify(fare)),
  ]);
  for (let round = 0; round < 2; round += 1) {
    await sql.transaction((transaction) => eventLog.append(transaction, rides.map(endOf)));
  }
  await eventLog.close();
}

function endOf({ rideId, riderId, driverId, status, fare }: MadeRide): NewEvent {
  const fee = status === 'cancelled' ? { currency: 'USD', total: 500, to_driver: 375 } : null;
  return {
    ...{ topic: 'rides', key: rideId, ownerId: riderId, kind: status },
    payload: {
      ...{ ride_id: String(rideId), rider_id: String(riderId), driver_id: String(driverId) },
      ...{ status, fare, fee },
    },
  };
}

const untilSettled = (sql: SqlStore, share: number) =>
  until(async () => {
    const [progress] = await sql.query(readProgress, []);
    return (progress?.settled ?? 0) >= RIDES * share;
  }, WAIT_MS);

async function check(databaseUrl: string, command: string) {
  const { code, stdout, stderr } = await runCommand([
    ...['payments', command, '--database-url', databaseUrl, '--json'],
  ]);
  assert.equal(code, 0, stdout + stderr);
  return JSON.parse(stdout);
}

it('charges everybody once, or they owe, whenever it is killed; the ledger is zero, and is what the provider says', async (test: TestContext) => {
  const postgres = postgresOfRun();
  if (postgres === undefined) return test.skip('set GROUNDSWELL_TEST_DATABASE_URL, or use npm test');
  const database = await postgres.createDatabase();
  atEnd(test, () => database.drop());
  const home = await openHome(test);
  const start = () => home.start({ ...SETTINGS, GROUNDSWELL_DATABASE_URL: database.url });
  const sql = openSql(test, database.connection);
  const rides = makeRides();
  let server: ServerProcess = await start();
  await endRides(sql, rides.slice(0, Math.ceil(RIDES / 2)));
  await untilSettled(sql, 0.2);
  await server.kill();
  server = await start();
  await endRides(sql, rides.slice(Math.ceil(RIDES / 2)));
  await untilSettled(sql, 0.7);
  await server.kill();
  server = await start();
  await untilSettled(sql, 1);

  const [verified, reconciled] = [
    await check(database.url, 'verify'),
    await check(database.url, 'reconcile'),
  ];
  assert.deepEqual([verified.charges, verified.rides, verified.faults], [RIDES, RIDES, []]);
  assert.deepEqual(verified.nets, [{ currency: 'USD', amount: 0 }]);
  assert.equal(reconciled.difference_count, 0);

  const [taken] = await sql.query(readTaken, []);
  const [owed] = await sql.query(readOwed, []);
  assert.ok(taken && owed);
  assert.equal(taken.takings, taken.rides, 'a ride was paid for twice');
  assert.equal(taken.rides + owed.owed, RIDES);
  assert.equal(taken.amount, owed.paid);
  assert.equal(
    owed.paid + owed.amount,
    rides.reduce((sum, ride) => sum + costOf(ride), 0),
  );
  assert.equal(reconciled.totals[0].charged, taken.amount);
  test.diagnostic(
    `${taken.rides} of ${RIDES} rides are paid for, ${owed.owed} are owed; ${verified.transfers} transfers`,
  );
  assert.equal(await server.stop(), 0, server.logs());
});
