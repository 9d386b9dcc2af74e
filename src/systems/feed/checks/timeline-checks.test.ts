/** Questions about cached timelines, asked and answered over a database as two processes would. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { createFeedSetting, type FeedSetting } from '../../../../test/support/feed-setting.ts';
import { until } from '../../../../test/support/until.ts';
import { systemClock } from '../../../core/clock.ts';
import { hasCode } from '../../../core/errors.ts';
import { composeId, ID_MAX, type Id } from '../../../core/ids.ts';
import type { Consumer, Tail } from '../../../ports/event-log/event-log.ts';
import { type SqlValue, writeStatement } from '../../../ports/sql-store/sql-store.ts';
import { createMemoryTimelineStore } from '../../../ports/timeline-store/memory-timeline-store.ts';
import { createAuthorModeReview } from '../home/author-mode-review.ts';
import { createHome, type Home } from '../home/home.ts';
import type { VerificationTask } from '../home/timeline-verification.ts';
import { createTimelineChecks, type TimelineChecks } from './timeline-checks.ts';

const clock = systemClock;
const PAGE = { before: ID_MAX, limit: 20 };
const NO_LIMITS = { pullFollowers: 1e6, pullDeliveries: 1e9 };
const PULL_ALL = { pullFollowers: -1, pullDeliveries: 0 };
const EVERYBODY = { kind: 'verify', readerId: null, readers: null, pages: 2 } as const;
const DAY_MS = 24 * 3_600_000;

const nothingObserved = {
  homeRead: () => undefined,
  postRead: () => undefined,
  timelineBuilt: () => undefined,
  delivered: () => undefined,
  completed: () => undefined,
};

describe('timeline checks', () => {
  let setting: FeedSetting;
  let checks: TimelineChecks;
  let alice: Id;
  let bob: Id;
  let carol: Id;
  before(async () => {
    setting = await createFeedSetting();
    [alice, bob, carol] = [setting.addUser('alice'), setting.addUser('bob'), setting.addUser('carol')];
    checks = createTimelineChecks({ ...setting, clock });
  });
  after(() => setting.close());
  beforeEach(async () => {
    await setting.clear();
    await execute('TRUNCATE author_modes', []);
  });

  interface Server {
    readonly home: Home;
    readonly timelineStore: ReturnType<typeof createMemoryTimelineStore>;
    readonly deps: Parameters<typeof createHome>[0];
    pauseFanOut(): Promise<void>;
    resumeFanOut(): Promise<void>;
  }

  /** As a server that keeps the timelines, for as long as `work` takes. */
  async function withServer(work: (server: Server) => Promise<void>, settleMsMax = 30_000): Promise<void> {
    const timelineStore = createMemoryTimelineStore({ clock, timelinesMax: 100 });
    const cachedUser = (userId: Id) => setting.people.get(userId);
    const given = {
      cachedUser,
      pullLimits: NO_LIMITS,
      observer: nothingObserved,
      pullGraceMs: 0,
      settleMsMax,
    };
    const deps = { ...setting, ...given, timelineStore, clock };
    const home = createHome(deps);
    const followers = [home.tail, home.checks];
    const tail: Tail = await setting.eventLog.tail({
      topics: followers.flatMap(({ topics }) => topics),
      hear(events) {
        for (const follower of followers) follower.hear(events);
      },
      committed(events) {
        for (const follower of followers) follower.committed?.(events);
      },
    });
    for (const follower of followers) follower.follow(tail);
    await home.trustTimelines(true);
    let consumer: Consumer | undefined;
    const resumeFanOut = async () => {
      consumer = await setting.eventLog.subscribe(home.fanOut.subscription);
    };
    const pauseFanOut = async () => consumer?.close();
    await resumeFanOut();
    const beat = setInterval(() => {
      for (const job of home.memoryJobs) void job.run().catch(() => undefined);
    }, 50);
    try {
      await work({ home, timelineStore, deps, pauseFanOut, resumeFanOut });
    } finally {
      clearInterval(beat);
      await pauseFanOut();
      await home.checks.close();
      await tail.close();
    }
  }

  async function verify(question: Partial<VerificationTask> = {}) {
    const verification = await checks.ask({ ...EVERYBODY, ...question });
    assert.ok(verification);
    return verification;
  }

  async function read({ home }: Server, ...readerIds: readonly Id[]): Promise<void> {
    for (const readerId of readerIds) {
      await until(() => home.tail.isSettled(readerId));
      await home.feed(readerId, PAGE);
    }
  }

  const execute = (text: string, params: readonly SqlValue[]) =>
    setting.sql.query(writeStatement<readonly SqlValue[]>('', text), params);

  async function rowsOf(condition: string): Promise<number> {
    return setting.countRows('timeline_checks', condition);
  }

  it('find nothing wrong with posts, reposts, deletions and what was taken back', async () => {
    await setting.follow(alice, bob);
    await withServer(async (server) => {
      const deleted = await setting.post(bob, 'a mistake');
      const byCarol = await setting.post(carol, 'by carol');
      await read(server, alice, bob, carol);
      await setting.post(bob, 'psst @alice', { visibility: 'direct' });
      await setting.put(`/posts/${byCarol}/repost`, bob);
      await setting.delete(`/posts/${deleted}`, bob);
      const another = await setting.post(carol, 'another');
      await setting.put(`/posts/${another}/repost`, bob);
      await setting.delete(`/posts/${another}/repost`, bob);
      const { readersCached, readersChecked, entriesCompared, ...rest } = await verify();
      assert.deepEqual([readersCached, readersChecked, rest.differences], [3, 3, []]);
      assert.ok(entriesCompared > 5, String(entriesCompared));
      assert.equal((await verify({ readers: 2 })).readersChecked, 2);
      assert.equal((await verify({ readerId: alice })).readersChecked, 1);
      assert.equal((await verify({ readerId: setting.addUser('zoe') })).readersChecked, 0);
    });
  });

  it('do not count what is on its way', async () => {
    await setting.follow(alice, bob);
    await withServer(async (server) => {
      await read(server, alice);
      await server.pauseFanOut();
      await setting.post(bob, 'late');
      const answered = verify();
      await until(async () => (await rowsOf('claimed_at IS NOT NULL AND answered_at IS NULL')) === 1);
      await server.resumeFanOut();
      const { differences, undecided } = await answered;
      assert.deepEqual([differences, undecided], [[], false]);
    });
  });

  it('say so when the fan-out is behind all the time', async () => {
    await setting.follow(alice, bob);
    await withServer(async (server) => {
      await read(server, alice);
      await server.pauseFanOut();
      const late = Number(await setting.post(bob, 'late'));
      const { differences, differenceCount, undecided } = await verify();
      // It is shown all the same: the process has heard of it.
      assert.deepEqual([differenceCount, undecided], [1, true]);
      assert.deepEqual(
        differences.map(({ why, ...difference }) => difference),
        [{ readerId: alice, check: 'cached', kind: 'missing', entryId: late, sourceId: bob }],
      );
    }, 1_000);
  });

  it('do not miss what is pulled, in the timeline', async () => {
    await setting.follow(alice, bob);
    await withServer(async (server) => {
      await read(server, alice);
      await createAuthorModeReview({ ...server.deps, limits: PULL_ALL }).evaluate([bob]);
      const pulled = Number(await setting.post(bob, 'pulled'));
      const { differences } = await verify();
      assert.deepEqual(differences, []);
      assert.ok(!server.timelineStore.read(alice, ID_MAX, 20)?.entryIds.includes(pulled));
      const answer = await checks.ask({
        kind: 'describe',
        readerId: alice,
        entries: [{ entryId: pulled, sourceId: bob }],
      });
      assert.deepEqual(answer?.entries, [
        { entryId: pulled, knowsSource: true, pulled: true, inTimeline: false, place: 1 },
      ]);
    });
  });

  it('find what was delivered to the wrong reader, and what was lost', async () => {
    await setting.follow(alice, bob);
    await withServer(async (server) => {
      const kept = Number(await setting.post(bob, 'kept'));
      const byCarol = Number(await setting.post(carol, 'by carol'));
      await read(server, alice);
      server.timelineStore.deliver([{ entryId: byCarol, readerIds: [alice] }], Number.POSITIVE_INFINITY);
      const { differences: wrong } = await verify();
      assert.deepEqual(
        wrong.map(({ check, kind, entryId, why }) => [check, kind, entryId, why]),
        [['cached', 'surplus', byCarol, 'left behind, or delivered by mistake']],
        'the reading decides by the view, so it is not shown',
      );
      const generation = server.timelineStore.begin(alice);
      server.timelineStore.complete(alice, generation, [], 0);
      const { differences: lost } = await verify();
      assert.deepEqual(
        lost.map(({ check, kind, entryId, why }) => [check, kind, entryId, why]),
        [
          ['cached', 'missing', kept, 'not delivered'],
          ['shown', 'missing', kept, 'because of the cached timeline'],
        ],
      );
    });
  });

  it('describe where an entry stands: cached, below the floor, or not there', async () => {
    await setting.follow(alice, bob);
    await withServer(async (server) => {
      const first = Number(await setting.post(bob, 'first'));
      const second = Number(await setting.post(bob, 'second'));
      const byCarol = Number(await setting.post(carol, 'by carol'));
      const entries = [
        { entryId: first, sourceId: bob },
        { entryId: second, sourceId: bob },
        { entryId: byCarol, sourceId: carol },
      ];
      await read(server, alice);
      const generation = server.timelineStore.begin(alice);
      server.timelineStore.complete(alice, generation, [second], first);
      const described = await checks.ask({ kind: 'describe', readerId: alice, entries });
      assert.deepEqual(described, {
        settled: true,
        timeline: { entryCount: 1, floor: first },
        entries: [
          { entryId: first, knowsSource: true, pulled: false, inTimeline: false, place: 2 },
          { entryId: second, knowsSource: true, pulled: false, inTimeline: true, place: 1 },
          { entryId: byCarol, knowsSource: false, pulled: false, inTimeline: false, place: null },
        ],
      });
    });
  });

  it('are answered by nobody where no server keeps timelines, or one that does not any more', async () => {
    assert.equal(await checks.ask(EVERYBODY, { claimMsMax: 100 }), undefined);
    await withServer(async ({ home }) => {
      await home.trustTimelines(false);
      assert.equal(await checks.ask(EVERYBODY, { claimMsMax: 1_000 }), undefined);
    });
    assert.equal(await rowsOf('cancelled_at IS NULL AND answered_at IS NULL'), 0);
  });

  it('are withdrawn when the asker gives up, and given up when the server stops', async () => {
    await setting.follow(alice, bob);
    await withServer(async (server) => {
      await read(server, alice);
      await server.pauseFanOut();
      await setting.post(bob, 'late');
      const interruption = new AbortController();
      const asked = checks.ask(EVERYBODY, {
        signal: interruption.signal,
        onProgress: () => interruption.abort(),
      });
      await assert.rejects(asked, { name: 'AbortError' });
      await until(async () => (await rowsOf('claimed_at IS NOT NULL AND answered_at IS NULL')) === 0);
      const again = checks.ask(EVERYBODY);
      await until(async () => (await rowsOf('claimed_at IS NOT NULL AND answered_at IS NULL')) === 1);
      await Promise.all([
        assert.rejects(
          again,
          (error) => hasCode(error, 'unavailable') && /is being stopped/.test(error.message),
        ),
        server.home.checks.close(),
      ]);
    });
  });

  it('are given up when nobody asks for the answer any more, and forgotten after a day', async () => {
    const abandoned = setting.ids.next();
    await execute(
      "INSERT INTO timeline_checks (check_id, question, awaited_at) VALUES ($1, $2::json, now() - interval '1 minute')",
      [abandoned, JSON.stringify(EVERYBODY)],
    );
    const old = composeId(clock.nowMs() - DAY_MS - 60_000, 0, 0);
    await execute("INSERT INTO timeline_checks (check_id, question) VALUES ($1, '{}')", [old]);
    await withServer(async ({ home }) => {
      home.checks.hear([
        {
          topic: 'timeline_checks',
          kind: 'asked',
          key: abandoned,
          partition: 0,
          offset: 0,
          payload: {},
          createdAt: new Date(0),
          traceparent: undefined,
        },
      ]);
      for (const job of home.checks.jobs) assert.equal(await job.run(), 'done');
      await home.checks.close();
    });
    assert.equal(await rowsOf(`check_id = ${abandoned} AND claimed_at IS NULL`), 1);
    assert.equal(await rowsOf(`check_id = ${old}`), 0);
  });
});
