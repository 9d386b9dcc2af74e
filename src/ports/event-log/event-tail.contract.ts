/** What the tails of every event log promise, whichever engine keeps it. */

import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { until } from '../../../test/support/until.ts';
import { hasCode } from '../../core/errors.ts';
import type { SqlStore, SqlTransaction } from '../sql-store/sql-store.ts';
import {
  type EventLog,
  type LoggedEvent,
  type NewEvent,
  partitionOf,
  READ_EVENTS_MAX,
  TAIL_EVENTS_MAX,
  type Tail,
  type TailOptions,
} from './event-log.ts';

export interface EventTailContractDeps {
  /** Opens the log as another process would, on the suite's own database. `close` closes the store too. */
  open(): Promise<{ readonly eventLog: EventLog; readonly sqlStore: SqlStore; close(): Promise<void> }>;
  /** Of the clock that the logs have. */
  monotonicMs(): number;
  /** In which the first event of a topic is heard of by another process. Default 200: sooner than by looking. */
  readonly firstEventMs?: number;
}

const ALICE = 1_500_000_000_000_000;
const BOB = ALICE + 1;

export function eventTailContract(name: string, deps: EventTailContractDeps): void {
  describe(`${name} has tails`, () => {
    type Process = Awaited<ReturnType<EventTailContractDeps['open']>>;
    let one: Process;
    let other: Process;
    let topic: string;
    let tests = 0;
    const tails: Tail[] = [];

    before(async () => {
      [one, other] = await Promise.all([deps.open(), deps.open()]);
    });
    beforeEach(() => {
      tests += 1;
      topic = `tail_${'abcdefghijklmnopqrstuvwxyz'[tests]}`;
    });
    afterEach(() => Promise.all(tails.splice(0).map((tail) => tail.close())));
    after(() => Promise.all([one.close(), other.close()]));

    const event = (key: number, text: string, of = topic): NewEvent => ({
      topic: of,
      key,
      kind: 'noted',
      payload: { note: text },
      ownerId: key,
    });
    const note = ({ payload }: { readonly payload: object }) =>
      'note' in payload ? String(payload.note) : '';

    function append(events: readonly NewEvent[], by: Process = one): Promise<void> {
      return by.sqlStore.transaction((transaction) => by.eventLog.append(transaction, events));
    }

    async function open(options: Partial<TailOptions> = {}, by: Process = one) {
      const heard: LoggedEvent[] = [];
      const tail = await by.eventLog.tail({
        topics: [topic],
        hear: (events) => void heard.push(...events),
        ...options,
      });
      tails.push(tail);
      return { tail, heard, notes: () => heard.map(note) };
    }

    it('hears what every process commits, once it is open', async () => {
      await append([event(ALICE, 'before')]);
      const first = await open();
      await first.tail.catchUp();
      const { tail, notes } = await open();
      await append([event(ALICE, 'own')]);
      await append([event(ALICE, 'of another'), event(ALICE, 'elsewhere', 'another_topic')], other);
      await Promise.all([tail.catchUp(), first.tail.catchUp()]);
      assert.deepEqual(notes(), ['own', 'of another']);
      assert.deepEqual(first.notes().slice(-2), ['own', 'of another']);
    });

    it('hears of the commits of others at once, without being asked', async () => {
      const { notes } = await open();
      await append([event(ALICE, 'soon')], other);
      await until(() => notes().length === 1, deps.firstEventMs ?? 200);
    });

    it('misses and reorders nothing of 20 writers whose transactions commit out of order, nor hears what is rolled back', async () => {
      const committed: { readonly note: string; readonly atMs: number }[] = [];
      const heardNotes = new Set<string>();
      const heard = new Map<number, string[]>();
      const rolledBack = new Error('rolled back on purpose');
      let ahead = 0;
      const { tail } = await open({
        hear(events) {
          for (const each of events) {
            heardNotes.add(note(each));
            heard.set(each.key, [...(heard.get(each.key) ?? []), note(each)]);
          }
        },
      });
      const check = () => {
        const untilMs = tail.heardUntilMs();
        ahead += committed.filter(({ note: text, atMs }) => atMs < untilMs && !heardNotes.has(text)).length;
      };
      /** Transactions last 0 to 28 ms, so ids and commits are in different orders. */
      const write = async (writer: number) => {
        const [process, key] = [writer % 2 === 0 ? one : other, ALICE + writer * 13];
        for (let round = 0; round < 12; round += 1) {
          const notes = [`${writer}.${round}.a`, `${writer}.${round}.b`];
          const fails = (writer + round) % 5 === 0;
          const work = async (transaction: SqlTransaction) => {
            await process.eventLog.append(
              transaction,
              notes.map((text) => event(key, text)),
            );
            await new Promise((resolve) => setTimeout(resolve, ((writer * 7 + round * 11) % 15) * 2));
            if (fails) throw rolledBack;
          };
          await process.sqlStore.transaction(work).catch((error: unknown) => assert.equal(error, rolledBack));
          const atMs = deps.monotonicMs();
          if (!fails) committed.push(...notes.map((text) => ({ note: text, atMs })));
          check();
        }
      };
      await Promise.all(Array.from({ length: 20 }, (_, writer) => write(writer)));
      await tail.catchUp();
      check();
      assert.equal(ahead, 0, 'heardUntilMs is never ahead of what was heard');
      assert.deepEqual([...heardNotes].sort(), committed.map((each) => each.note).sort());
      for (const [key, notes] of heard) {
        const expected = committed
          .map((each) => each.note)
          .filter((text) => text.startsWith(`${(key - ALICE) / 13}.`));
        assert.deepEqual(notes, expected);
      }
    });

    it('knows until when it has heard, while nothing happens', async () => {
      const { tail } = await open();
      const openedMs = deps.monotonicMs();
      await until(() => tail.heardUntilMs() > openedMs + 300);
      assert(deps.monotonicMs() - tail.heardUntilMs() < 1_000);
    });

    it('hears at most as many at a time as it says, and all of them', async () => {
      const sizes: number[] = [];
      const { tail } = await open({ hear: (events) => void sizes.push(events.length) });
      const many = (from: number) =>
        Array.from({ length: 1_000 }, (_, index) => event(ALICE + from + index, 'x'));
      await Promise.all([append(many(0)), append(many(1_000)), append(many(2_000), other)]);
      await tail.catchUp();
      assert.equal(
        sizes.reduce((sum, size) => sum + size, 0),
        3_000,
      );
      assert(Math.max(...sizes) <= TAIL_EVENTS_MAX);
    });

    it('is told of what this process has committed before the writer goes on', async () => {
      const told: string[] = [];
      const { tail, notes } = await open({ committed: (events) => void told.push(...events.map(note)) });
      await append([event(ALICE, 'a'), event(BOB, 'elsewhere', 'another_topic'), event(BOB, 'b')]);
      assert.deepEqual(told, ['a', 'b']);
      await append([event(ALICE, 'of another process')], other);
      const failing = one.sqlStore.transaction(async (transaction) => {
        await one.eventLog.append(transaction, [event(ALICE, 'never')]);
        throw new Error('alice changed her mind');
      });
      await assert.rejects(failing);
      await tail.catchUp();
      assert.deepEqual(told, ['a', 'b']);
      assert.deepEqual(notes().toSorted(), ['a', 'b', 'of another process']);
      one.eventLog.appended(() => [event(ALICE, 'by a statement')]);
      assert.deepEqual(told.at(-1), 'by a statement');
    });

    it('asks for what a statement has appended only where someone wants it', async () => {
      await open();
      one.eventLog.appended(() => assert.fail('nobody wants to know'));
    });

    it('hears nothing once it is closed', async () => {
      const told: string[] = [];
      const { tail, notes } = await open({ committed: (events) => void told.push(...events.map(note)) });
      const waiting = assert.rejects(tail.catchUp(), (error) => hasCode(error, 'unavailable'));
      const closing = tail.close();
      await append([event(ALICE, 'too late')]);
      await Promise.all([closing, waiting]);
      await (await open()).tail.catchUp();
      assert.deepEqual([...told, ...notes()], []);
      await assert.rejects(tail.catchUp(), (error) => hasCode(error, 'unavailable'));
    });

    it('goes on when a listener fails', async () => {
      const { tail, notes } = await open();
      await open({
        hear: () => assert.fail('a defect'),
        committed: () => assert.fail('a defect'),
      });
      await append([event(ALICE, 'a')]);
      await append([event(ALICE, 'b')]);
      await Promise.all(tails.map((each) => each.catchUp()));
      await tail.catchUp();
      assert.deepEqual(notes(), ['a', 'b']);
    });

    it('says where it has started, and what it has heard can be read again', async () => {
      await append([event(ALICE, 'before')]);
      await (await open()).tail.catchUp();
      const { tail, heard } = await open();
      await append([event(ALICE, 'a'), event(BOB, 'b')]);
      await append([event(ALICE, 'c')], other);
      await tail.catchUp();
      const partition = partitionOf(ALICE);
      const started = tail.startedAt.find((at) => at.topic === topic && at.partition === partition);
      const from = started?.offset ?? 0;
      assert.equal(from, 1);
      const ranges = [ALICE, BOB].map((key) => ({ topic, partition: partitionOf(key), from, to: 1_000 }));
      const [own] = ranges;
      assert(own !== undefined);
      const found = await one.eventLog.read([own], 1_000);
      assert.deepEqual(
        found,
        heard.filter((each) => each.partition === partition),
      );
      assert.deepEqual(await one.eventLog.read([own], 1), found.slice(0, 1), 'the oldest first');
      assert.deepEqual(await one.eventLog.read([{ ...own, to: from + 1 }], 10), found.slice(0, 1));
      const share = await one.eventLog.read([own, { ...own, from: from + 1 }], 2);
      assert.deepEqual(share, found.slice(0, 2), 'each range has its share');
      assert.deepEqual(await one.eventLog.read([{ ...own, from: 2_000, to: 3_000 }], 10), []);
      assert.deepEqual(await one.eventLog.read([], 10), []);
      await assert.rejects(one.eventLog.read([own], READ_EVENTS_MAX + 1), /at once/);
    });

    it('cannot be opened for no topic', async () => {
      await assert.rejects(open({ topics: [] }), /names of topics/);
      await assert.rejects(open({ topics: ['No Topic'] }), /names of topics/);
    });
  });
}
