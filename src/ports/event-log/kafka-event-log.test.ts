import assert from 'node:assert/strict';
import { after, afterEach, before, it } from 'node:test';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { committedOffset, connectKafka, deleteTopic } from '../../../test/support/kafka-broker.ts';
import { describeOnKafka } from '../../../test/support/kafka-engine.ts';
import { until } from '../../../test/support/until.ts';
import { type Clock, systemClock, systemRandomness } from '../../core/clock.ts';
import { createLog } from '../../telemetry/log.ts';
import { createPostgresSqlStore } from '../sql-store/postgres-sql-store.ts';
import { readStatement, type SqlStore } from '../sql-store/sql-store.ts';
import { eventLogContract } from './event-log.contract.ts';
import {
  EVENT_RETENTION_MS,
  type EventLog,
  type LoggedEvent,
  type NewEvent,
  partitionOf,
} from './event-log.ts';
import { eventTailContract } from './event-tail.contract.ts';
import { createKafkaEventLog } from './kafka-event-log.ts';
import { createKafkaEventStore } from './kafka-event-store.ts';
import { createPostgresEventLog } from './postgres-event-log.ts';
import { createPostgresEventStore } from './postgres-event-store.ts';

const log = createLog({ level: 'silent', pretty: false });
const HOUR_MS = 3_600_000;
const RETRY_SOON = { delayMsMin: 2, delayMsMax: 10 };

describeOnKafka('createKafkaEventLog', (engine) => {
  let database: TestDatabase;
  const url = engine.newUrl();
  const processes: { close(): Promise<void> }[] = [];
  before(async () => {
    database = await createTestDatabase();
  });
  afterEach(() => Promise.all(processes.splice(0).map((process) => process.close())));
  after(() => database.close());

  async function openProcess(clock: Clock = systemClock) {
    const sqlStore = createPostgresSqlStore({ connection: database.connection, clock: systemClock, log });
    const eventLog = createKafkaEventLog({
      sqlStore,
      cluster: connectKafka(url),
      clock,
      randomness: systemRandomness,
      log,
      pollEveryMs: HOUR_MS,
      retryDelays: RETRY_SOON,
    });
    let closing: Promise<void> | undefined;
    const close = (): Promise<void> => {
      closing ??= eventLog.close().then(() => sqlStore.close());
      return closing;
    };
    return { sqlStore, eventLog, close };
  }

  /** For one test; closed after it, however it ends. */
  async function open(clock?: Clock) {
    const opened = await openProcess(clock);
    processes.push(opened);
    return opened;
  }

  eventLogContract(engine.name, { open: () => openProcess() });
  eventTailContract(engine.name, {
    open: () => openProcess(),
    monotonicMs: systemClock.monotonicMs,
    firstEventMs: 2_000,
  });

  it('reads every event where it is, in whatever order relays with Kafka and without it have moved them', async () => {
    const { sqlStore, eventLog, close } = await open();
    const cluster = connectKafka(url);
    const stores = [
      createKafkaEventStore({ ...own(sqlStore), cluster }),
      createPostgresEventStore(own(sqlStore)),
    ];
    let notes = 0;
    for (const place of [0, 1, 0, 0, 1, 1, 0, 1]) {
      const events = [0, 1].map((other) => event('mixed', KEY + other, String(notes + other)));
      notes += 2;
      await appendUnmoved(sqlStore, eventLog, events);
      await stores[place]?.move([]);
    }
    const heard: LoggedEvent[] = [];
    await eventLog.subscribe({
      group: 'mixed',
      topics: ['mixed'],
      from: 'beginning',
      batchMax: 3,
      handle: async (events) => void heard.push(...events),
    });
    await until(() => heard.length === notes);
    for (const other of [0, 1]) {
      const own = heard.filter(({ key }) => key === KEY + other);
      assert.deepEqual(
        own.map(({ offset, payload }) => [offset, payload['note']]),
        Array.from({ length: notes / 2 }, (_, index) => [index, String(index * 2 + other)]),
      );
      const range = { topic: 'mixed', partition: partitionOf(KEY + other), from: 0, to: 1_000 };
      assert.deepEqual(await eventLog.read([range], 1_000), own);
    }
    await cluster.close();
    await close();
  });

  it('lets nobody pass events in Kafka who is told of none, and has them when it is', async () => {
    const { sqlStore, eventLog, close } = await open();
    const plain = createPostgresEventLog({
      sqlStore,
      clock: systemClock,
      randomness: systemRandomness,
      log,
      pollEveryMs: 50,
    });
    const subscription = { group: 'told', topics: ['told'], from: 'beginning' } as const;
    const handled: string[] = [];
    const handle = async (events: readonly LoggedEvent[]) =>
      void handled.push(...events.map(({ payload }) => String(payload['note'])));
    await appendUnmoved(sqlStore, eventLog, [event('told', KEY, 'in the table')]);
    await createPostgresEventStore(own(sqlStore)).move([]);
    await append(sqlStore, eventLog, [event('told', KEY, 'in Kafka')]);
    await until(async () => (await countedOutbox(sqlStore)) === 0);
    await appendUnmoved(sqlStore, eventLog, [event('told', KEY, 'in the table again')]);
    await createPostgresEventStore(own(sqlStore)).move([]);
    const untold = await plain.subscribe({ ...subscription, batchMax: 1, handle });
    await until(() => handled.length === 1);
    const waitMs = systemClock.monotonicMs() + 300;
    await until(() => systemClock.monotonicMs() > waitMs);
    assert.deepEqual(handled, ['in the table']);
    await untold.close();
    await eventLog.subscribe({ ...subscription, handle });
    await until(() => handled.length === 3);
    assert.deepEqual(handled, ['in the table', 'in Kafka', 'in the table again']);
    await plain.close();
    await close();
  });

  it('deletes from Kafka what is old enough and passed by every group', async () => {
    let aheadMs = 0;
    const clock = { ...systemClock, nowMs: () => systemClock.nowMs() + aheadMs };
    const { sqlStore, eventLog, close } = await open(clock);
    const subscription = { topics: ['old'], from: 'beginning', handle: async () => undefined } as const;
    const slow = await eventLog.subscribe({ ...subscription, group: 'slow_one' });
    await append(sqlStore, eventLog, [event('old', KEY, 'a')]);
    await until(async () => (await waitingOf(eventLog, 'slow_one')) === 0);
    await slow.close();
    await eventLog.subscribe({ ...subscription, group: 'quick_one' });
    await append(
      sqlStore,
      eventLog,
      ['b', 'c', 'd'].map((note) => event('old', KEY, note)),
    );
    await until(async () => (await waitingOf(eventLog, 'quick_one')) === 0);
    const range = { topic: 'old', partition: partitionOf(KEY), from: 0, to: 100 };
    const kept = async () => (await eventLog.read([range], 100)).map(({ payload }) => payload['note']);
    await eventLog.deleteExpired();
    assert.deepEqual(await kept(), ['a', 'b', 'c', 'd'], 'nothing is old');
    aheadMs = EVENT_RETENTION_MS + 60_000;
    assert((await eventLog.deleteExpired()) >= 1);
    assert.deepEqual(await kept(), ['b', 'c', 'd'], 'the slow one has yet to handle them');
    const resumed = await eventLog.subscribe({ ...subscription, group: 'slow_one' });
    await until(async () => (await waitingOf(eventLog, 'slow_one')) === 0);
    await resumed.close();
    assert((await eventLog.deleteExpired()) >= 2);
    assert.deepEqual(await kept(), ['d'], 'the last of a partition stays');
    const late = await eventLog.subscribe({ ...subscription, group: 'late_one' });
    await late.close();
    assert((await waitingOf(eventLog, 'late_one')) <= 1, 'a new group begins with what is left');
    await close();
  });

  it('shows tools of Kafka how far a group is', async () => {
    const { sqlStore, eventLog, close } = await open();
    await append(
      sqlStore,
      eventLog,
      ['a', 'b', 'c'].map((note) => event('shown', KEY, note)),
    );
    await eventLog.subscribe({
      group: 'shown',
      topics: ['shown'],
      from: 'beginning',
      handle: async () => undefined,
    });
    await until(async () => (await committedOffset(url, 'shown', 'shown', partitionOf(KEY))) === 3);
    await close();
  });

  it('copies dead letters to a topic of their own, those of the first attempt and of later ones', async () => {
    const { sqlStore, eventLog, close } = await open();
    const letters: LoggedEvent[] = [];
    await eventLog.tail({ topics: ['dead_letters'], hear: (events) => void letters.push(...events) });
    await append(sqlStore, eventLog, [event('deadly', KEY, 'poison')]);
    for (const attemptsMax of [1, 3]) {
      await eventLog.subscribe({
        group: `dies_after_${attemptsMax}`,
        topics: ['deadly'],
        from: 'beginning',
        attemptsMax,
        handle: async () => Promise.reject(new Error('cannot digest this')),
      });
    }
    // Nobody tells the relay of them: this is what polls are for, or the next event.
    await until(async () => (await eventLog.lag()).filter(({ dead }) => dead === 1).length >= 2);
    eventLog.appended(() => []);
    await until(() => letters.filter(({ payload }) => payload['topic'] === 'deadly').length === 2);
    const own = letters.filter(({ payload }) => payload['topic'] === 'deadly');
    const told = own.map(({ key, kind, payload }) => [key, kind, payload['group'], payload['offset']]);
    assert.deepEqual(told.toSorted(), [
      [KEY, 'noted', 'dies_after_1', 0],
      [KEY, 'noted', 'dies_after_3', 0],
    ]);
    assert.deepEqual(own[0]?.payload['payload'], { note: 'poison' });
    assert.match(String(own[0]?.payload['error']), /cannot digest this/);
    await close();
  });

  it('says that events are lost when their topic is deleted, passes none by itself, and goes on with new ones', async () => {
    const { sqlStore, eventLog, close } = await open();
    const handled: string[] = [];
    const subscription = {
      group: 'made_anew',
      topics: ['made_anew'],
      from: 'beginning',
      handle: async (events: readonly LoggedEvent[]) =>
        void handled.push(...events.map(({ payload }) => String(payload['note']))),
    } as const;
    await (await eventLog.subscribe(subscription)).close();
    await append(sqlStore, eventLog, [event('made_anew', KEY, 'lost')]);
    await until(async () => (await countedOutbox(sqlStore)) === 0);
    await close();
    await deleteTopic(url, 'made_anew');
    const other = await open();
    await append(other.sqlStore, other.eventLog, [event('made_anew', KEY, 'new')]);
    await other.eventLog.subscribe(subscription);
    await until(async () => (await countedOutbox(other.sqlStore)) === 0);
    const waitMs = systemClock.monotonicMs() + 300;
    await until(() => systemClock.monotonicMs() > waitMs);
    assert.deepEqual(handled, []);
    const place = { topic: 'made_anew', partition: partitionOf(KEY), offset: 1 };
    await other.eventLog.seek('made_anew', [place]);
    await until(() => handled.length === 1);
    assert.deepEqual(handled, ['new']);
    await other.close();
  });
});

const KEY = 1_500_000_000_000_000;
const countOutbox = readStatement<[], { readonly count: number }>(
  'test_count_outbox',
  'SELECT count(*) AS count FROM outbox',
);

async function countedOutbox(sqlStore: SqlStore): Promise<number | undefined> {
  return (await sqlStore.query(countOutbox, []))[0]?.count;
}

function own(sqlStore: SqlStore) {
  return { sqlStore, ownSqlStore: sqlStore, process: 'test', clock: systemClock, log };
}

function event(topic: string, key: number, note: string): NewEvent {
  return { topic, key, kind: 'noted', payload: { note }, ownerId: key };
}

function append(sqlStore: SqlStore, eventLog: EventLog, events: readonly NewEvent[]): Promise<void> {
  return sqlStore.transaction((transaction) => eventLog.append(transaction, events));
}

/** As another process would that does not live to move them. */
function appendUnmoved(sqlStore: SqlStore, eventLog: EventLog, events: readonly NewEvent[]): Promise<void> {
  return sqlStore.transaction(({ query }) =>
    eventLog.append({ query, afterCommit: () => undefined }, events),
  );
}

async function waitingOf(eventLog: EventLog, group: string): Promise<number> {
  const lags = (await eventLog.lag()).filter((lag) => lag.group === group);
  return lags.reduce((sum, { waiting }) => sum + waiting, 0);
}
