import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createFanOutSetting, type FanOutSetting } from '../../../../test/support/fan-out-setting.ts';
import { until } from '../../../../test/support/until.ts';
import { systemRandomness } from '../../../core/clock.ts';
import { AppError } from '../../../core/errors.ts';
import type { Id } from '../../../core/ids.ts';
import type { Delivery } from '../../../ports/timeline-store/timeline-store.ts';
import { startJobs } from '../../../roles/jobs.ts';
import { ROUND_ENTRIES_MAX } from './fan-out-lanes.ts';

describe('fan-out', () => {
  let setting: FanOutSetting;
  before(async () => {
    setting = await createFanOutSetting();
  });
  after(() => setting.close());

  const addUsers = (count: number): Id[] => Array.from({ length: count }, () => setting.addUser());
  /** An author with cached followers. */
  async function addAuthor(followers: number): Promise<{ author: Id; readers: Id[] }> {
    const author = setting.addUser();
    const readers = addUsers(followers);
    for (const reader of readers) {
      await setting.follow(reader, author);
      await setting.build(reader);
    }
    return { author, readers };
  }
  const timelines = (readers: readonly Id[]) => readers.map((reader) => setting.timelineOf(reader));

  /** The store, with something that happens between the reading of followers and each delivery. */
  function storeWith(beforeDelivery: () => Promise<void>, afterDelivery: () => void = () => undefined) {
    const { timelineStore } = setting;
    return {
      generation: () => timelineStore.generation(),
      async deliver(deliveries: readonly Delivery[], generation: number) {
        await beforeDelivery();
        const added = timelineStore.deliver(deliveries, generation);
        afterDelivery();
        return added;
      },
    };
  }

  it('delivers posts and reposts to the cached timelines of followers and of the source, direct posts never', async () => {
    const { author: alice, readers } = await addAuthor(2);
    const [bob, carol, stranger] = [readers[0] ?? 0, setting.addUser(), setting.addUser()];
    await setting.follow(carol, alice);
    for (const userId of [alice, stranger]) await setting.build(userId);
    const posts = [
      await setting.post(alice),
      await setting.post(alice, 'followers'),
      await setting.post(alice, 'unlisted'),
    ];
    await setting.post(alice, 'direct');
    const elsewhere = await setting.post(stranger);
    const repost = await setting.repost(alice, elsewhere, stranger);
    await setting.fanOut();
    const expected = [...posts, repost].reverse();
    assert.deepEqual(timelines([...readers, alice]), [expected, expected, expected]);
    assert.deepEqual(setting.timelineOf(stranger), [elsewhere]);
    assert.equal(setting.timelineOf(carol), undefined);
    assert.deepEqual(await setting.entriesOf(bob), expected);
    assert.deepEqual(await setting.continuations(), []);
  });

  it('is told by the event log, and delivers again what a failure left without an acknowledgement', async () => {
    const { author, readers } = await addAuthor(3);
    let failures = 2;
    const store = storeWith(
      async () => undefined,
      () => {
        failures -= 1;
        if (failures >= 0) throw new AppError('unavailable', 'gone after the effect');
      },
    );
    const { subscription } = setting.fanOutWith({ timelineStore: store });
    const consumer = await setting.eventLog.subscribe({ ...subscription, group: 'fan-out-test' });
    const post = await setting.post(author);
    await until(() => failures < 0);
    await until(async () => (await setting.eventLog.lag()).every(({ waiting }) => waiting === 0));
    await consumer.close();
    assert.deepEqual(
      timelines(readers),
      readers.map(() => [post]),
    );
    await setting.newEvents('posts');
  });

  it('reaches followers of exactly one page at once, and one more in lanes', async () => {
    const options = { followersPage: 3 };
    for (const [followers, pages] of [
      [3, 0],
      [4, 2],
      [6, 3],
      [7, 3],
    ] as const) {
      const { author, readers } = await addAuthor(followers);
      await setting.build(author);
      const post = await setting.post(author);
      await setting.fanOut(options);
      assert.deepEqual(setting.timelineOf(author), [post]);
      assert.equal((await setting.continuations()).length, pages === 0 ? 0 : 1);
      assert.equal(await setting.serveAll(options), pages);
      assert.deepEqual(
        timelines(readers),
        readers.map(() => [post]),
      );
      assert.deepEqual(await setting.continuations(), []);
    }
  });

  it('takes the entries that an author has waiting together, and later ones in the next round', async () => {
    const options = { followersPage: 2 };
    const { author, readers } = await addAuthor(5);
    const first: Id[] = [];
    for (let count = 0; count < ROUND_ENTRIES_MAX + 2; count += 1) first.push(await setting.post(author));
    await setting.fanOut(options);
    const lanes = setting.lanesWith(options);
    assert.equal(await lanes.serve(), 'more');
    const later = await setting.post(author);
    await setting.fanOut(options);
    const [row] = await setting.continuations();
    assert.deepEqual([row?.round_size, row?.entry_ids], [ROUND_ENTRIES_MAX, [...first, later]]);
    assert.equal(await setting.serveAll(options), 2 + 3);
    const expected = [...first, later].reverse();
    assert.deepEqual(
      timelines(readers),
      readers.map(() => expected),
    );
  });

  it('lets authors take turns, so that one with many followers and entries holds up nobody', async () => {
    const options = { followersPage: 2 };
    const huge = await addAuthor(30);
    const small = await addAuthor(3);
    for (let count = 0; count < 40; count += 1) await setting.post(huge.author);
    await setting.fanOut(options);
    const lanes = setting.lanesWith(options);
    for (let page = 0; page < 5; page += 1) await lanes.serve();
    const post = await setting.post(small.author);
    await setting.fanOut(options);
    // Two pages, and one turn of the other before each.
    for (let page = 0; page < 4; page += 1) await lanes.serve();
    assert.deepEqual(
      timelines(small.readers),
      small.readers.map(() => [post]),
    );
    await setting.serveAll(options);
    assert.ok(timelines(huge.readers).every((timeline) => timeline?.length === 40));
  });

  it('delivers every page of every author when many lanes serve at once and some fail after the effect', async () => {
    let calls = 0;
    const store = storeWith(
      async () => undefined,
      () => {
        calls += 1;
        if (calls % 3 === 0) throw new Error('died before the acknowledgement');
      },
    );
    const authors = await Promise.all([addAuthor(9), addAuthor(8), addAuthor(4)]);
    const posts = new Map<Id, Id>();
    for (const { author } of authors) posts.set(author, await setting.post(author));
    await setting.fanOut({ followersPage: 2 });
    const lanes = [0, 1, 2].map(() => setting.lanesWith({ followersPage: 2, timelineStore: store }));
    const failures: unknown[] = [];
    const serveUntilDone = async (lane: (typeof lanes)[number]) => {
      for (;;) {
        const state = await lane.serve().catch((error: unknown) => void failures.push(error));
        if (state === 'done' && (await setting.continuations()).length === 0) return;
      }
    };
    await Promise.all(lanes.map(serveUntilDone));
    assert.ok(failures.length > 0);
    for (const { author, readers } of authors)
      assert.deepEqual(
        timelines(readers),
        readers.map(() => [posts.get(author)]),
      );
  });

  it('brings nothing back after an unfollow that races with it, at once or in lanes', async () => {
    for (const followersPage of [10, 2]) {
      const { author, readers } = await addAuthor(5);
      const [leaver = 0] = readers;
      let raced = false;
      // The followers have been read; before they are served one of them leaves, and is back with a new timeline.
      const timelineStore = storeWith(async () => {
        if (raced || (followersPage === 2 && (await setting.continuations()).length === 0)) return;
        raced = true;
        await setting.unfollow(leaver, author);
        setting.timelineStore.drop([leaver]);
        await setting.build(leaver);
      });
      const post = await setting.post(author);
      await setting.fanOut({ followersPage, timelineStore });
      await setting.serveAll({ followersPage, timelineStore });
      assert.ok(raced);
      const [first, ...others] = timelines(readers);
      assert.deepEqual(first, []);
      assert.deepEqual(
        others,
        others.map(() => [post]),
      );
    }
  });

  it('loses nothing to a follow that races with it, nor to a timeline that is being built', async () => {
    const { author, readers } = await addAuthor(3);
    const [newcomer, builder] = [setting.addUser(), readers[0] ?? 0];
    const generation = setting.timelineStore.begin(builder);
    const read = await setting.entriesOf(builder);
    const post = await setting.post(author);
    const timelineStore = storeWith(async () => {
      await setting.follow(newcomer, author);
      setting.timelineStore.drop([newcomer]);
      await setting.build(newcomer);
    });
    await setting.fanOut({ timelineStore });
    setting.timelineStore.complete(builder, generation, read, 0);
    assert.deepEqual(timelines([newcomer, builder]), [[post], [post]]);
  });

  it('is told of an entry that continues at once, and of its end', async () => {
    const observed: string[] = [];
    const observer = {
      delivered: (lane: string, entries: number) => void observed.push(`${lane} ${entries}`),
      completed: (lane: string, lagMs: number) => {
        assert.ok(lagMs >= 0 && lagMs < 10_000);
        observed.push(`${lane} completed`);
      },
    };
    const { author, readers } = await addAuthor(3);
    const options = { followersPage: 2, observer };
    const lanes = setting.lanesWith(options);
    const jobs = startJobs(lanes.jobs, { ...setting, randomness: systemRandomness });
    const startedMs = setting.clock.monotonicMs();
    await setting.post(author);
    await setting.fanOut({ ...options, lanes });
    await until(() => observed.includes('continuation completed'));
    // The beat of a lane is 5 s.
    assert.ok(setting.clock.monotonicMs() - startedMs < 4_900);
    await jobs.close();
    assert.deepEqual(
      timelines(readers).map((timeline) => timeline?.length),
      [1, 1, 1],
    );
    assert.deepEqual(observed, ['page 0', 'continuation 2', 'continuation 1', 'continuation completed']);
  });

  it('refuses an event that names no entry', async () => {
    await setting.append({
      topic: 'posts',
      key: 1,
      kind: 'created',
      payload: { author_id: '1' },
      ownerId: 1,
    });
    await assert.rejects(setting.fanOut(), /names no entry/);
  });
});
