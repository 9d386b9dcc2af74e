/** What every event log promises, whichever engine keeps it. */

import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { until } from '../../../test/support/until.ts';
import { AppError } from '../../core/errors.ts';
import { readStatement, type SqlStore, type SqlTransaction, writeStatement } from '../sql-store/sql-store.ts';
import {
  APPEND_EVENTS_MAX,
  type Consumer,
  type DeadLetter,
  EVENT_PAYLOAD_BYTES_MAX,
  type EventLog,
  type LoggedEvent,
  type NewEvent,
  PARTITIONS,
  PUBLISH_EVENTS_MAX,
  PUBLISHES_WAITING_MAX,
  partitionOf,
  type Subscription,
} from './event-log.ts';

export interface EventLogContractDeps {
  /**
   * Opens the log as another process would, on the suite's own database. It polls so rarely that a test which
   * needs it would fail; retries are due within milliseconds. `close` closes the store too.
   */
  open(): Promise<{ readonly eventLog: EventLog; readonly sqlStore: SqlStore; close(): Promise<void> }>;
}

const createEffects = writeStatement<[]>(
  'contract_effects_create',
  `CREATE TABLE effects (
     position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
     topic text NOT NULL, key bigint NOT NULL, note text NOT NULL
   )`,
);
const dropEffects = writeStatement<[]>('contract_effects_drop', 'DROP TABLE effects');
const addEffects = writeStatement<[topics: string[], keys: number[], notes: string[]]>(
  'contract_effects_add',
  `INSERT INTO effects (topic, key, note)
   SELECT * FROM unnest($1::text[], $2::bigint[], $3::text[])`,
);
const listEffects = readStatement<[topic: string], { key: number; note: string }>(
  'contract_effects_list',
  'SELECT key, note FROM effects WHERE topic = $1 ORDER BY position',
);
const terminateSelf = writeStatement<[]>(
  'contract_terminate_self',
  'SELECT pg_terminate_backend(pg_backend_pid())',
);
const insertOutbox = writeStatement<[topic: string, partition: number, key: number]>(
  'contract_outbox_insert',
  `WITH written AS (INSERT INTO effects (topic, key, note) VALUES ($1, $3::bigint, 'row') RETURNING key)
   INSERT INTO outbox (shard, topic, partition, key, kind, payload, traceparent)
   SELECT 0, $1, $2::smallint, key, 'written', '{"by": "hand"}', NULL FROM written`,
);

/** Ids of the same partition. */
const [ALICE, BOB] = twoKeysOfOnePartition();

export function eventLogContract(name: string, deps: EventLogContractDeps): void {
  describe(`${name} is an event log`, () => {
    type Process = Awaited<ReturnType<EventLogContractDeps['open']>>;
    let one: Process;
    let other: Process;
    let topic: string;
    let readers: string;
    let tests = 0;
    const consumers: Consumer[] = [];

    before(async () => {
      [one, other] = await Promise.all([deps.open(), deps.open()]);
      await one.sqlStore.query(createEffects, []);
    });
    beforeEach(() => {
      tests += 1;
      topic = `topic_${[...String(tests)].map((digit) => 'abcdefghij'[Number(digit)]).join('')}`;
      readers = `readers_of_${topic}`;
    });
    afterEach(() => Promise.all(consumers.splice(0).map((consumer) => consumer.close())));
    after(async () => {
      await one.sqlStore.query(dropEffects, []);
      await Promise.all([one.close(), other.close()]);
    });

    const event = (key: number, note: string): NewEvent => ({
      topic,
      key,
      kind: 'noted',
      payload: { note },
      ownerId: key,
    });

    function append(events: readonly NewEvent[], by: Process = one): Promise<void> {
      return by.sqlStore.transaction((transaction) => by.eventLog.append(transaction, events));
    }

    async function subscribe(subscription: Partial<Subscription>, by: Process = one): Promise<Consumer> {
      const consumer = await by.eventLog.subscribe({
        group: readers,
        topics: [topic],
        from: 'beginning',
        handle: async () => undefined,
        ...subscription,
      });
      consumers.push(consumer);
      return consumer;
    }

    const note = ({ payload }: LoggedEvent) => String(payload['note']);

    /** A handler whose effect is in the transaction. */
    async function takeDown(events: readonly LoggedEvent[], transaction: SqlTransaction): Promise<void> {
      const keys = events.map(({ key }) => key);
      await transaction.query(addEffects, [events.map((each) => each.topic), keys, events.map(note)]);
    }

    const effects = async () => (await one.sqlStore.query(listEffects, [topic])).map((row) => row.note);

    async function lagOf(group = readers) {
      const lags = await one.eventLog.lag();
      const lag = lags.find((each) => each.group === group && each.topic === topic);
      assert(lag !== undefined, `${group} has a position`);
      return lag;
    }

    async function untilQuiet(group = readers): Promise<void> {
      await until(async () => {
        const { waiting, retrying } = await lagOf(group);
        return waiting + retrying === 0;
      });
    }

    const deadLetters = async (group = readers): Promise<DeadLetter[]> => {
      const letters = await one.eventLog.pageDeadLetters({ group, limit: 100 });
      return letters.filter((letter) => letter.topic === topic);
    };

    it('delivers what was appended, as it was appended', async () => {
      const handled: LoggedEvent[] = [];
      await subscribe({ handle: async (events) => void handled.push(...events) });
      const payload = { note: 'hello', list: [1, { deep: null }], text: '\u0000 "quoted" \\ {ü}', id: '1' };
      const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
      await append([{ topic, key: ALICE, kind: 'noted', payload, ownerId: BOB, traceparent }]);
      await until(() => handled.length === 1);
      const [{ createdAt, ...rest }] = handled as [LoggedEvent];
      assert(createdAt instanceof Date);
      assert.deepEqual(rest, {
        topic,
        partition: partitionOf(ALICE),
        offset: 0,
        key: ALICE,
        kind: 'noted',
        payload,
        traceparent,
      });
    });

    it('keeps the order of each key, over appends and transactions', async () => {
      const keys = Array.from({ length: 20 }, (_, index) => ALICE + 8 * index);
      for (let round = 0; round < 5; round += 1) {
        await append(keys.flatMap((key) => [event(key, `${round} a`), event(key, `${round} b`)]));
      }
      await subscribe({ handle: takeDown, batchMax: 7 });
      await untilQuiet();
      const rows = await one.sqlStore.query(listEffects, [topic]);
      for (const key of keys) {
        const notes = rows.filter((row) => row.key === key).map((row) => row.note);
        const expected = [0, 1, 2, 3, 4].flatMap((round) => [`${round} a`, `${round} b`]);
        assert.deepEqual(notes, expected);
      }
    });

    it('delivers nothing of a transaction that was rolled back', async () => {
      const failing = one.sqlStore.transaction(async (transaction) => {
        await one.eventLog.append(transaction, [event(ALICE, 'never')]);
        throw new Error('alice changed her mind');
      });
      await assert.rejects(failing);
      await append([event(ALICE, 'kept')]);
      await subscribe({ handle: takeDown });
      await untilQuiet();
      assert.deepEqual(await effects(), ['kept']);
    });

    it('delivers what a statement has put into the outbox itself', async () => {
      await subscribe({ handle: async (events, transaction) => takeDown(events, transaction) });
      await one.sqlStore.query(insertOutbox, [topic, partitionOf(ALICE), ALICE]);
      one.eventLog.appended(() => []);
      await untilQuiet();
      assert.deepEqual(await effects(), ['row', 'undefined']);
    });

    it('delivers what was published without a transaction, in order, once it was acknowledged', async () => {
      for (const round of ['a', 'b', 'c']) {
        await one.eventLog.publish([event(ALICE, `${round} 1`), event(ALICE, `${round} 2`)]);
      }
      await one.eventLog.publish([]);
      await subscribe({ handle: takeDown }, other);
      await untilQuiet();
      assert.deepEqual(await effects(), ['a 1', 'a 2', 'b 1', 'b 2', 'c 1', 'c 2']);
    });

    it('keeps the order in which concurrent calls published, and loses none', async () => {
      const notes = Array.from({ length: 50 }, (_, index) => String(index));
      await Promise.all(notes.map((text) => one.eventLog.publish([event(ALICE, text)])));
      await subscribe({ handle: takeDown });
      await untilQuiet();
      assert.deepEqual(await effects(), notes);
    });

    it('refuses what is published beyond those that wait, says so at once, and keeps the others', async () => {
      // The calls of one turn: none of them can have left it yet.
      const calls = Array.from({ length: PUBLISHES_WAITING_MAX + 1 }, (_, index) =>
        one.eventLog.publish([event(ALICE, String(index))]),
      );
      const refusal = await calls.at(-1)?.catch((error: unknown) => error);
      assert.ok(refusal instanceof AppError);
      assert.deepEqual([refusal.code, refusal.outcome], ['unavailable', 'not_applied']);
      await Promise.all(calls.slice(0, -1));
      await subscribe({ handle: takeDown, batchMax: 500 });
      await untilQuiet();
      assert.equal((await effects()).length, PUBLISHES_WAITING_MAX);
    });

    it('publishes as many and as large events as it says; what is too large fails only its own publisher', async () => {
      const many = (count: number) => Array.from({ length: count }, () => event(ALICE, 'x'));
      const large = (bytes: number) => event(ALICE, 'x'.repeat(bytes - '{"note":""}'.length));
      const outcomes = await Promise.allSettled([
        one.eventLog.publish(many(PUBLISH_EVENTS_MAX)),
        one.eventLog.publish(many(PUBLISH_EVENTS_MAX + 1)),
        one.eventLog.publish([large(EVENT_PAYLOAD_BYTES_MAX)]),
        one.eventLog.publish([large(EVENT_PAYLOAD_BYTES_MAX + 1)]),
        one.eventLog.publish([{ ...event(ALICE, 'x'), topic: 'No Topic' }]),
      ]);
      const answers = outcomes.map((each) => (each.status === 'fulfilled' ? 'added' : String(each.reason)));
      assert.equal(answers[0], 'added');
      assert.match(answers[1] ?? '', /too many/);
      assert.equal(answers[2], 'added');
      assert.match(answers[3] ?? '', /too large/);
      assert.match(answers[4] ?? '', /name of a topic/);
      await subscribe({ handle: takeDown, batchMax: 1_000 });
      await untilQuiet();
      assert.equal((await effects()).length, PUBLISH_EVENTS_MAX + 1);
    });

    it('publishes nothing once it is closed, and says so', async () => {
      const closed = await deps.open();
      await closed.close();
      const refusal = await closed.eventLog.publish([event(ALICE, 'late')]).catch((error: unknown) => error);
      assert.ok(refusal instanceof AppError);
      assert.deepEqual([refusal.code, refusal.outcome], ['unavailable', 'not_applied']);
    });

    it('delivers to every group, and to a new one from the beginning or from the end', async () => {
      const heard: string[] = [];
      const hear = (who: string) => async (events: readonly LoggedEvent[]) =>
        void heard.push(...events.map((each) => `${who}: ${note(each)}`));
      await append([event(ALICE, 'first')]);
      await subscribe({ group: 'alice', handle: hear('alice') });
      await untilQuiet('alice');
      await subscribe({ group: 'bob', handle: hear('bob') });
      await subscribe({ group: 'carol', from: 'end', handle: hear('carol') });
      await append([event(ALICE, 'second')]);
      await until(() => heard.length === 5);
      assert.deepEqual(heard.toSorted(), [
        'alice: first',
        'alice: second',
        'bob: first',
        'bob: second',
        'carol: second',
      ]);
    });

    it('goes on where the group left off', async () => {
      const first = await subscribe({ handle: takeDown });
      await append([event(ALICE, 'first')]);
      await untilQuiet();
      await first.close();
      await append([event(ALICE, 'second')]);
      await subscribe({ handle: takeDown, from: 'end' }, other);
      await untilQuiet();
      assert.deepEqual(await effects(), ['first', 'second']);
    });

    it('hears at once of what another process has appended', async () => {
      await subscribe({ handle: takeDown }, one);
      await append([event(ALICE, 'from elsewhere')], other);
      await until(async () => (await effects()).length === 1);
    });

    for (const batchMax of [3, 100]) {
      it(`gives a handler each partition in order, and at most its batch of ${batchMax}`, async () => {
        const batches: (readonly LoggedEvent[])[] = [];
        await append(Array.from({ length: 40 }, (_, index) => event(ALICE + index, String(index))));
        await subscribe({ batchMax, handle: async (events) => void batches.push(events) });
        await untilQuiet();
        for (const batch of batches) assert(batch.length >= 1 && batch.length <= batchMax);
        const handled = batches.flat();
        assert.equal(handled.length, 40);
        for (let partition = 0; partition < PARTITIONS; partition += 1) {
          const offsets = handled.filter((each) => each.partition === partition).map(({ offset }) => offset);
          assert.deepEqual(
            offsets,
            offsets.map((_, index) => index),
          );
        }
      });
    }

    it('gives a handler what waits in several partitions at once', async () => {
      const batches: (readonly LoggedEvent[])[] = [];
      await append(Array.from({ length: 20 }, (_, index) => event(ALICE + index, String(index))));
      const mover = `movers_of_${topic}`;
      await subscribe({ group: mover });
      await untilQuiet(mover);
      await subscribe({ handle: async (events) => void batches.push(events) });
      await untilQuiet();
      assert.deepEqual(
        batches.map(({ length }) => length),
        [20],
      );
    });

    it('shares the partitions among the consumers of a group, each event to one of them', async () => {
      const release = deferred();
      const handledBy: Record<'one' | 'other', string[]> = { one: [], other: [] };
      const handle = (who: 'one' | 'other') => async (events: readonly LoggedEvent[], tx: SqlTransaction) => {
        await takeDown(events, tx);
        handledBy[who].push(...events.map(note));
        // Whoever is first holds its partition until the other has had another one.
        if (handledBy.one.length > 0 && handledBy.other.length > 0) release.resolve();
        await release.promise;
      };
      const notes = Array.from({ length: 50 }, (_, index) => String(index));
      await append(notes.map((text, index) => event(ALICE + index, text)));
      await Promise.all([
        subscribe({ batchMax: 5, handle: handle('one') }, one),
        subscribe({ batchMax: 5, handle: handle('other') }, other),
      ]);
      await untilQuiet();
      assert.deepEqual((await effects()).toSorted(), notes.toSorted());
    });

    it('handles as many partitions at the same time as it was asked to', async () => {
      const release = deferred();
      let handling = 0;
      await append(Array.from({ length: 50 }, (_, index) => event(ALICE + index, 'x')));
      await subscribe({
        concurrency: 2,
        async handle() {
          handling += 1;
          assert(handling <= 2);
          if (handling === 2) release.resolve();
          await release.promise;
          handling -= 1;
        },
      });
      await untilQuiet();
    });

    it('leaves neither effect nor progress when a handler fails, and doubles nothing when it is tried again', async () => {
      let failures = 0;
      await append(['a', 'b', 'c'].map((text) => event(ALICE, text)));
      await subscribe({
        async handle(events, transaction) {
          await takeDown(events, transaction);
          failures += 1;
          if (failures <= 2) throw new Error('after the effect');
        },
      });
      await untilQuiet();
      assert.deepEqual(await effects(), ['a', 'b', 'c']);
    });

    it('doubles nothing when the connection is cut between effect and acknowledgement', async () => {
      let cuts = 0;
      await append([event(ALICE, 'a'), event(BOB, 'b')]);
      await subscribe({
        async handle(events, transaction) {
          await takeDown(events, transaction);
          cuts += 1;
          if (cuts <= 2) await transaction.query(terminateSelf, []);
        },
      });
      await untilQuiet();
      assert.deepEqual(await effects(), ['a', 'b']);
      assert.equal(cuts, 3);
    });

    it('lets the others go on, the same key wait, and the event die that fails every time', async () => {
      await append([event(ALICE, 'poison'), event(BOB, 'b1'), event(ALICE, 'a2'), event(BOB, 'b2')]);
      let attempts = 0;
      await subscribe({
        attemptsMax: 3,
        async handle(events, transaction) {
          await takeDown(events, transaction);
          if (!events.some((each) => note(each) === 'poison')) return;
          if (events.length === 1) attempts += 1;
          throw new Error('cannot digest this');
        },
      });
      await untilQuiet();
      assert.equal(attempts, 3);
      assert.deepEqual(await effects(), ['b1', 'b2', 'a2']);
      const [letter, ...rest] = await deadLetters();
      assert.deepEqual(rest, []);
      assert(letter !== undefined);
      assert.equal(note(letter), 'poison');
      assert.equal(letter.group, readers);
      assert.equal(letter.attempts, 3);
      assert.match(letter.error, /cannot digest this/);
      assert.deepEqual(await lagOf(), { group: readers, topic, waiting: 0, retrying: 0, dead: 1 });
    });

    it('keeps the order of a key behind an event that succeeds at last', async () => {
      await append(['a1', 'a2'].map((text) => event(ALICE, text)));
      let attempts = 0;
      await subscribe({
        batchMax: 1,
        async handle(events, transaction) {
          await takeDown(events, transaction);
          if (!events.some((each) => note(each) === 'a1')) return;
          attempts += 1;
          if (attempts === 1) await append([event(ALICE, 'a3'), event(BOB, 'b')]);
          if (attempts <= 3) throw new Error('not yet');
        },
      });
      await untilQuiet();
      assert.deepEqual(
        (await effects()).filter((text) => text !== 'b'),
        ['a1', 'a2', 'a3'],
      );
      assert.deepEqual(await deadLetters(), []);
    });

    it('replays dead letters, all or those named', async () => {
      let healed = false;
      await append([event(ALICE, 'a'), event(BOB, 'b'), event(ALICE + 1, 'c')]);
      await subscribe({
        attemptsMax: 1,
        async handle(events, transaction) {
          if (!healed) throw new Error('not yet');
          await takeDown(events, transaction);
        },
      });
      await untilQuiet();
      const letters = await deadLetters();
      assert.equal(letters.length, 3);
      healed = true;
      const named = letters.filter((letter) => note(letter) === 'b');
      assert.equal(await other.eventLog.replayDeadLetters(readers, named), 1);
      await until(async () => (await effects()).length === 1);
      assert.equal(await one.eventLog.replayDeadLetters('nobody'), 0);
      assert.equal(await other.eventLog.replayDeadLetters(readers), 2);
      await untilQuiet();
      const [first, ...others] = await effects();
      assert.equal(first, 'b');
      assert.deepEqual(others.toSorted(), ['a', 'c']);
      assert.deepEqual(await deadLetters(), []);
    });

    it('pages dead letters', async () => {
      const notes = Array.from({ length: 7 }, (_, index) => String(index));
      await append(notes.map((text, index) => event(ALICE + index, text)));
      const handle = async () => {
        throw new Error('never');
      };
      await subscribe({ group: 'pages_a', attemptsMax: 1, handle });
      await subscribe({ group: 'pages_b', attemptsMax: 1, handle });
      await Promise.all([untilQuiet('pages_a'), untilQuiet('pages_b')]);
      const seen: string[] = [];
      let after: DeadLetter | undefined;
      for (;;) {
        const page = await one.eventLog.pageDeadLetters({ after, limit: 3 });
        if (page.length === 0) break;
        seen.push(
          ...page.filter((letter) => letter.topic === topic).map((letter) => letter.group + note(letter)),
        );
        after = page.at(-1);
      }
      const expected = ['pages_a', 'pages_b'].flatMap((group) => notes.map((text) => group + text));
      assert.deepEqual(seen.toSorted(), expected);
    });

    it('waits for what is unavailable as long as it takes, in order, and lets no event die of it', async () => {
      await append(['a1', 'a2', 'a3'].map((text) => event(ALICE, text)));
      let attempts = 0;
      await subscribe({
        attemptsMax: 2,
        async handle(events, transaction) {
          attempts += 1;
          if (attempts <= 6) throw new AppError('unavailable', 'Redis is away.');
          await takeDown(events, transaction);
        },
      });
      await untilQuiet();
      assert.deepEqual(await effects(), ['a1', 'a2', 'a3']);
      assert.deepEqual(await deadLetters(), []);
    });

    it('finishes its batch before it closes, and takes no other', async () => {
      const release = deferred();
      const handling = deferred();
      const consumer = await subscribe({
        batchMax: 1,
        async handle(events, transaction) {
          await takeDown(events, transaction);
          handling.resolve();
          await release.promise;
        },
      });
      await append([event(ALICE, 'a'), event(ALICE, 'b')]);
      await handling.promise;
      const closed = consumer.close();
      release.resolve();
      await closed;
      assert.deepEqual(await effects(), ['a']);
      assert.equal((await lagOf()).waiting, 1);
    });

    it('says for how long an event has waited to reach it', async () => {
      await append([event(ALICE, 'a')]);
      await until(async () => (await one.eventLog.outboxAgeMs()) === 0);
    });

    it('counts what a group has yet to handle', async () => {
      const consumer = await subscribe({ group: 'slow' });
      await consumer.close();
      await append(Array.from({ length: 12 }, (_, index) => event(ALICE + index, 'x')));
      assert.deepEqual(await lagOf('slow'), { group: 'slow', topic, waiting: 12, retrying: 0, dead: 0 });
    });

    it('forgets a group', async () => {
      await append([event(ALICE, 'a')]);
      const consumer = await subscribe({ group: 'gone', handle: takeDown });
      await untilQuiet('gone');
      await consumer.close();
      await one.eventLog.removeGroup('gone');
      assert(!(await one.eventLog.lag()).some(({ group }) => group === 'gone'));
      await subscribe({ group: 'gone', handle: takeDown });
      await untilQuiet('gone');
      assert.deepEqual(await effects(), ['a', 'a']);
    });

    it('goes on from earlier places, and handles there what it handled before', async () => {
      const handled: LoggedEvent[] = [];
      let broken = true;
      await append(['a', 'b', 'c'].map((text) => event(ALICE, text)));
      await append([event(ALICE + 1, 'd')]);
      await subscribe({
        attemptsMax: 1,
        async handle(events) {
          if (broken && events.some((each) => note(each) === 'b')) throw new Error('not yet');
          handled.push(...events);
        },
      });
      await untilQuiet();
      assert.equal((await deadLetters()).length, 1);
      broken = false;
      const byPlace = (events: readonly LoggedEvent[]) =>
        events.toSorted((x, y) => x.partition - y.partition || x.offset - y.offset);
      const first = byPlace(handled.splice(0));
      assert.equal(await other.eventLog.seek(readers, 'beginning'), PARTITIONS);
      await until(() => handled.length === 4);
      const again = byPlace(handled.splice(0));
      assert.deepEqual(
        again.filter((each) => note(each) !== 'b'),
        first,
        'the same events at the same places',
      );
      assert.deepEqual(await deadLetters(), [], 'what is handled again is no dead letter any more');
      const place = { topic, partition: partitionOf(ALICE) };
      assert.equal(await one.eventLog.seek(readers, [{ ...place, offset: 2 }]), 1);
      await until(() => handled.length === 1);
      assert.deepEqual(handled.splice(0).map(note), ['c']);
      assert.equal(await one.eventLog.seek(readers, [{ ...place, offset: 1_000 }]), 1);
      assert.equal((await lagOf()).waiting, 0, 'beyond the end is the end');
      assert.equal(await one.eventLog.seek('nobody', 'beginning'), 0);
      assert.equal(await one.eventLog.seek(readers, [{ ...place, topic: 'nothing', offset: 0 }]), 0);
    });

    it('leaves out what is before a later place', async () => {
      await append(['a', 'b', 'c'].map((text) => event(ALICE, text)));
      const mover = `movers_of_${topic}`;
      await subscribe({ group: mover });
      const consumer = await subscribe({
        handle: async () => Promise.reject(new AppError('unavailable', 'Redis is away.')),
      });
      await untilQuiet(mover);
      await consumer.close();
      await one.eventLog.seek(readers, [{ topic, partition: partitionOf(ALICE), offset: 2 }]);
      await subscribe({ handle: takeDown });
      await untilQuiet();
      assert.deepEqual(await effects(), ['c']);
    });

    it('takes as many events and as large ones as it says, and no more', async () => {
      const many = (count: number) => Array.from({ length: count }, () => event(ALICE, 'x'));
      const large = (bytes: number) => event(ALICE, 'x'.repeat(bytes - '{"note":""}'.length));
      await append(many(APPEND_EVENTS_MAX));
      await append([large(EVENT_PAYLOAD_BYTES_MAX)]);
      await assert.rejects(append(many(APPEND_EVENTS_MAX + 1)), /too many/);
      await assert.rejects(append([large(EVENT_PAYLOAD_BYTES_MAX + 1)]), /too large/);
      await assert.rejects(append([{ ...event(ALICE, 'x'), topic: 'No Topic' }]), /name of a topic/);
      await append([]);
      await subscribe({ handle: takeDown, batchMax: 1_000 });
      await untilQuiet();
      assert.equal((await effects()).length, APPEND_EVENTS_MAX + 1);
    });
  });
}

function twoKeysOfOnePartition(): [number, number] {
  const first = 1_500_000_000_000_000;
  let second = first + 1;
  while (partitionOf(second) !== partitionOf(first)) second += 1;
  return [first, second];
}

function deferred() {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
