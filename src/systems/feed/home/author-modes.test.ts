import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import fc from 'fast-check';
import { createFanOutSetting, type FanOutSetting } from '../../../../test/support/fan-out-setting.ts';
import { composeId, type Id, shardOf } from '../../../core/ids.ts';
import { shouldPull } from './author-mode-review.ts';
import { type AuthorModes, authorModeEvent } from './author-modes.ts';

const LIMITS = { pullFollowers: 10, pullDeliveries: 1_000 };
const AFTER_GRACE_MS = 5_001;

describe('the mode of an author', () => {
  const activity = (pulled: boolean, followers: number, entries: number) => ({
    pulled,
    follower_count: followers,
    entry_count: entries,
  });

  it('changes to pulled above either limit, and back below four fifths of the one and half of the other', () => {
    const pulled = (...args: Parameters<typeof activity>) =>
      shouldPull(activity(...args), { pullFollowers: 100, pullDeliveries: 1_000 });
    assert.deepEqual([pulled(false, 100, 0), pulled(false, 101, 0)], [false, true]);
    assert.deepEqual([pulled(true, 80, 0), pulled(true, 79, 0)], [true, false]);
    // Entries of seven days.
    assert.deepEqual([pulled(false, 70, 100), pulled(false, 70, 101)], [false, true]);
    assert.deepEqual([pulled(true, 70, 50), pulled(true, 70, 49)], [true, false]);
    assert.deepEqual([pulled(true, 90, 0), pulled(true, 10, 350)], [true, true]);
  });
});

describe('author modes', () => {
  let setting: FanOutSetting;
  before(async () => {
    setting = await createFanOutSetting();
  });
  after(() => setting.close());
  beforeEach(async () => {
    await setting.write('test_clear_modes', 'TRUNCATE author_modes', []);
    await setting.newEvents('author_modes');
    await setting.newEvents('posts');
  });

  async function addAuthor(followers: number): Promise<{ author: Id; readers: Id[] }> {
    const author = setting.addUser();
    const readers = Array.from({ length: followers }, () => setting.addUser());
    for (const reader of readers) {
      await setting.follow(reader, author);
      await setting.build(reader);
    }
    await setFollowers(author, followers);
    return { author, readers };
  }
  /** Half of them outstanding. */
  async function setFollowers(author: Id, followers: number): Promise<void> {
    const deltas = Math.floor(followers / 2);
    await setting.write('test_clear_deltas', 'DELETE FROM user_count_deltas WHERE user_id = $1', [author]);
    await setting.write(
      'test_counts',
      `INSERT INTO user_counts (user_id, shard, follower_count) VALUES ($1, $2, $3)
       ON CONFLICT (user_id) DO UPDATE SET follower_count = excluded.follower_count`,
      [author, shardOf(author), followers - deltas],
    );
    await setting.write(
      'test_deltas',
      'INSERT INTO user_count_deltas (user_id, shard, follower_delta) SELECT $1, $2, 1 FROM generate_series(1, $3)',
      [author, shardOf(author), deltas],
    );
  }
  async function modeOf(author: Id): Promise<string | undefined> {
    const text = 'SELECT mode FROM author_modes WHERE author_id = $1';
    return (await setting.read<{ mode: string }>('test_mode', text, [author]))[0]?.mode;
  }
  const hear = async (modes: AuthorModes) => modes.hear(await setting.newEvents('author_modes'));
  const ids = (...userIds: Id[]) => Float64Array.from(userIds).sort();
  const review = () => setting.reviewWith(LIMITS);
  /** All of a reader's entries that a process shows which has heard everything: timeline and heads of pulled authors. */
  async function merged(modes: AuthorModes, reader: Id, author: Id): Promise<Id[]> {
    const page = setting.timelineStore.read(reader, Number.MAX_SAFE_INTEGER, 800);
    assert.ok(page !== undefined);
    const pulled = modes.pulledAmong(ids(author), page.generation);
    const heads = await Promise.all(pulled.map((authorId) => setting.entriesOf(authorId)));
    return [...new Set([...page.entryIds, ...heads.flat()])].sort((one, other) => other - one);
  }

  it('follow from followers and from entries of seven days, direct posts left out, and are announced once', async () => {
    const [many, few, busy, direct] = [
      (await addAuthor(11)).author,
      (await addAuthor(10)).author,
      (await addAuthor(10)).author,
      (await addAuthor(10)).author,
    ];
    const insert = (author: Id, count: number, daysAgo: number, visibility: string) =>
      setting.write(
        'test_posts',
        `INSERT INTO posts (post_id, shard, author_id, text, visibility, thread_id)
         SELECT $1::bigint + n, 0, $2, '', $4, $1::bigint + n FROM generate_series(1, $3::integer) AS n`,
        [
          composeId(setting.clock.nowMs() - daysAgo * 86_400_000, 500, 0) + (author % 1_000),
          author,
          count,
          visibility,
        ],
      );
    // 10 followers times 701 entries in 7 days are more than 1,000 a day.
    await insert(busy, 600, 6, 'public');
    await insert(few, 701, 8, 'public');
    await insert(direct, 701, 6, 'direct');
    for (const user of [busy, direct]) {
      await setting.write(
        'test_reposts',
        'INSERT INTO reposts SELECT $1::bigint + n, $2, n, 0, 0 FROM generate_series(1, 101) AS n',
        [composeId(setting.clock.nowMs() - 1_000, 400, 0) + (user % 1_000) * 200, user],
      );
    }
    await review().evaluate([many, few, busy, direct]);
    await review().evaluate([many, few, busy, direct]);
    const events = await setting.newEvents('author_modes');
    assert.deepEqual(
      events.map(({ key, kind }) => [key, kind]),
      [many, busy].sort((one, other) => one - other).map((author) => [author, 'pulled']),
    );
  });

  it('are pulled from the moment that a process hears of it, and pushed as well until all have', async () => {
    const { author, readers } = await addAuthor(11);
    const modes = await setting.openModes();
    const reader = readers[0] ?? 0;
    const version = modes.version();
    const before = await setting.post(author);
    await review().evaluate([author]);
    assert.deepEqual(modes.pulledAmong(ids(author), 0), []);
    await hear(modes);
    assert.deepEqual(modes.pulledAmong(ids(author, reader), Number.MAX_SAFE_INTEGER), [author]);
    assert.notEqual(modes.version(), version);
    assert.ok(modes.isPushed(author));
    const meanwhile = await setting.post(author);
    await setting.fanOut();
    assert.deepEqual(setting.timelineOf(reader), [meanwhile, before]);

    setting.time.aheadMs += AFTER_GRACE_MS;
    assert.ok(!modes.isPushed(author));
    setting.time.aheadMs -= AFTER_GRACE_MS;
    await setting.build(author);
    const later = await setting.post(author);
    await setting.fanOut({ pullGraceMs: 0 });
    assert.deepEqual(setting.timelineOf(reader), [meanwhile, before]);
    assert.deepEqual(await merged(modes, reader, author), [later, meanwhile, before]);
    // The author's own timeline has it all the same.
    assert.deepEqual(setting.timelineOf(author), [later, meanwhile, before]);
  });

  it('lose no entry when they change to and fro, in timelines of every age', async () => {
    const { author, readers } = await addAuthor(11);
    const modes = await setting.openModes();
    const post = async () => {
      await setting.post(author);
      await setting.fanOut({ pullGraceMs: 0 });
    };
    const [old = 0, whilePulled = 0, betweenSteps = 0, young = 0] = readers;
    const check = async () => {
      await hear(modes);
      for (const reader of [old, whilePulled, betweenSteps, young])
        assert.deepEqual(await merged(modes, reader, author), await setting.entriesOf(author));
    };
    for (let round = 0; round < 3; round += 1) {
      await post();
      await check();
      await setFollowers(author, 11);
      await review().evaluate([author]);
      await check();
      await post();
      await check();
      await setting.build(whilePulled);
      await post();
      await check();
      await setFollowers(author, 7);
      // Between the two steps, which every process may see for as long as the worker sleeps.
      const stepping = setting.reviewWith(LIMITS, {
        generation: async () => {
          // Or a timeline built from here on could miss what is written before the fan-out pushes.
          assert.equal(await modeOf(author), 'pushed');
          await check();
          await post();
          await setting.build(betweenSteps);
          await check();
          return setting.timelineStore.generation();
        },
      });
      await stepping.evaluate([author]);
      await setting.build(young);
      await post();
      await check();
      const generationOf = (reader: Id) =>
        setting.timelineStore.read(reader, Number.MAX_SAFE_INTEGER, 1)?.generation ?? -1;
      assert.deepEqual(modes.pulledAmong(ids(author), generationOf(old)), [author]);
      assert.deepEqual(modes.pulledAmong(ids(author), generationOf(whilePulled)), [author]);
      assert.deepEqual(modes.pulledAmong(ids(author), generationOf(young)), []);
      // One opened anew knows the same from the table.
      const opened = await setting.openModes();
      assert.deepEqual(opened.pulledAmong(ids(author), generationOf(old)), [author]);
      assert.deepEqual(opened.pulledAmong(ids(author), generationOf(young)), []);
    }
  });

  it('that a worker left between the two steps of a push are brought to their end by the review', async () => {
    const { author } = await addAuthor(11);
    await review().evaluate([author]);
    await setFollowers(author, 7);
    const dying = setting.reviewWith(LIMITS, { generation: () => Promise.reject(new Error('killed')) });
    await assert.rejects(dying.evaluate([author]), /killed/);
    const modes = await setting.openModes();
    assert.ok(modes.isPushed(author));
    assert.deepEqual(modes.pulledAmong(ids(author), 1_000_000), [author]);
    await setting.newEvents('author_modes');
    assert.equal(await review().review(), 'done');
    await hear(modes);
    assert.deepEqual(modes.pulledAmong(ids(author), 1_000_000), []);
  });

  it('are not ended by one who was overtaken by another change', async () => {
    const { author } = await addAuthor(11);
    await review().evaluate([author]);
    const modes = await setting.openModes();
    await setFollowers(author, 7);
    let overtaken = false;
    const slow = setting.reviewWith(LIMITS, {
      generation: async () => {
        const generation = setting.timelineStore.generation();
        await setFollowers(author, 11);
        await review().evaluate([author]);
        setting.timelineStore.begin(setting.addUser());
        await setFollowers(author, 7);
        await review().evaluate([author]);
        overtaken = true;
        return generation;
      },
    });
    await slow.evaluate([author]);
    assert.ok(overtaken);
    await hear(modes);
    const now = setting.timelineStore.generation();
    assert.deepEqual(modes.pulledAmong(ids(author), now), [author]);
    assert.deepEqual(modes.pulledAmong(ids(author), now + 1), []);
  });

  it('are looked at within a second of a post, once a minute, and the pulled ones every minute', async () => {
    const { author } = await addAuthor(11);
    const running = review();
    assert.equal(running.followersMin, 1);
    const [evaluate, reviewPulled] = running.jobs;
    const post = () => setting.post(author).then(() => setting.fanOut({ authorModeReview: running }));
    await setFollowers(author, 10);
    await post();
    await evaluate?.run();
    assert.equal(await modeOf(author), undefined);
    await setFollowers(author, 11);
    await post();
    await evaluate?.run();
    assert.equal(await modeOf(author), undefined);
    setting.time.aheadMs += 60_000;
    await evaluate?.run();
    await post();
    await evaluate?.run();
    assert.equal(await modeOf(author), 'pulled');
    await setFollowers(author, 8);
    await reviewPulled?.run();
    assert.equal(await modeOf(author), 'pulled');
    await setFollowers(author, 7);
    await reviewPulled?.run();
    assert.equal(await modeOf(author), 'pushed');
    setting.time.aheadMs -= 60_000;
  });

  it('of a store that starts anew begin anew, but for those that are pulled', async () => {
    const [again, still] = [(await addAuthor(11)).author, (await addAuthor(11)).author];
    await review().evaluate([again, still]);
    await setFollowers(again, 7);
    await review().evaluate([again, still]);
    const modes = await setting.openModes({ generation: () => 0 });
    assert.deepEqual(modes.pulledAmong(ids(again, still), 1), [still]);
  });

  it('are answered alike for few and many followees, whatever is heard twice or late', async () => {
    const row = fc.record({
      author_id: fc.integer({ min: 1, max: 12 }),
      mode: fc.constantFrom('pushed' as const, 'pulled' as const),
      revision: fc.integer({ min: 1, max: 4 }),
      pull_until_generation: fc.option(fc.integer({ min: 0, max: 5 })),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(row, { maxLength: 20 }),
        fc.uniqueArray(fc.integer({ min: 1, max: 12 }), { maxLength: 12 }),
        fc.integer({ min: 0, max: 6 }),
        async (rows, followees, generation) => {
          const modes = await setting.openModes();
          const latest = new Map<Id, { mode: string; revision: number; until: number }>();
          for (const { mode, ...one } of rows) {
            const { topic, key, payload } = authorModeEvent({ ...one, mode, changed_at: new Date(0) });
            modes.hear([{ topic, key, payload: JSON.parse(JSON.stringify(payload)) }]);
            const until = (mode === 'pulled' ? null : one.pull_until_generation) ?? Number.POSITIVE_INFINITY;
            const known = latest.get(one.author_id);
            if (known !== undefined && known.revision > one.revision) continue;
            if (known?.revision === one.revision && known.until < until) continue;
            latest.set(one.author_id, { mode, revision: one.revision, until });
          }
          const expected = followees
            .filter((followee) => generation <= (latest.get(followee)?.until ?? -1))
            .sort((one, other) => one - other);
          assert.deepEqual(modes.pulledAmong(ids(...followees), generation), expected);
        },
      ),
    );
  });
});
