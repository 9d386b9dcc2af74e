import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createTestDatabase, type TestDatabase } from '../../test/support/database.ts';
import { until } from '../../test/support/until.ts';
import { systemClock, systemRandomness } from '../core/clock.ts';
import { AppError } from '../core/errors.ts';
import { createPostgresEventLog } from '../ports/event-log/postgres-event-log.ts';
import { createPostgresSqlStore } from '../ports/sql-store/postgres-sql-store.ts';
import { createLog } from '../telemetry/log.ts';
import { shareHomeTimelines } from './shared-home-timelines.ts';

const [clock, randomness] = [systemClock, systemRandomness];
const log = createLog({ level: 'silent', pretty: false });
const NEVER_MS = 3_600_000;

describe('home timelines that processes share', () => {
  let database: TestDatabase;
  before(async () => {
    database = await createTestDatabase();
  });
  after(() => database.close());

  /** A process whose store is away at first; it only notes what it is told. */
  async function openProcess(delivers: boolean, isAway: () => boolean) {
    const sql = createPostgresSqlStore({ connection: database.connection, poolSize: 2, clock, log });
    const eventLog = createPostgresEventLog({ sqlStore: sql, clock, randomness, log });
    const told = { trusted: false, lanes: 0 };
    const handle = async (): Promise<void> => undefined;
    const subscription = { group: 'fan-out', topics: ['posts'], from: 'end' as const, handle };
    const run = async (): Promise<'done'> => 'done';
    const onStart = (): void => {
      told.lanes += 1;
    };
    const keeper = await shareHomeTimelines({
      ports: { sql, eventLog, database: { dataFolder: undefined } },
      home: {
        fanOut: { subscription, jobs: [{ name: 'lane', everyMs: NEVER_MS, run, onStart }] },
        keepTimelinesWhile: () => assert.fail('nobody is the only one'),
        async trustTimelines(now) {
          if (now && isAway()) throw new AppError('unavailable', 'away');
          told.trusted = now;
        },
      },
      delivers,
      clock,
      randomness,
      log,
    });
    const groups = async () => (await eventLog.lag()).map(({ group }) => group);
    const close = async (): Promise<void> => {
      await keeper.close();
      await eventLog.close();
      await sql.close();
    };
    return { told, groups, close };
  }

  it('are read by every process, and delivered by workers only', async () => {
    const api = await openProcess(false, () => false);
    await until(() => api.told.trusted);
    assert.equal(api.told.lanes, 0);
    assert.deepEqual(await api.groups(), []);
    const worker = await openProcess(true, () => false);
    await until(() => worker.told.trusted && worker.told.lanes === 1);
    assert.deepEqual(await worker.groups(), ['fan-out']);
    await api.close();
    await worker.close();
    assert.equal(api.told.trusted, false);
  });

  it('are shared once their store is there, and a process that stops before waits for nothing', async () => {
    let away = true;
    const late = await openProcess(true, () => away);
    assert.deepEqual(late.told, { trusted: false, lanes: 0 });
    away = false;
    await until(() => late.told.trusted && late.told.lanes === 1);
    await late.close();
    const never = await openProcess(true, () => true);
    await never.close();
    assert.deepEqual(never.told, { trusted: false, lanes: 0 });
  });
});
