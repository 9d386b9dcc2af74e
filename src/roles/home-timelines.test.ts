import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { atEnd } from '../../test/support/at-end.ts';
import { createTestDatabase, type TestDatabase } from '../../test/support/database.ts';
import { until } from '../../test/support/until.ts';
import { systemClock, systemRandomness } from '../core/clock.ts';
import { createPostgresEventLog } from '../ports/event-log/postgres-event-log.ts';
import { createPostgresSqlStore } from '../ports/sql-store/postgres-sql-store.ts';
import { readStatement, type SqlStore } from '../ports/sql-store/sql-store.ts';
import { createLog } from '../telemetry/log.ts';
import { keepHomeTimelines } from './home-timelines.ts';
import { passUndelivered } from './undelivered-timelines.ts';

const PARTINGS = 2;
/** For so long may one that is cut off not know it. */
const UNAWARE_MS = 1_000;
const [clock, randomness] = [systemClock, systemRandomness];
const log = createLog({ level: 'silent', pretty: false });

/** Ends the connection that holds a name. */
const loseHold = readStatement<[], { readonly ended: boolean }>(
  'lose_hold',
  `SELECT pg_terminate_backend(pid) AS ended FROM pg_locks
   WHERE locktype = 'advisory' AND granted
     AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
);

function openStore({ connection }: TestDatabase): SqlStore {
  return createPostgresSqlStore({ connection, poolSize: 2, clock, log });
}

/** One of several processes on the database, which only notes what it is told. */
async function openProcess(database: TestDatabase, onTrust: () => void) {
  const sql = openStore(database);
  const eventLog = createPostgresEventLog({ sqlStore: sql, clock, randomness, log });
  let [trusted, isKeeper] = [false, () => false];
  const subscription = {
    group: 'fan-out',
    topics: ['posts'],
    from: 'end' as const,
    handle: async () => undefined,
  };
  const keeper = await keepHomeTimelines({
    ports: { sql, eventLog, database: { dataFolder: undefined } },
    home: {
      fanOut: { subscription, jobs: [] },
      keepTimelinesWhile(given) {
        isKeeper = given;
      },
      async trustTimelines(now) {
        trusted = now;
        if (now) onTrust();
      },
    },
    clock,
    randomness,
    log,
  });
  let closing: Promise<void> | undefined;
  async function close(): Promise<void> {
    await keeper.close();
    await eventLog.close();
    await sql.close();
  }
  return {
    isKeeper: () => isKeeper(),
    trusts: () => trusted,
    close: () => (closing ??= close()),
  };
}

describe('the keeper of the home timelines', () => {
  let database: TestDatabase;
  let sql: SqlStore;
  before(async () => {
    database = await createTestDatabase();
    sql = openStore(database);
  });
  after(async () => {
    await sql.close();
    await database.close();
  });

  it('begins when the one before, who was parted from the database, has surely ceased', async (test) => {
    const processes: Awaited<ReturnType<typeof openProcess>>[] = [];
    const trustedMs: number[] = [];
    const keepersThen: number[] = [];
    const note = (): void => {
      trustedMs.push(clock.monotonicMs());
      keepersThen.push(processes.filter(({ isKeeper }) => isKeeper()).length);
    };
    const close = async (): Promise<void> => {
      for (const one of processes.splice(0)) await one.close();
    };
    atEnd(test, close);
    for (let n = 0; n < 2; n += 1) processes.push(await openProcess(database, note));
    for (let parting = 1; parting <= PARTINGS; parting += 1) {
      await until(() => trustedMs.length === parting);
      const partedMs = clock.monotonicMs();
      assert.deepEqual(await sql.query(loseHold, []), [{ ended: true }]);
      await until(() => trustedMs.length > parting);
      const afterMs = (trustedMs.at(-1) ?? 0) - partedMs;
      assert(afterMs > UNAWARE_MS, `somebody begins after ${afterMs} ms`);
    }
    const all = [...processes];
    await close();
    assert.deepEqual(keepersThen, new Array(PARTINGS + 1).fill(1));
    assert(!all.some(({ isKeeper, trusts }) => isKeeper() || trusts()), 'somebody goes on after the end');
  });

  it('is waited for by what is to be delivered, and without one nothing waits', async (test) => {
    const eventLog = createPostgresEventLog({ sqlStore: sql, clock, randomness, log });
    atEnd(test, () => eventLog.close());
    const group = 'delivers-no-more';
    const subscription = { group, topics: ['posts'], from: 'end' as const, handle: async () => undefined };
    await (await eventLog.subscribe(subscription)).close();
    const event = { topic: 'posts', kind: 'created', key: 8, ownerId: 8, payload: {} };
    await sql.transaction((transaction) => eventLog.append(transaction, [event]));
    const waiting = async () => (await eventLog.lag()).find((lag) => lag.group === group)?.waiting;
    const deps = { ports: { sql, eventLog }, home: { fanOut: { subscription } } };

    const keeper = await openProcess(database, () => undefined);
    atEnd(test, keeper.close);
    await until(keeper.trusts);
    await passUndelivered(deps);
    assert.equal(await waiting(), 1);
    await keeper.close();
    await until(async () => {
      await passUndelivered(deps);
      return (await waiting()) === 0;
    });
  });
});
