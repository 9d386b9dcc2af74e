/**
 * A town of drivers and riders while the process that dispatches is killed now and then, and others at random: nobody is booked twice,
 * nothing acknowledged is lost, and every request ends. `npm run test:rides` does it for ten minutes with more of all; with
 * GROUNDSWELL_TEST_RIDES_TRIPS, a table of pickups as `rides simulate --trips` takes it, people ask where and when they really did.
 */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { systemRandomness } from '../../src/core/clock.ts';
import { formatReport } from '../../src/history/check-report.ts';
import { type Demand, recordedDemand } from '../../src/simulator/demand.ts';
import { readTripsFile } from '../../src/simulator/trips-file.ts';
import { atEnd } from '../support/at-end.ts';
import { postgresOfRun } from '../support/postgres-engines.ts';
import { runRideFaults, smallTown } from '../support/ride-faults.ts';

const SECONDS = Number(process.env['GROUNDSWELL_TEST_RIDES_SECONDS'] ?? 6);
const DURATION_MS = SECONDS * 1_000;
const TRIPS = process.env['GROUNDSWELL_TEST_RIDES_TRIPS'];
const IS_LONG = SECONDS > 60 || TRIPS !== undefined;
const DRIVERS = Number(process.env['GROUNDSWELL_TEST_RIDES_DRIVERS'] ?? (IS_LONG ? 2_000 : 30));
const REQUESTS_PER_S = IS_LONG ? 4 : 5;
/** In the short run as often as processes come back. */
const KILL_EVERY_MS = IS_LONG ? 10_000 : 6_000;
/** Ten minutes are a night and a morning. */
const TRIPS_SPEED = 60;
/** Those go across the town. */
const TRIPS_DRAIN_MS = 60_000;

it(`rides are booked once, whoever is killed in ${SECONDS} s`, {
  timeout: (SECONDS + 400) * 1_000,
}, async (test) => {
  const postgres = postgresOfRun();
  if (postgres === undefined) return test.skip('set GROUNDSWELL_TEST_DATABASE_URL, or use npm test');
  const database = await postgres.createDatabase();
  atEnd(test, () => database.drop());
  const redisUrl = process.env['GROUNDSWELL_TEST_RIDES_REDIS_URL'];
  const seed = systemRandomness.bytes(4).readUInt32LE();
  const demand = await demandOf(seed);
  const { result, report, kills } = await runRideFaults(test, {
    connection: database.connection,
    settings: {
      ...{ GROUNDSWELL_DATABASE_URL: database.url, GROUNDSWELL_DATABASE_POOL_SIZE: '8' },
      ...{ GROUNDSWELL_RATE_LIMITS: 'off', GROUNDSWELL_LOG_LEVEL: 'warn' },
      ...(redisUrl === undefined ? {} : { GROUNDSWELL_REDIS_URL: redisUrl }),
    },
    ...{ processes: IS_LONG ? 3 : 2, drivers: DRIVERS, demand },
    ...(TRIPS === undefined ? {} : { drainMs: TRIPS_DRAIN_MS }),
    ...{ durationMs: DURATION_MS, killEveryMs: KILL_EVERY_MS, seed },
  });
  const statuses = result.records.map(({ status }) => status);
  const count = (status: string) => statuses.filter((one) => one === status).length;
  test.diagnostic(`${demand.requests.length} requests, ${DRIVERS} drivers`);
  test.diagnostic(`seed ${seed}, kills ${JSON.stringify(kills)}, ${formatReport(report)}`);
  test.diagnostic(
    `${count('completed')} completed, ${count('cancelled')} cancelled, ${count('unmatched')} unmatched, ${count('refused')} refused; ` +
      `sent away ${JSON.stringify([...result.refusals])}, without an answer ${result.unanswered}`,
  );
  assert.equal(report.verdict, 'valid', formatReport(report));
  assert.ok(kills.dispatchers + kills.others > 0, 'somebody was killed');
  assert.ok(!statuses.includes(undefined), 'all have ended');
  assert.ok(count('completed') > 0, 'somebody was driven');
});

async function demandOf(seed: number): Promise<Demand> {
  if (TRIPS === undefined) return smallTown(Math.ceil(SECONDS * REQUESTS_PER_S), DURATION_MS, seed);
  const trips = await readTripsFile(TRIPS);
  return recordedDemand({ trips, speed: TRIPS_SPEED, durationMs: DURATION_MS, seed });
}
