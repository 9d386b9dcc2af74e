/**
 * `npm run test:payments`: a town in which a thousand people are driven, and pay with cards that are declined, time out, answer
 * twice or late, while the processes that serve, dispatch and settle are killed at random. In the end everybody has paid
 * once or owes, by the provider's own book too; refunds and payouts that are asked for twice, and killed half-way, are made once; the ledger
 * is zero; every price can be reckoned again.
 */
import assert from 'node:assert/strict';
import { it, type TestContext } from 'node:test';
import { readEnvironment } from '../../src/config/env.ts';
import { systemRandomness } from '../../src/core/clock.ts';
import type { Id } from '../../src/core/ids.ts';
import { formatReport } from '../../src/history/check-report.ts';
import { checkPayments } from '../../src/history/payments/payment-checker.ts';
import { readStatement, type SqlStore } from '../../src/ports/sql-store/sql-store.ts';
import { atEnd } from '../support/at-end.ts';
import { runCommand } from '../support/command.ts';
import { postgresOfRun } from '../support/postgres-engines.ts';
import { runRideFaults, smallTown, type Town } from '../support/ride-faults.ts';
import { until } from '../support/until.ts';
import { seenPayments } from './seen-payments.ts';

const TRIPS = Number(readEnvironment()['GROUNDSWELL_TEST_TRIPS'] ?? 1_000);
/** Of those who ask some think better of it, and some find nobody. */
const REQUESTS = Math.ceil(TRIPS * 1.35);
const REQUESTS_PER_S = 5;
const DURATION_MS = (REQUESTS / REQUESTS_PER_S) * 1_000;
const DRIVERS = 60;
const DRAIN_MS = 120_000;
const KILL_EVERY_MS = 10_000;
const REFUNDS = 6;
const SETTLE_MS = 300_000;

const countDue = readStatement<[], { due: number; unheard: number }>(
  'test_count_due',
  `SELECT (SELECT count(*) FROM payments WHERE state = 'due')::int AS due,
     (SELECT count(*) FROM rides WHERE status = 'completed'
       AND NOT EXISTS (SELECT FROM payments WHERE payments.ride_id = rides.ride_id))::int AS unheard`,
);

const listPaid = readStatement<[limit: number], { payment_id: Id }>(
  'test_list_paid',
  `SELECT payment_id FROM payments WHERE kind = 'charge' AND state = 'succeeded' ORDER BY payment_id LIMIT $1`,
);

it(`${TRIPS} trips are paid for once, whoever is killed`, { timeout: 3_600_000 }, async (test) => {
  const postgres = postgresOfRun();
  assert.ok(postgres, 'set GROUNDSWELL_TEST_DATABASE_URL, or use npm run test:payments');
  const database = await postgres.createDatabase();
  atEnd(test, () => database.drop());
  const seed = systemRandomness.bytes(4).readUInt32LE();
  const { result, report, kills, town } = await runRideFaults(test, {
    connection: database.connection,
    settings: {
      ...{ GROUNDSWELL_DATABASE_URL: database.url, GROUNDSWELL_DATABASE_POOL_SIZE: '8' },
      ...{ GROUNDSWELL_RATE_LIMITS: 'off', GROUNDSWELL_LOG_LEVEL: 'error' },
    },
    ...{ processes: 2, workers: 2, drivers: DRIVERS, durationMs: DURATION_MS },
    ...{
      demand: smallTown(REQUESTS, DURATION_MS, seed),
      drainMs: DRAIN_MS,
      killEveryMs: KILL_EVERY_MS,
      seed,
    },
    payWith: (rider) => `sandbox_hostile_${rider}`,
  });
  const completed = result.records.filter(({ status }) => status === 'completed').length;
  test.diagnostic(`${completed} of ${REQUESTS} were driven; kills ${JSON.stringify(kills)}`);
  assert.equal(report.verdict, 'valid', formatReport(report));
  assert.ok(completed >= TRIPS, `${completed} trips are too few`);
  assert.ok(kills.dispatchers + kills.others > 0, 'somebody was killed');

  const command = (...args: string[]) => runCommand([...args, '--database-url', database.url]);
  await untilSettled(town.sql);
  await giveBack(town, command);
  await payOut(town, command);
  const facts = await seenPayments(town);
  const money = checkPayments(facts);
  test.diagnostic(formatReport(money));
  assert.equal(money.verdict, 'valid', formatReport(money));
  for (const { driverId, earned, paid } of facts.earnings) {
    assert.equal(paid, earned, `all that ${driverId} has earned is paid out`);
  }
  await checkBooks(test, command);
});

type RunCommand = (...args: string[]) => ReturnType<typeof runCommand>;

/** Nothing is due, and every ride was heard of. */
const untilSettled = (sql: SqlStore): Promise<void> =>
  until(async () => {
    const [row] = await sql.query(countDue, []);
    return row?.due === 0 && row.unheard === 0;
  }, SETTLE_MS);

/** Of each of some charges all is given back by two at once, of whom one comes too late, while workers are killed. */
async function giveBack(town: Town, command: RunCommand): Promise<void> {
  const paid = await town.sql.query(listPaid, [REFUNDS]);
  const killing = town.killWorkers();
  for (const { payment_id: chargeId } of paid) {
    const both = await Promise.all([1, 2].map(() => command('payments', 'refund', String(chargeId))));
    assert.deepEqual(both.map(({ code }) => code).sort(), [0, 1], both.map(({ stderr }) => stderr).join());
  }
  await killing;
  await untilSettled(town.sql);
}

/** All that drivers have earned, begun by two at once, while workers are killed; what is left after that, too. */
async function payOut(town: Town, command: RunCommand): Promise<void> {
  for (let round = 0; round < 2; round += 1) {
    const begun = [1, 2].map(() => command('payments', 'payout', '--minimum', '1'));
    for (const { code, stderr } of await Promise.all(begun)) assert.equal(code, 0, stderr);
    await town.killWorkers();
    await untilSettled(town.sql);
  }
}

/** By the commands that an operator has. */
async function checkBooks(test: TestContext, command: RunCommand): Promise<void> {
  for (const args of [
    ['payments', 'verify'],
    ['payments', 'reconcile'],
    ['rides', 'recompute-fare', '--all'],
    ['rides', 'verify', '--settled'],
  ]) {
    const { code, stdout, stderr } = await command(...args);
    assert.equal(code, 0, `${args.join(' ')}: ${stdout}${stderr}`);
    test.diagnostic(stdout.trim());
  }
}
