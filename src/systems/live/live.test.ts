import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  connectTo,
  createSimulatedLog,
  createSimulatedProcess,
  type SimulatedConnection,
  type SimulatedLog,
  type SimulatedProcess,
  settle,
  simulatedContent,
} from '../../../test/support/simulated-live.ts';
import { until } from '../../../test/support/until.ts';
import { hasCode } from '../../core/errors.ts';
import type { Id } from '../../core/ids.ts';
import { BUFFERED_BYTES_MAX, BUFFERED_FRAMES_MAX } from './connection.ts';
import { parseCursor, placeOf } from './cursor.ts';
import { CONNECTIONS_PER_USER_MAX } from './live.ts';
import { REPLAYED_EVENTS_MAX } from './resume.ts';

const ALICE: Id = 1_500_000_000_000_001;
const BOB: Id = 1_500_000_000_000_002;
const PARTITIONS_USED = 3;
const FIRST_POST: Id = 1_600_000_000_000_000;

const followsAlice = async () => ({ followeeIds: [ALICE], mutedIds: [], blockedIds: [], blockedByIds: [] });

function posted(postId: Id, fields: object = {}) {
  const facts = { post_id: String(postId), author_id: String(ALICE), visibility: 'public' };
  return { ...facts, mention_user_ids: [], reply_to_user_id: null, reply_to_id: null, ...fields };
}

function append(log: SimulatedLog, partition: number, postId: Id): void {
  log.append({ topic: 'posts', partition, kind: 'created', payload: posted(postId) });
}

const entriesOf = ({ frames }: SimulatedConnection): Id[] =>
  frames.filter(({ event }) => event === 'post').map(({ data }) => Number(data['entry_id']));

/** `turns` of the event loop pass after it: not enough for all that is under way. */
type Step = { readonly turns: number } & Act;
type Act =
  | { readonly do: 'write'; readonly partition: number; readonly count: number }
  | { readonly do: 'hear'; readonly process: number; readonly partition: number; readonly count: number }
  /** Its connection breaks, and it has got all but the last `lost` frames; it goes on at another process. */
  | { readonly do: 'move'; readonly process: number; readonly lost: number };

const partition = fc.integer({ min: 0, max: PARTITIONS_USED - 1 });
const process = fc.integer({ min: 0, max: 1 });
const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('write' as const),
      partition,
      count: fc.integer({ min: 1, max: 5 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('hear' as const),
      process,
      partition,
      count: fc.integer({ min: 1, max: 8 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('move' as const),
      process,
      lost: fc.integer({ min: 0, max: 20 }),
    }),
  },
);

const step: fc.Arbitrary<Step> = fc
  .tuple(act, fc.integer({ min: 0, max: 6 }))
  .map(([each, turns]) => ({ ...each, turns }));

/** A client that notes what it has got for good, and from where on it must have got everything. */
function createLedger() {
  let got: Id[] = [];
  let base: string | undefined;
  let since: string | undefined;
  let gaps = 0;
  return {
    since: () => since,
    gaps: () => gaps,
    take(connection: SimulatedConnection, lost: number): void {
      for (const { event, id, data } of connection.frames.slice(
        0,
        Math.max(0, connection.frames.length - lost),
      )) {
        since = id ?? since;
        base ??= id;
        if (event === 'post') got.push(Number(data['entry_id']));
        if (event !== 'gap') continue;
        // It reads again what it shows, and counts from there.
        [got, base] = [[], id];
        gaps += 1;
      }
    },
    check(log: SimulatedLog): void {
      const from = parseCursor(base ?? '');
      assert(from !== undefined);
      const due = log.ends().flatMap(({ topic, partition: number, offset }) => {
        const start = from[placeOf(topic, number) ?? -1] ?? 0;
        return log.from(topic, number, start, offset).map(({ payload }) => Number(payload['post_id']));
      });
      assert.deepEqual(got.toSorted(), due.toSorted());
    },
  };
}

async function follow(steps: readonly Step[], recentEventsMax: number): Promise<number> {
  const log = createSimulatedLog();
  let written = 0;
  for (let number = 0; number < PARTITIONS_USED; number += 1) append(log, number, FIRST_POST + written++);
  const processes = [0, 1].map(() =>
    createSimulatedProcess(log, { loadRelations: followsAlice, recentEventsMax }),
  ) as [SimulatedProcess, SimulatedProcess];
  const ledger = createLedger();
  let connection = await connectTo(processes[0].live, BOB);
  await settle();
  for (const each of steps) {
    if (each.do === 'write') {
      for (let count = 0; count < each.count; count += 1) append(log, each.partition, FIRST_POST + written++);
    } else if (each.do === 'hear') processes[each.process]?.hear('posts', each.partition, each.count);
    else {
      ledger.take(connection, each.lost);
      connection.close();
      connection = await connectTo(processes[each.process]?.live ?? processes[0].live, BOB, {
        since: ledger.since(),
      });
    }
    await settle(each.turns);
  }
  for (const each of processes) each.hearAll();
  await until(() => connection.frames.some(({ event }) => event === 'ready'));
  await settle();
  ledger.take(connection, 0);
  connection.close();
  ledger.check(log);
  return ledger.gaps();
}

describe('live updates', () => {
  it('give a client that is cut off anywhere, and resumes anywhere, every event once (from memory)', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 60, size: 'max' }), async (steps) => {
        assert.equal(await follow(steps, 1_000), 0);
      }),
      { numRuns: 150 },
    );
  });

  it('the same from the log, where memory is short', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 60, size: 'max' }), async (steps) => {
        assert.equal(await follow(steps, 2), 0);
      }),
      { numRuns: 150 },
    );
  });

  it('tell of a gap when the log has forgotten, or the client has missed too much', async () => {
    const log = createSimulatedLog();
    append(log, 0, FIRST_POST);
    const one = createSimulatedProcess(log, { loadRelations: followsAlice, recentEventsMax: 1 });
    const first = await connectTo(one.live, BOB);
    await settle();
    const since = first.frames[0]?.id;
    for (let count = 1; count <= REPLAYED_EVENTS_MAX; count += 1) append(log, 0, FIRST_POST + count);
    one.hearAll();
    // In groups, each of which takes a turn.
    await settle(200);
    const full = await connectTo(one.live, BOB, { since });
    await until(() => full.frames.at(-1)?.event === 'ready');
    assert.equal(entriesOf(full).length, REPLAYED_EVENTS_MAX, 'as many as there may be');
    append(log, 0, FIRST_POST + 5_000);
    one.hearAll();
    await settle();
    const gapped = await connectTo(one.live, BOB, { since });
    await until(() => gapped.frames.at(-1)?.event === 'ready');
    assert.deepEqual(
      gapped.frames.map(({ event, data }) => [event, data['reason']]),
      [
        ['gap', 'too_many'],
        ['ready', undefined],
      ],
    );
    log.forgetBelow('posts', 0, 10);
    const late = await connectTo(one.live, BOB, { since });
    await until(() => late.frames.at(-1)?.event === 'ready');
    assert.deepEqual(late.frames[0]?.data, { reason: 'too_old' });
  });

  it('tell everyone of a gap when this process has missed something itself', async () => {
    const log = createSimulatedLog();
    const one = createSimulatedProcess(log, { loadRelations: followsAlice });
    const told = await connectTo(one.live, BOB);
    await settle();
    for (let count = 0; count < 5; count += 1) append(log, 0, FIRST_POST + count);
    one.live.tail.hear(log.from('posts', 0, 3, 2));
    await settle();
    assert.deepEqual(
      told.frames.map(({ event }) => event),
      ['ready', 'gap', 'post', 'post'],
    );
  });

  it('fetch again what could not be fetched, and then tell of a gap', async () => {
    const log = createSimulatedLog();
    let failures = 3;
    const one = createSimulatedProcess(log, { loadRelations: followsAlice });
    const broken = createSimulatedProcess(log, {
      loadRelations: followsAlice,
      content: {
        entries: async (ids) => {
          failures -= 1;
          if (failures >= 0) throw new Error('the database is away');
          return ids.map(() => undefined);
        },
        flags: async () => [],
        counts: async () => new Map(),
        posts: async () => new Map(),
        watched: async () => new Map(),
        authors: () => new Map(),
      },
    });
    const told = await connectTo(broken.live, BOB);
    append(log, 0, FIRST_POST);
    broken.hearAll();
    await settle(40);
    assert(failures < 0);
    assert.equal(told.frames.filter(({ event }) => event === 'gap').length, 0);
    failures = 10;
    append(log, 0, FIRST_POST + 1);
    broken.hearAll();
    await until(() => told.frames.some(({ event, data }) => event === 'gap' && data['reason'] === 'missed'));
    one.live.close();
  });

  it('follow what the reader does to others, from the moment it is heard', async () => {
    const log = createSimulatedLog();
    const one = createSimulatedProcess(log);
    const told = await connectTo(one.live, BOB);
    await settle();
    const pair = { follower_id: String(BOB), followee_id: String(ALICE) };
    const target = { user_id: String(BOB), target_id: String(ALICE) };
    let written = FIRST_POST;
    const change = (kind: string, payload: object) =>
      log.append({ topic: 'relationships', partition: 1, kind, payload: { ...payload } });
    const told1 = async (): Promise<boolean> => {
      const before = entriesOf(told).length;
      written += 1;
      append(log, 0, written);
      one.hearAll();
      await settle();
      return entriesOf(told).length > before;
    };
    assert.equal(await told1(), false);
    for (const [kind, payload, isTold] of [
      ['followed', pair, true],
      ['muted', target, false],
      ['unmuted', target, true],
      ['unfollowed', pair, false],
      ['followed', pair, true],
      ['blocked', { user_id: String(ALICE), target_id: String(BOB) }, false],
      ['unblocked', { user_id: String(ALICE), target_id: String(BOB) }, false],
      ['followed', pair, true],
    ] as const) {
      change(kind, payload);
      one.hearAll();
      await settle();
      assert.equal(await told1(), isTold, kind);
    }
    const changes = told.frames
      .filter(({ event }) => event === 'relationship')
      .map(({ data }) => data['change']);
    assert.deepEqual(changes, ['followed', 'muted', 'unmuted', 'unfollowed', 'followed', 'followed']);
  });

  it('lose no change that is heard while the relations are being loaded', async () => {
    const log = createSimulatedLog();
    let answer: (() => void) | undefined;
    const one = createSimulatedProcess(log, {
      async loadRelations() {
        await new Promise<void>((resolve) => {
          answer = resolve;
        });
        return followsAlice();
      },
    });
    const connecting = connectTo(one.live, BOB);
    log.append({
      topic: 'relationships',
      partition: 0,
      kind: 'blocked',
      payload: { user_id: String(BOB), target_id: String(ALICE) },
    });
    one.hearAll();
    answer?.();
    const told = await connecting;
    append(log, 0, FIRST_POST);
    one.hearAll();
    await settle();
    assert.deepEqual(entriesOf(told), []);
  });

  it('tell of notifications whom they are for, and leave out whom a block parts', async () => {
    const log = createSimulatedLog();
    const one = createSimulatedProcess(log, {
      loadRelations: async () => ({ followeeIds: [], mutedIds: [], blockedIds: [ALICE], blockedByIds: [] }),
    });
    const [told, other] = [await connectTo(one.live, BOB), await connectTo(one.live, BOB + 1)];
    const notify = (actorId: Id, kind = 'notified') =>
      log.append({
        topic: 'notifications',
        partition: 2,
        kind,
        payload: {
          notification_id: '7',
          user_id: String(BOB),
          kind: 'like',
          actor_id: String(actorId),
          post_id: null,
        },
      });
    notify(ALICE);
    notify(BOB + 5);
    log.append({
      topic: 'notifications',
      partition: 2,
      kind: 'read',
      payload: { user_id: String(BOB), read_up_to: '7' },
    });
    one.hearAll();
    await settle();
    assert.deepEqual(
      told.frames.slice(1).map(({ event, data }) => [event, data]),
      [
        [
          'notification',
          { notification_id: '7', post_id: null, kind: 'like', actor: { user_id: String(BOB + 5) } },
        ],
        ['unread', { read_up_to: '7' }],
      ],
    );
    assert.equal(other.frames.length, 1);
  });

  it('forget who goes while the process has yet to hear what they know, and nobody else', async () => {
    const log = createSimulatedLog();
    const [ahead, behind] = [
      createSimulatedProcess(log, { loadRelations: followsAlice }),
      createSimulatedProcess(log, { loadRelations: followsAlice }),
    ];
    const [stays, moves] = [await connectTo(behind.live, BOB), await connectTo(ahead.live, BOB)];
    append(log, 0, FIRST_POST);
    ahead.hearAll();
    await settle();
    const goes = await connectTo(behind.live, BOB, { since: moves.frames.at(-1)?.id });
    goes.close();
    behind.hearAll();
    await settle();
    assert.equal(behind.live.connections(), 1);
    append(log, 0, FIRST_POST + 1);
    behind.hearAll();
    await settle();
    assert.deepEqual(entriesOf(stays), [FIRST_POST, FIRST_POST + 1]);
  });

  it('tell who was away, too, that the process has missed events', async () => {
    const log = createSimulatedLog();
    const one = createSimulatedProcess(log, { loadRelations: followsAlice });
    const first = await connectTo(one.live, BOB);
    await settle();
    first.close();
    for (let count = 0; count < 3; count += 1) append(log, 0, FIRST_POST + count);
    log.forgetBelow('posts', 0, 2);
    one.live.tail.hear(log.from('posts', 0, 2, 1));
    await settle();
    const again = await connectTo(one.live, BOB, { since: first.frames.at(-1)?.id });
    await settle();
    assert.deepEqual(
      again.frames.map(({ event, data }) => [event, data['reason']]),
      [
        ['gap', 'too_old'],
        ['ready', undefined],
      ],
    );
  });

  it('let in as many connections of a user, and in all, as they say', async () => {
    const log = createSimulatedLog();
    const one = createSimulatedProcess(log, { connectionsMax: CONNECTIONS_PER_USER_MAX + 1 });
    const tolds: SimulatedConnection[] = [];
    for (let count = 0; count < CONNECTIONS_PER_USER_MAX; count += 1)
      tolds.push(await connectTo(one.live, BOB));
    await settle();
    assert(tolds.every((told) => !told.isEnded()));
    tolds.push(await connectTo(one.live, BOB));
    await settle();
    assert.deepEqual(tolds[0]?.frames.at(-1)?.data, { reason: 'replaced' });
    assert.equal(tolds.filter((told) => told.isEnded()).length, 1);
    await connectTo(one.live, ALICE);
    assert.equal(one.live.connections(), CONNECTIONS_PER_USER_MAX + 1);
    await assert.rejects(connectTo(one.live, ALICE), (error) => hasCode(error, 'unavailable'));
    tolds[5]?.close();
    await settle();
    await connectTo(one.live, ALICE);
  });

  it('cut off who does not take what is sent', async () => {
    const log = createSimulatedLog();
    const one = createSimulatedProcess(log, { loadRelations: followsAlice });
    const [slow, other] = [await connectTo(one.live, BOB), await connectTo(one.live, BOB + 1)];
    await settle();
    slow.stall();
    for (let count = 0; count <= BUFFERED_FRAMES_MAX + 1; count += 1) append(log, 0, FIRST_POST + count);
    one.hearAll();
    await until(() => entriesOf(other).length === BUFFERED_FRAMES_MAX + 2);
    assert.equal(slow.isEnded(), true);
    assert.equal(one.live.connections(), 1);
  });

  it('send more at once than may wait to who takes it, as it happens and again', async () => {
    const log = createSimulatedLog();
    const text = 'x'.repeat(BUFFERED_BYTES_MAX / 80);
    const one = createSimulatedProcess(log, {
      loadRelations: followsAlice,
      content: {
        ...simulatedContent,
        entries: (postIds) =>
          postIds.map((postId) => ({
            ...{ postId, openPost: `{"text":"${text}"`, repostedBy: 'null' },
            counts: { likeCount: 0, repostCount: 0, replyCount: 0 },
          })),
        posts: async (_viewerId, postIds) => new Map(postIds.map((postId) => [postId, `{"text":"${text}"}`])),
      },
    });
    const told = await connectTo(one.live, BOB);
    await settle();
    const since = told.frames.at(-1)?.id;
    for (let count = 0; count < 100; count += 1) append(log, 0, FIRST_POST + count);
    one.hearAll();
    await settle();
    const again = await connectTo(one.live, BOB, { since });
    await settle();
    assert.equal(entriesOf(told).length, 100);
    assert.equal(entriesOf(again).length, 100);
  });

  it('ask everyone to come back when the server stops, and let nobody in any more', async () => {
    const one = createSimulatedProcess(createSimulatedLog());
    const told = await connectTo(one.live, BOB);
    await settle();
    const seat = await one.live.join({ userId: ALICE, sessionId: 2, role: 'user', tier: 'standard' });
    one.live.drain();
    assert.equal(one.live.connections(), 1, 'the one who is on the way');
    seat.leave();
    seat.leave();
    await settle();
    assert.equal(told.frames.at(-1)?.event, 'reconnect');
    assert.equal(one.live.connections(), 0);
    await assert.rejects(connectTo(one.live, BOB), (error) => hasCode(error, 'unavailable'));
  });

  it('end the connections of sessions that have ended, and of users who are gone', async () => {
    const ended = new Set<Id>();
    const log = createSimulatedLog();
    const one = createSimulatedProcess(log, {
      endedSessions: async (sessionIds) => new Set(sessionIds.filter((sessionId) => ended.has(sessionId))),
    });
    const [first, second, other] = [
      await connectTo(one.live, BOB, { sessionId: 11 }),
      await connectTo(one.live, BOB, { sessionId: 12 }),
      await connectTo(one.live, ALICE, { sessionId: 13 }),
    ];
    await settle();
    ended.add(11).add(13);
    one.live.sessionsChanged(BOB);
    await settle();
    assert.deepEqual(
      [first, second, other].map((told) => told.isEnded()),
      [true, false, false],
    );
    one.live.sessionsChanged(undefined);
    await settle();
    assert.equal(other.isEnded(), true);
    log.append({ topic: 'users', partition: 0, kind: 'suspended', key: BOB, payload: {} });
    one.hearAll();
    await settle();
    assert.deepEqual(second.frames.at(-1)?.data, { reason: 'account_closed' });
  });
});
