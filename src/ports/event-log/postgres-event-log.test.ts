import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { after, afterEach, before, beforeEach, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { createManualClock } from '../../../test/support/manual-clock.ts';
import { describeOnPostgres, type EngineDatabase } from '../../../test/support/postgres-engines.ts';
import { until } from '../../../test/support/until.ts';
import { type Clock, systemClock, systemRandomness } from '../../core/clock.ts';
import { createLog } from '../../telemetry/log.ts';
import { createPostgresSqlStore, type PostgresSqlStore } from '../sql-store/postgres-sql-store.ts';
import { type SqlTransaction, writeStatement } from '../sql-store/sql-store.ts';
import { eventLogContract } from './event-log.contract.ts';
import { EVENT_RETENTION_MS, type EventLog, HANDLE_TIMEOUT_MS } from './event-log.ts';
import { createOutboxRelay, type OutboxRelay } from './outbox-relay.ts';
import { createPostgresEventLog } from './postgres-event-log.ts';
import { createPostgresEventStore } from './postgres-event-store.ts';

const log = createLog({ level: 'silent', pretty: false });
const HOUR_MS = 3_600_000;
const RETRY_SOON = { delayMsMin: 2, delayMsMax: 10 };
const KEY = 1_500_000_000_000_000;
const crashingConsumer = fileURLToPath(
  new URL(`../../../test/support/crashing-consumer${import.meta.url.slice(-3)}`, import.meta.url),
);

const addEffect = writeStatement<[number]>('add_effect', 'INSERT INTO effects (key) VALUES ($1)');

describeOnPostgres('createPostgresEventLog', (engine) => {
  let database: EngineDatabase;
  before(async () => {
    database = await engine.createDatabase();
  });
  after(() => database.drop());

  async function openProcess(clock: Clock = systemClock, pollEveryMs = HOUR_MS) {
    const sqlStore = createPostgresSqlStore({ connection: database.connection, clock: systemClock, log });
    const eventLog = createPostgresEventLog({
      sqlStore,
      clock,
      randomness: systemRandomness,
      log,
      pollEveryMs,
      retryDelays: RETRY_SOON,
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

  eventLogContract(engine.name, { open: openProcess });

  describeOwnPromises(() => database, openProcess);
});

function describeOwnPromises(
  database: () => EngineDatabase,
  openProcess: (
    clock?: Clock,
    pollEveryMs?: number,
  ) => Promise<{ sqlStore: PostgresSqlStore; eventLog: EventLog; close(): Promise<void> }>,
): void {
  const event = (topic: string, key: number, note = '') => ({
    topic,
    key,
    kind: 'noted',
    payload: { note },
    ownerId: key,
  });

  const isQuiet = async (eventLog: EventLog) =>
    (await eventLog.lag()).every(({ waiting, retrying }) => waiting + retrying === 0);

  const processes: Awaited<ReturnType<typeof openProcess>>[] = [];
  async function open(clock?: Clock, pollEveryMs?: number) {
    const opened = await openProcess(clock, pollEveryMs);
    processes.push(opened);
    return opened;
  }
  beforeEach(() =>
    database().run('TRUNCATE outbox, event_log, event_log_heads, consumer_positions, failed_events'),
  );
  afterEach(() => Promise.all(processes.splice(0).map((process) => process.close())));

  it('doubles nothing when a process is killed between effect and acknowledgement', async () => {
    // Nobody says that a process has died: its partition is found free by the next poll.
    const { sqlStore, eventLog } = await open(systemClock, 100);
    await database().run('CREATE TABLE effects (key bigint)');
    await sqlStore.transaction((transaction) =>
      eventLog.append(transaction, [event('kills', KEY), event('kills', KEY + 1)]),
    );
    for (let kills = 0; kills < 2; kills += 1) {
      const child = spawn(process.execPath, [crashingConsumer, database().url, 'killed', 'kills'], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      await once(child.stdout, 'data');
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    await eventLog.subscribe({
      group: 'killed',
      topics: ['kills'],
      from: 'beginning',
      async handle(events, transaction) {
        for (const { key } of events) await transaction.query(addEffect, [key]);
      },
    });
    await until(() => isQuiet(eventLog));
    assert.deepEqual(await database().run('SELECT key::text FROM effects ORDER BY key'), [
      { key: String(KEY) },
      { key: String(KEY + 1) },
    ]);
    await database().run('DROP TABLE effects');
  });

  it('is silent while nothing happens, and looks by itself once in a while', async () => {
    const clock = createManualClock();
    const pollEveryMs = 5_000;
    const { sqlStore, eventLog } = await open(clock, pollEveryMs);
    const handled: number[] = [];
    await eventLog.subscribe({
      group: 'idle',
      topics: ['idle_topic'],
      from: 'beginning',
      handle: async (events) => void handled.push(...events.map(({ key }) => key)),
    });
    await sqlStore.transaction((transaction) => eventLog.append(transaction, [event('idle_topic', KEY)]));
    await until(async () => {
      await clock.advance(10);
      return handled.length === 1;
    });
    await untilSteady(sqlStore);
    const before = sqlStore.stats().statements;
    // A poll comes after 75 % of the interval at the earliest.
    await clock.advance(pollEveryMs * 0.6);
    await untilSteady(sqlStore);
    assert.equal(sqlStore.stats().statements, before);

    // As if another process had died between its commit and its relay.
    await database().run(
      `INSERT INTO outbox (shard, topic, partition, key, kind, payload) VALUES (0, 'idle_topic', 0, 1, 'left', '{}')`,
    );
    await clock.advance(pollEveryMs);
    await until(async () => {
      await clock.advance(10);
      return handled.length === 2;
    });
  });

  it('counts a handler that takes too long as failed', async () => {
    const clock = createManualClock();
    const { sqlStore, eventLog } = await open(clock);
    let started = 0;
    await eventLog.subscribe({
      group: 'late',
      topics: ['late_topic'],
      from: 'beginning',
      attemptsMax: 1,
      async handle() {
        started += 1;
        await new Promise(() => undefined);
      },
    });
    await sqlStore.transaction((transaction) => eventLog.append(transaction, [event('late_topic', KEY)]));
    await until(async () => {
      await clock.advance(1);
      return started === 1;
    });
    await clock.advance(HANDLE_TIMEOUT_MS);
    await until(async () => (await eventLog.lag())[0]?.dead === 1);
  });

  it('goes on after all its connections were cut, the one that listens among them', async () => {
    const [one, other] = await Promise.all([open(), open()]);
    const handled: number[] = [];
    await one.eventLog.subscribe({
      group: 'cut',
      topics: ['cut_topic'],
      from: 'beginning',
      handle: async (events) => void handled.push(...events.map(({ key }) => key)),
    });
    await database().run(
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
    );
    for (let sent = 0; sent < 3; sent += 1) {
      await until(() =>
        other.sqlStore
          .transaction((transaction) => other.eventLog.append(transaction, [event('cut_topic', KEY + sent)]))
          .then(
            () => true,
            () => false,
          ),
      );
    }
    await until(() => new Set(handled).size === 3);
  });

  it('deletes events that are old enough once every group has passed them', async () => {
    const { sqlStore, eventLog } = await open();
    const subscription = { topics: ['old'], from: 'beginning', handle: async () => undefined } as const;
    const slow = await eventLog.subscribe({ ...subscription, group: 'slow' });
    await slow.close();
    await eventLog.subscribe({ ...subscription, group: 'quick' });
    const append = (topic: string, keys: number[]) =>
      sqlStore.transaction((transaction) =>
        eventLog.append(
          transaction,
          keys.map((key) => event(topic, key)),
        ),
      );
    const age = (ms: number) =>
      database().run("UPDATE event_log SET created_at = clock_timestamp() - $1 * interval '1 ms'", [ms]);
    const inLog = async () =>
      (await database().run('SELECT count(*)::integer AS events FROM event_log'))[0]?.['events'];

    await append('old', [KEY, KEY + 1, KEY + 2]);
    await append('nobody_reads', [KEY]);
    await until(async () => (await inLog()) === 4);
    await age(EVENT_RETENTION_MS - 60_000);
    assert.equal(await eventLog.deleteExpired(), 0);
    await age(EVENT_RETENTION_MS + 1_000);
    assert.equal(await eventLog.deleteExpired(), 1);
    await eventLog.subscribe({ ...subscription, group: 'slow' });
    await until(() => isQuiet(eventLog));
    await append('old', [KEY + 3]);
    await until(async () => (await inLog()) === 4);
    await until(() => isQuiet(eventLog));
    assert.equal(await eventLog.deleteExpired(), 3);
    assert.equal(await inLog(), 1);

    // A group that comes now starts at what is left, and has no more to handle than that.
    const late = await eventLog.subscribe({ ...subscription, group: 'late' });
    await late.close();
    const lag = (await eventLog.lag()).find(({ group }) => group === 'late');
    assert((lag?.waiting ?? Number.NaN) <= 1);
  });

  it('loses and reorders nothing, in whatever order transactions commit and the relay moves', async () => {
    const { sqlStore, eventLog } = await open();
    const relays = ['one', 'two'].map((name) =>
      createOutboxRelay({
        moveSome: () => createPostgresEventStore({ sqlStore, ownSqlStore: sqlStore, process: name }).move([]),
        clock: systemClock,
        log,
        onMoved: () => undefined,
      }),
    );
    let topics = 0;
    const writer = fc.nat({ max: 3 });
    const step = fc.oneof(
      {
        weight: 6,
        arbitrary: fc.record({
          kind: fc.constant('append' as const),
          writer,
          events: fc.integer({ min: 1, max: 3 }),
        }),
      },
      { weight: 3, arbitrary: fc.record({ kind: fc.constant('commit' as const), writer }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('roll back' as const), writer }) },
      {
        weight: 3,
        arbitrary: fc.record({ kind: fc.constant('move' as const), relays: fc.integer({ min: 1, max: 2 }) }),
      },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 60 }), async (steps) => {
        topics += 1;
        const topic = `property_${[...String(topics)].map((digit) => 'abcdefghij'[Number(digit)]).join('')}`;
        const handled = new Map<number, string[]>();
        const consumer = await eventLog.subscribe({
          group: topic,
          topics: [topic],
          from: 'beginning',
          async handle(events) {
            for (const { key, payload } of events) {
              handled.set(key, [...(handled.get(key) ?? []), String(payload['note'])]);
            }
          },
        });
        const expected = await play(steps, topic, sqlStore, eventLog, relays);
        for (const relay of relays) await relay.move();
        assert.deepEqual(await database().run('SELECT id FROM outbox'), [], 'a relay leaves nothing behind');
        eventLog.appended(() => []);
        await until(async () =>
          (await eventLog.lag()).every((lag) => lag.topic !== topic || lag.waiting === 0),
        );
        await consumer.close();
        await eventLog.removeGroup(topic);
        assert.deepEqual(byKey(handled), byKey(expected));
      }),
      { numRuns: 40 },
    );
  });

  type PlayStep =
    | { readonly kind: 'append'; readonly writer: number; readonly events: number }
    | { readonly kind: 'commit' | 'roll back'; readonly writer: number }
    | { readonly kind: 'move'; readonly relays: number };

  /** Plays the steps of writers, each with keys of its own, and answers what they have committed, by key. */
  async function play(
    steps: readonly PlayStep[],
    topic: string,
    sqlStore: PostgresSqlStore,
    eventLog: EventLog,
    relays: readonly OutboxRelay[],
  ): Promise<Map<number, string[]>> {
    const committed = new Map<number, string[]>();
    const open = new Map<
      number,
      Awaited<ReturnType<typeof begin>> & { readonly written: [number, string][] }
    >();
    let written = 0;
    const end = async (writer: number, how: 'commit' | 'roll back') => {
      const transaction = open.get(writer);
      if (transaction === undefined) return;
      open.delete(writer);
      await transaction.end(how);
      if (how === 'roll back') return;
      for (const [key, note] of transaction.written)
        committed.set(key, [...(committed.get(key) ?? []), note]);
    };
    for (const step of steps) {
      if (step.kind === 'move') {
        await Promise.all(relays.slice(0, step.relays).map((relay) => relay.move()));
      } else if (step.kind === 'append') {
        const writing = open.get(step.writer) ?? { ...(await begin(sqlStore)), written: [] };
        open.set(step.writer, writing);
        const events = Array.from({ length: step.events }, () => {
          written += 1;
          return event(topic, KEY + step.writer * 100 + (written % 2), String(written));
        });
        await eventLog.append(writing.transaction, events);
        for (const { key, payload } of events) writing.written.push([key, payload.note]);
      } else {
        await end(step.writer, step.kind);
      }
    }
    for (const writer of [...open.keys()]) await end(writer, 'commit');
    return committed;
  }
}

/** A transaction that stays open until it is told how to end. */
async function begin(sqlStore: PostgresSqlStore) {
  let started: (transaction: SqlTransaction) => void;
  let finish: (how: 'commit' | 'roll back') => void;
  const transaction = new Promise<SqlTransaction>((resolve) => {
    started = resolve;
  });
  const ended = new Promise<'commit' | 'roll back'>((resolve) => {
    finish = resolve;
  });
  const rolledBack = new Error('rolled back on purpose');
  const done = sqlStore
    .transaction(async (opened) => {
      started(opened);
      if ((await ended) === 'roll back') throw rolledBack;
    })
    .catch((error: unknown) => assert.equal(error, rolledBack));
  return {
    transaction: await transaction,
    async end(how: 'commit' | 'roll back') {
      finish(how);
      await done;
    },
  };
}

/** Resolves when the store has sent nothing for some turns of the event loop, and waits for no answer. */
async function untilSteady(sqlStore: PostgresSqlStore): Promise<void> {
  let last = -1;
  let turns = 0;
  await until(() => {
    const { statements, connections, idleConnections } = sqlStore.stats();
    turns = statements === last && connections === idleConnections ? turns + 1 : 0;
    last = statements;
    return turns === 20;
  });
}

function byKey(notes: ReadonlyMap<number, string[]>): [number, string[]][] {
  return [...notes].sort(([one], [other]) => one - other);
}
