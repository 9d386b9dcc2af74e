import assert from 'node:assert/strict';
import { after, afterEach, before, it } from 'node:test';
import pg from 'pg';
import { createManualClock } from '../../../test/support/manual-clock.ts';
import { describeOnPostgres, type EngineDatabase } from '../../../test/support/postgres-engines.ts';
import { until } from '../../../test/support/until.ts';
import { type Clock, systemClock, systemRandomness } from '../../core/clock.ts';
import { hasCode } from '../../core/errors.ts';
import { createLog } from '../../telemetry/log.ts';
import { createPostgresSqlStore, type PostgresSqlStore } from '../sql-store/postgres-sql-store.ts';
import type { LoggedEvent } from './event-log.ts';
import { eventTailContract } from './event-tail.contract.ts';
import { createPostgresEventLog } from './postgres-event-log.ts';

const log = createLog({ level: 'silent', pretty: false });
const HOUR_MS = 3_600_000;
const KEY = 1_500_000_000_000_000;

describeOnPostgres('the tail of the event log', (engine) => {
  let database: EngineDatabase;
  before(async () => {
    database = await engine.createDatabase();
  });
  after(() => database.drop());

  async function openProcess(clock: Clock = systemClock) {
    const sqlStore = createPostgresSqlStore({ connection: database.connection, clock: systemClock, log });
    const eventLog = createPostgresEventLog({
      sqlStore,
      clock,
      randomness: systemRandomness,
      log,
      pollEveryMs: HOUR_MS,
    });
    return {
      sqlStore,
      eventLog,
      async close() {
        await eventLog.close();
        await sqlStore.close();
      },
    };
  }

  eventTailContract(engine.name, { open: () => openProcess(), monotonicMs: systemClock.monotonicMs });

  const processes: Awaited<ReturnType<typeof openProcess>>[] = [];
  async function open(clock?: Clock) {
    const opened = await openProcess(clock);
    processes.push(opened);
    return opened;
  }
  afterEach(() => Promise.all(processes.splice(0).map((process) => process.close())));

  async function openTail(topic: string, clock?: Clock) {
    const process = await open(clock);
    const heard: LoggedEvent[] = [];
    const tail = await process.eventLog.tail({
      topics: [topic],
      hear: (events) => void heard.push(...events),
    });
    const append = (note: string) =>
      process.sqlStore.transaction((transaction) =>
        process.eventLog.append(transaction, [
          { topic, key: KEY, kind: 'noted', payload: { note }, ownerId: KEY },
        ]),
      );
    const notes = () => heard.map(({ payload }) => payload['note']);
    return { ...process, tail, append, notes };
  }

  const insert = (topic: string, note: string) =>
    database.run(
      `INSERT INTO outbox (shard, topic, partition, key, kind, payload)
       VALUES (0, $1, 0, 1, 'noted', json_build_object('note', $2::text))`,
      [topic, note],
    );

  it('asks an idle database once in a quarter of a second, with one statement', async () => {
    const clock = createManualClock();
    const { sqlStore, tail } = await openTail('idle', clock);
    const look = async () => {
      const untilMs = tail.heardUntilMs();
      await until(async () => {
        await clock.advance(10);
        return tail.heardUntilMs() > untilMs;
      });
    };
    // The relay looks once when it starts.
    await look();
    await look();
    const [{ statements }, startMs] = [sqlStore.stats(), clock.monotonicMs()];
    for (let looks = 0; looks < 8; looks += 1) await look();
    assert.equal(sqlStore.stats().statements - statements, 8);
    assert(clock.monotonicMs() - startMs > 7 * 250);
  });

  it('has what a process has left moved that died before its relay', async () => {
    const { tail, notes } = await openTail('stranded');
    await insert('stranded', 'left behind');
    await until(() => notes().length === 1, 1_000);
    await until(() => systemClock.monotonicMs() - tail.heardUntilMs() < 500);
  });

  it('does not pass what is committed and not moved', async () => {
    const mover = new pg.Client({ connectionString: database.url });
    await mover.connect();
    const { tail, append, notes } = await openTail('held');
    await tail.catchUp();
    // The relays wait for whoever holds the row.
    await insert('held', 'first');
    await mover.query('BEGIN');
    await mover.query('SELECT FROM outbox FOR UPDATE');
    const committedMs = systemClock.monotonicMs();
    const appended = append('second');
    await until(() => systemClock.monotonicMs() > committedMs + 600);
    assert(tail.heardUntilMs() <= committedMs);
    assert.deepEqual(notes(), []);
    await mover.query('COMMIT');
    await mover.end();
    await appended;
    await tail.catchUp();
    assert.deepEqual(notes().toSorted(), ['first', 'second']);
  });

  it('does not wait behind the requests of its process', async () => {
    const stores = [1, 2].map(() =>
      createPostgresSqlStore({ connection: database.connection, poolSize: 1, clock: systemClock, log }),
    );
    const [sqlStore, ownSqlStore] = stores as [PostgresSqlStore, PostgresSqlStore]; // As many as the numbers.
    const eventLog = createPostgresEventLog({
      sqlStore,
      ownSqlStore,
      clock: systemClock,
      randomness: systemRandomness,
      log,
    });
    const tail = await eventLog.tail({ topics: ['busy'], hear: () => undefined });
    const startMs = systemClock.monotonicMs();
    await sqlStore.transaction(async () => {
      await until(() => systemClock.monotonicMs() - startMs > 700);
      await insert('busy', 'of another');
      await tail.catchUp();
      assert(tail.heardUntilMs() > startMs + 700);
    });
    await eventLog.close();
    await Promise.all(stores.map((store) => store.close()));
  });

  it('is only late when the database is away', async () => {
    const { tail, append, notes } = await openTail('outage');
    const other = await open();
    await append('before');
    await tail.catchUp();
    const admin = new pg.Client({
      connectionString: Object.assign(new URL(database.url), { pathname: '/postgres' }).href,
    });
    await admin.connect();
    const name = new URL(database.url).pathname.slice(1);
    await admin.query(`ALTER DATABASE ${name} ALLOW_CONNECTIONS false`);
    await admin.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [name]);
    const goneMs = systemClock.monotonicMs();
    await until(() => systemClock.monotonicMs() > goneMs + 700);
    assert(tail.heardUntilMs() <= goneMs);
    await assert.rejects(append('never'));
    await admin.query(`ALTER DATABASE ${name} ALLOW_CONNECTIONS true`);
    await admin.end();
    const event = { topic: 'outage', key: KEY, kind: 'noted', payload: { note: 'after' }, ownerId: KEY };
    const write = () =>
      other.sqlStore.transaction((transaction) => other.eventLog.append(transaction, [event]));
    await until(() =>
      write().then(
        () => true,
        () => false,
      ),
    );
    await tail.catchUp();
    assert(tail.heardUntilMs() > goneMs);
    assert.deepEqual(notes(), ['before', 'after']);
  });

  it('never says again that it has heard all once the log has lost what it had to hear', async () => {
    const { tail, append, notes } = await openTail('lost');
    await append('before');
    await tail.catchUp();
    // As if deleted: the log is said to be longer than it is.
    await database.run("UPDATE event_log_heads SET next_offset = next_offset + 2 WHERE topic = 'lost'");
    await assert.rejects(tail.catchUp(), (error) => hasCode(error, 'unavailable'));
    const lostMs = systemClock.monotonicMs();
    await append('after');
    await until(() => notes().length === 2);
    assert.deepEqual(notes(), ['before', 'after']);
    assert(tail.heardUntilMs() < lostMs);
    await assert.rejects(tail.catchUp(), (error) => hasCode(error, 'unavailable'));
  });
});
