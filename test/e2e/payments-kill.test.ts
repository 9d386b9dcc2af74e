/**
 * Rides end by the hundred, announced more than once, while the provider is hostile and the server and its database are
 * killed twice. In the end everybody has paid once or owes, and the ledger is zero. GROUNDSWELL_TEST_RIDES=1000 makes it longer.
 */
import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { ServerProcess } from '../../src/bench/server-process.ts';
import { readEnvironment } from '../../src/config/env.ts';
import { systemClock, systemRandomness } from '../../src/core/clock.ts';
import { composeId, type Id } from '../../src/core/ids.ts';
import { createPostgresEventLog } from '../../src/ports/event-log/postgres-event-log.ts';
import { attachEmbeddedPostgres } from '../../src/ports/sql-store/embedded-postgres/attach.ts';
import { createPostgresSqlStore } from '../../src/ports/sql-store/postgres-sql-store.ts';
import { readStatement, type SqlStore, writeStatement } from '../../src/ports/sql-store/sql-store.ts';
import { createLog } from '../../src/telemetry/log.ts';
import { runCommand } from '../support/command.ts';
import { createServerHome, type ServerHome } from '../support/server-process.ts';
import { until } from '../support/until.ts';

const RIDES = Number(readEnvironment()['GROUNDSWELL_TEST_RIDES'] ?? '300');
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

describe('kill -9 while rides are charged by a hostile provider', () => {
  let home: ServerHome;
  before(async () => {
    home = await createServerHome();
  });
  after(() => home.close());

  /** A look into the database of the server that runs. */
  async function inside<Result>(work: (sql: SqlStore) => Promise<Result>): Promise<Result> {
    const connection = await attachEmbeddedPostgres(path.join(home.dataFolder, 'postgres'));
    assert.ok(connection);
    const log = createLog({ level: 'silent', pretty: false });
    const sql = createPostgresSqlStore({ connection, poolSize: 2, clock: systemClock, log });
    try {
      return await work(sql);
    } finally {
      await sql.close();
    }
  }

  /** Writes the rides, and announces each of them twice. */
  async function endRides(sql: SqlStore, rides: readonly MadeRide[]): Promise<void> {
    const log = createLog({ level: 'silent', pretty: false });
    const eventLog = createPostgresEventLog({
      sqlStore: sql,
      clock: systemClock,
      randomness: systemRandomness,
      log,
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
      await sql.transaction((transaction) =>
        eventLog.append(
          transaction,
          rides.map(({ rideId, riderId, driverId, status, fare }) => ({
            ...{ topic: 'rides', key: rideId, ownerId: riderId, kind: status },
            payload: {
              ...{
                ride_id: String(rideId),
                rider_id: String(riderId),
                driver_id: String(driverId),
                status,
                fare,
              },
              fee: status === 'cancelled' ? { currency: 'USD', total: 500, to_driver: 375 } : null,
            },
          })),
        ),
      );
    }
    await eventLog.close();
  }

  const untilSettled = (share: number) =>
    inside((sql) =>
      until(async () => {
        const [progress] = await sql.query(readProgress, []);
        return (progress?.settled ?? 0) >= RIDES * share;
      }, WAIT_MS),
    );

  const check = async (command: string) => {
    const args = ['payments', command, '--data', home.dataFolder, '--json'];
    const { code, stdout, stderr } = await runCommand(args);
    assert.equal(code, 0, stdout + stderr);
    return JSON.parse(stdout);
  };

  it('charges everybody once, or they owe; the ledger is zero, and is what the provider says', async (test) => {
    const rides = makeRides();
    let server: ServerProcess = await home.start(SETTINGS);
    await inside((sql) => endRides(sql, rides.slice(0, Math.ceil(RIDES / 2))));
    await untilSettled(0.2);
    await server.kill();
    server = await home.start(SETTINGS);
    await inside((sql) => endRides(sql, rides.slice(Math.ceil(RIDES / 2))));
    await untilSettled(0.7);
    await server.kill();
    server = await home.start(SETTINGS);
    await untilSettled(1);

    const verified = await check('verify');
    assert.deepEqual([verified.charges, verified.rides, verified.faults], [RIDES, RIDES, []]);
    assert.deepEqual(verified.nets, [{ currency: 'USD', amount: 0 }]);
    const reconciled = await check('reconcile');
    assert.equal(reconciled.difference_count, 0);

    const [taken, owed] = await inside(async (sql) => [
      (await sql.query(readTaken, []))[0],
      (await sql.query(readOwed, []))[0],
    ]);
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
});
