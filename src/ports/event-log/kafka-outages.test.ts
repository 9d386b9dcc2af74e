/** A log in Kafka while processes are killed and brokers go away: exactly the events that were committed, in order. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { after, afterEach, before, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { addLoggedEffects, createEffects, listEffects } from '../../../test/support/effects-queries.ts';
import { connectKafka, type KafkaBroker, startKafkaBroker } from '../../../test/support/kafka-broker.ts';
import { describeOnOwnKafka } from '../../../test/support/kafka-engine.ts';
import { until } from '../../../test/support/until.ts';
import { seededFraction, systemClock, systemRandomness } from '../../core/clock.ts';
import { createLog } from '../../telemetry/log.ts';
import { createPostgresSqlStore, type PostgresSqlStore } from '../sql-store/postgres-sql-store.ts';
import type { EventLog, LoggedEvent } from './event-log.ts';
import { createKafkaEventLog } from './kafka-event-log.ts';

const log = createLog({ level: 'silent', pretty: false });
const KEY = 1_500_000_000_000_000;
const WRITERS = 4;
const CONSUMERS = 3;
const KILLS = 4;
/** For what another process has to do. */
const WAIT_MS = 15_000;
const program = fileURLToPath(
  new URL(`../../../test/support/kafka-log-process${import.meta.url.slice(-3)}`, import.meta.url),
);
const rolledBack = new Error('rolled back on purpose');

describeOnOwnKafka('a log in Kafka through outages', (jars) => {
  let broker: KafkaBroker;
  let database: TestDatabase;
  let sqlStore: PostgresSqlStore;
  let eventLog: EventLog;
  const children = new Set<ChildProcess>();
  const seed = Math.trunc(systemRandomness.fraction() * 1e9);
  const random = seededFraction(seed);

  before(async () => {
    database = await createTestDatabase();
    broker = await startKafkaBroker(jars);
    sqlStore = createPostgresSqlStore({ connection: database.connection, clock: systemClock, log });
    eventLog = openLog();
    await createEffects(sqlStore);
  });
  afterEach(() => Promise.all([...children].map(kill)));
  after(async () => {
    await eventLog?.close();
    await sqlStore?.close();
    await database?.close();
    await broker?.close();
  });

  function openLog(): EventLog {
    return createKafkaEventLog({
      sqlStore,
      cluster: connectKafka(broker.url),
      clock: systemClock,
      randomness: systemRandomness,
      log,
      pollEveryMs: 500,
    });
  }

  async function spawnProcess(group: string, topic: string): Promise<ChildProcess> {
    const child = spawn(process.execPath, [program, database.url, broker.url, group, topic], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    children.add(child);
    return child;
  }

  async function kill(child: ChildProcess): Promise<void> {
    children.delete(child);
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }

  const event = (topic: string, key: number, note: string) => ({
    topic,
    key,
    kind: 'noted',
    payload: { note },
    ownerId: key,
  });

  const append = (topic: string, key: number, notes: readonly string[], lastsMs = 0, fails = false) =>
    sqlStore.transaction(async (transaction) => {
      await eventLog.append(
        transaction,
        notes.map((note) => event(topic, key, note)),
      );
      if (lastsMs > 0) await systemClock.sleep(lastsMs);
      if (fails) throw rolledBack;
    });

  /** As another process would that does not live to move them. */
  const appendUnmoved = (topic: string, key: number, notes: readonly string[]) =>
    sqlStore.transaction(({ query }) =>
      eventLog.append(
        { query, afterCommit: () => undefined },
        notes.map((note) => event(topic, key, note)),
      ),
    );

  const waitingOf = async (group: string) =>
    (await eventLog.lag())
      .filter((lag) => lag.group === group)
      .reduce((sum, { waiting, retrying }) => sum + waiting + retrying, 0);

  /** Transactions that last 0 to 15 ms, one in eight of them rolled back, until it is told to stop. */
  async function write(topic: string, writer: number, stop: AbortSignal, written: Map<number, string[]>) {
    for (let round = 0; !stop.aborted; round += 1) {
      const key = KEY + writer * 13 + (round % 5);
      const notes = [`${writer}.${round}.a`, `${writer}.${round}.b`];
      const fails = round % 8 === 7;
      await append(topic, key, notes, random() * 15, fails).catch((error: unknown) =>
        assert.equal(error, rolledBack),
      );
      if (!fails) written.set(key, [...(written.get(key) ?? []), ...notes]);
    }
  }

  async function checkEffects(topic: string, written: ReadonlyMap<number, string[]>) {
    const effects = (await listEffects(sqlStore)).filter((effect) => effect.topic === topic);
    const expected = [...written.values()].flat().length;
    assert.equal(effects.length, expected, `seed ${seed}: every event once`);
    for (const [key, notes] of written) {
      const found = effects.filter((effect) => effect.key === key).map(({ note }) => note);
      assert.deepEqual(found, notes, `seed ${seed}: the order of ${key}`);
    }
  }

  it('doubles nothing when a relay is killed after Kafka has taken what is still in the outbox', async () => {
    const topic = 'killed_relay';
    await appendUnmoved(topic, KEY, ['a', 'b']);
    for (let kills = 0; kills < 3; kills += 1) {
      const relay = await spawnProcess('relay', topic);
      assert(relay.stdout !== null);
      await once(relay.stdout, 'data', { signal: AbortSignal.timeout(WAIT_MS) });
      // Kafka holds the others already, without it.
      await appendUnmoved(topic, KEY, [`after ${kills}`]);
      await kill(relay);
    }
    const heard: LoggedEvent[] = [];
    await eventLog.tail({ topics: [topic], hear: (events) => void heard.push(...events) });
    await eventLog.subscribe({
      group: topic,
      topics: [topic],
      from: 'beginning',
      handle: (events, transaction) => addLoggedEffects(transaction, events),
    });
    await append(topic, KEY, ['last']);
    await until(async () => (await waitingOf(topic)) === 0);
    await checkEffects(topic, new Map([[KEY, ['a', 'b', 'after 0', 'after 1', 'after 2', 'last']]]));
    const effects = (await listEffects(sqlStore)).filter((effect) => effect.topic === topic);
    assert.deepEqual(
      effects.map(({ offset }) => offset),
      [0, 1, 2, 3, 4, 5],
    );
    const offsets = new Set(heard.map(({ offset }) => offset));
    assert.equal(heard.length, offsets.size, 'the tail heard each of them once');
  });

  /** To be called while the brokers are away; what it answers, once they are back. */
  async function openWhileAway(topic: string): Promise<() => Promise<void>> {
    const other = openLog();
    const heard: LoggedEvent[] = [];
    const tail = await other.tail({ topics: [topic], hear: (events) => void heard.push(...events) });
    await append(topic, KEY, ['a']);
    const appendedMs = systemClock.monotonicMs();
    await other.publish([event(topic, KEY, 'b')]);
    await until(() => systemClock.monotonicMs() > appendedMs + 700);
    assert(tail.heardUntilMs() < appendedMs, 'it does not pass what it has not heard');
    return async () => {
      await tail.catchUp();
      assert.deepEqual(
        heard.map(({ payload }) => payload['note']),
        ['a', 'b'],
      );
      assert(tail.heardUntilMs() > appendedMs);
      await other.close();
    };
  }

  it('publishes while brokers freeze, die and come back: each once, in order', async () => {
    const [topic, group] = ['published', 'published'];
    const notes: string[] = [];
    const publishSome = async (name: string) => {
      for (let round = 0; round < 5; round += 1) {
        notes.push(`${name} ${round}`);
        await eventLog.publish([event(topic, KEY, `${name} ${round}`)]);
      }
    };
    await eventLog.subscribe({
      group,
      topics: [topic],
      from: 'beginning',
      handle: (events, transaction) => addLoggedEffects(transaction, events),
    });
    const untilPassed = () => until(async () => (await waitingOf(group)) === 0, 30_000);
    await publishSome('well');
    await untilPassed();
    broker.freeze();
    await publishSome('frozen');
    assert((await waitingOf(group)) >= 5, 'they wait in the outbox');
    broker.goOn();
    // Some of these while what is before them still waits, which they must not overtake.
    await publishSome('back');
    await untilPassed();
    await broker.kill();
    await publishSome('dead');
    await broker.start();
    await publishSome('again');
    await untilPassed();
    await publishSome('directly');
    await untilPassed();
    await checkEffects(topic, new Map([[KEY, notes]]));
  });

  it('counts exactly while consumers are killed and the broker dies under load, and takes all writes meanwhile', async () => {
    const [topic, group] = ['chaos', 'counters'];
    const written = new Map<number, string[]>();
    const stop = new AbortController();
    const consumers = await Promise.all(Array.from({ length: CONSUMERS }, () => spawnProcess(group, topic)));
    const writing = Promise.all(
      Array.from({ length: WRITERS }, (_, writer) => write(topic, writer, stop.signal, written)),
    );
    const killSome = async (kills: number) => {
      for (let round = 0; round < kills; round += 1) {
        await systemClock.sleep(200 + random() * 300);
        const victim = Math.floor(random() * consumers.length);
        const [child] = consumers.splice(victim, 1);
        if (child !== undefined) await kill(child);
        consumers.push(await spawnProcess(group, topic));
      }
    };
    await until(async () => (await listEffects(sqlStore)).some((effect) => effect.topic === topic));
    await killSome(KILLS / 2);
    await broker.kill();
    const beforeOutage = [...written.values()].flat().length;
    await until(() => [...written.values()].flat().length > beforeOutage + 200);
    assert((await waitingOf(group)) > 200, 'what is written meanwhile waits in the outbox');
    assert((await eventLog.outboxAgeMs()) > 0);
    const checkOpened = await openWhileAway('opened_while_away');
    await broker.start();
    await killSome(KILLS / 2);
    stop.abort();
    await writing;
    await until(async () => (await waitingOf(group)) === 0, 30_000);
    await checkEffects(topic, written);
    await checkOpened();
  });
});
