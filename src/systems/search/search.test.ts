import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import fc from 'fast-check';
import { createSearchSetting, type SearchSetting } from '../../../test/support/search-setting.ts';
import { hasCode } from '../../core/errors.ts';
import { composeId, FIRST_BULK_WRITER, ID_MAX, type Id } from '../../core/ids.ts';
import type { LoggedEvent } from '../../ports/event-log/event-log.ts';
import type { SqlTransaction } from '../../ports/sql-store/sql-store.ts';
import { bulkLoadPosts } from '../feed/posts/bulk-load.ts';
import { VISIBILITIES, type Visibility } from '../feed/posts/post.ts';

const LOADED_MS = Date.UTC(2025, 5, 1);

describe('search', () => {
  let setting: SearchSetting;
  let alice: Id;
  let bob: Id;
  let carol: Id;
  let dave: Id;
  before(async () => {
    setting = await createSearchSetting();
    [alice, bob, carol, dave] = ['alice', 'bob', 'carol', 'dave'].map((name) => setting.addUser(name)) as [
      Id,
      Id,
      Id,
      Id,
    ];
  });
  beforeEach(async () => {
    await setting.settle();
    await setting.clear();
    await setting.clearIndex();
  });
  after(() => setting.close());

  async function post(author: Id, text: string, fields: Readonly<Record<string, unknown>> = {}): Promise<Id> {
    return Number(await setting.post(author, text, fields));
  }

  it('finds a post when it is written, edited and deleted', async () => {
    const postId = await post(alice, 'the night train');
    await setting.settle();
    assert.deepEqual(await setting.postIds(bob, 'night'), [postId]);
    await setting.call('PATCH', `/posts/${postId}`, alice, {
      text: 'the day train',
      content_warning: 'timetables',
    });
    await setting.settle();
    assert.deepEqual(await setting.postIds(bob, 'night'), []);
    assert.deepEqual(await setting.postIds(bob, 'day timetables'), [postId]);
    await setting.delete(`/posts/${postId}`, alice);
    assert.deepEqual(await setting.postIds(alice, 'train'), []);
    await setting.settle();
    assert.deepEqual(await setting.postIds(alice, 'train'), []);
  });

  it('finds by author, whatever the case of the name, and nothing of nobody', async () => {
    const postId = await post(alice, 'train');
    await post(bob, 'train');
    await setting.settle();
    assert.deepEqual(await setting.postIds(undefined, 'train from:alice'), [postId]);
    assert.deepEqual(await setting.postIds(undefined, 'train from:nobody_at_all'), []);
  });

  it('says how late the index is', async () => {
    setting.lags.length = 0;
    await post(alice, 'train');
    await setting.settle();
    const [lag] = setting.lags.filter(({ topic }) => topic === 'posts');
    assert.ok(lag !== undefined && lag.lagMs >= 0 && lag.lagMs < 60_000, JSON.stringify(lag));
  });

  it('shows nothing of who is suspended or deleted, and all again of who is restored', async () => {
    const postId = await post(alice, 'train');
    await setting.announceUser('created', alice);
    await setting.announceUser('suspended', alice);
    await setting.announceUser('updated', alice);
    await setting.settle();
    assert.deepEqual(await setting.postIds(bob, 'train'), []);
    assert.deepEqual((await setting.search.users(bob, 'ali', { after: undefined, limit: 5 })).users, []);
    await setting.announceUser('restored', alice);
    await setting.settle();
    assert.deepEqual(await setting.postIds(bob, 'train'), [postId]);
    const { users } = await setting.search.users(bob, '@Alic', { after: undefined, limit: 5 });
    assert.deepEqual(
      users.map(({ userId }) => userId),
      [alice],
    );
    await setting.announceUser('deleted', alice);
    await setting.settle();
    assert.deepEqual(await setting.postIds(bob, 'train'), []);
  });

  it('finds users whom one has muted, but not across a block', async () => {
    for (const user of [alice, bob]) await setting.announceUser('created', user);
    await setting.settle();
    const named = async (text: string) =>
      (await setting.search.users(carol, text, { after: undefined, limit: 5 })).users.map(
        ({ userId }) => userId,
      );
    await setting.mute(carol, alice);
    await setting.block(bob, carol);
    assert.deepEqual(await named('alice'), [alice]);
    assert.deepEqual(await named('bob'), []);
  });

  it('ranks by followers, as the topic of relationships tells', async () => {
    for (const user of [alice, bob]) await setting.announceUser('created', user);
    await setting.settle();
    setting.followers.set(alice, 3).set(bob, 7);
    await setting.announceFollow(carol, alice);
    await setting.announceFollow(carol, bob);
    await setting.settle();
    const everybody = { viewerId: undefined, followeeIds: [], hiddenIds: [] };
    const { userIds } = await setting.searchIndex.searchUsers('', everybody, { after: undefined, limit: 2 });
    assert.deepEqual(userIds, [bob, alice]);
  });

  it('ranks whoever was followed before they were indexed', async () => {
    setting.followers.set(alice, 7).set(bob, 3);
    await setting.announceFollow(carol, alice);
    await setting.announceFollow(carol, bob);
    await setting.settle();
    for (const user of [bob, alice]) await setting.announceUser('created', user);
    await setting.settle();
    const everybody = { viewerId: undefined, followeeIds: [], hiddenIds: [] };
    const { userIds } = await setting.searchIndex.searchUsers('', everybody, { after: undefined, limit: 2 });
    assert.deepEqual(userIds, [alice, bob]);
  });

  it('bears what is told again, and too late', async () => {
    const postId = await post(alice, 'first words');
    await setting.call('PATCH', `/posts/${postId}`, alice, { text: 'second words' });
    await setting.settle();
    const told = await setting.loggedEvents('posts', alice);
    const again = async (events: readonly LoggedEvent[]) => {
      for (const event of events) {
        await setting.sql.transaction((transaction: SqlTransaction) =>
          Promise.resolve(setting.search.subscriptions[0]?.handle([event], transaction)),
        );
      }
    };
    await again(told.toReversed());
    assert.deepEqual(await setting.postIds(bob, 'second'), [postId]);
    assert.deepEqual(await setting.postIds(bob, 'first'), []);
    await setting.delete(`/posts/${postId}`, alice);
    await setting.settle();
    await again([...told, ...told.toReversed()]);
    const everything = { terms: [{ text: 'words', exact: false }], excludedTerms: [], tags: [] };
    const circle = { viewerId: alice, followeeIds: [], hiddenIds: [] };
    const hits = await setting.searchIndex.searchPosts(everything, circle, { before: ID_MAX, limit: 5 });
    assert.deepEqual(hits.items, []);
  });

  it('indexes what was there before it, and what is loaded in bulk meanwhile', async () => {
    const loaded = (count: number, from: number) =>
      Array.from({ length: count }, (_, index) => ({
        postId: composeId(LOADED_MS + (from - index) * 1_000, FIRST_BULK_WRITER, 0),
        authorId: alice,
        text: 'loaded',
      }));
    const runs = async (): Promise<number> => {
      let count = 0;
      while (await setting.search.backfill.run(4)) count += 1;
      return count;
    };
    await bulkLoadPosts(setting, loaded(10, 100));
    await setting.settle();
    assert.ok((await runs()) >= 4);
    assert.equal((await setting.postIds(bob, 'loaded')).length, 10);
    assert.equal(await runs(), 0);
    await bulkLoadPosts(setting, loaded(5, 50));
    await setting.settle();
    await setting.search.backfill.run(4);
    await bulkLoadPosts(setting, loaded(5, 20));
    await setting.settle();
    await runs();
    assert.equal((await setting.postIds(bob, 'loaded')).length, 20);
    assert.deepEqual(
      (await setting.search.backfill.progress()).map(({ done }) => done),
      [true, true],
    );
    const { users } = await setting.search.users(undefined, 'dave', { after: undefined, limit: 5 });
    assert.deepEqual(
      users.map(({ userId }) => userId),
      [dave],
    );
  });

  it('is made anew by the rules of now, whatever is there', async () => {
    const [kept, edited, deleted] = [
      await post(alice, 'one train'),
      await post(alice, 'two'),
      await post(bob, 'train'),
    ];
    await setting.call('PATCH', `/posts/${edited}`, alice, { text: 'two trains' });
    await setting.settle();
    await setting.damageIndex();
    assert.deepEqual(await setting.postIds(carol, 'train'), []);
    await setting.delete(`/posts/${deleted}`, bob);
    await setting.settle();
    const pieces: string[] = [];
    await setting.search.backfill.reindex((subject, done) => void pieces.push(`${done} ${subject}`));
    assert.deepEqual(await setting.postIds(carol, 'train'), [kept]);
    assert.deepEqual(await setting.postIds(carol, 'trains'), [edited]);
    assert.deepEqual(pieces, ['4 users', '2 posts']);
  });

  it('fills its pages although the index is behind what may be shown', async () => {
    const ids: Id[] = [];
    for (let count = 0; count < 6; count += 1) ids.push(await post(count % 2 === 0 ? alice : bob, 'train'));
    await setting.settle();
    await setting.suspend(alice, { heard: true });
    const { items } = await setting.search.posts(carol, 'train', { before: ID_MAX, limit: 3 });
    assert.equal(items.length, 3);
    await setting.restore(alice);
  });

  it('answers or refuses whatever is asked, and changes nothing', async () => {
    const postId = await post(alice, 'plain words');
    await setting.settle();
    const hostile = [
      ...["'; DROP TABLE search_posts; --", '" OR 1=1', 'a:* & !b | (c <-> d)', '\\', "'", '"""', '-"-"-"'],
      ...[
        '\0plain',
        '🎉'.repeat(200),
        '\u202eplain\u202c \u200fwords',
        '%',
        '_',
        '$1',
        '((((',
        "x' | 'y",
        '-',
      ],
      ...[
        'from:',
        'since:',
        '#',
        'from:alice:*',
        '\ud800',
        'a'.repeat(200),
        'ａ'.repeat(200),
        '.'.repeat(200),
      ],
    ];
    for (const text of hostile) {
      for (const kind of ['posts', 'users', 'tags'] as const) {
        const asked =
          kind === 'posts'
            ? setting.search.posts(bob, text, { before: ID_MAX, limit: 5 })
            : kind === 'users'
              ? setting.search.users(bob, text, { after: undefined, limit: 5 })
              : setting.search.tags(text, { after: undefined, limit: 5 });
        await asked.catch((error: unknown) =>
          assert.ok(hasCode(error, 'invalid'), `${kind} ${text}: ${error}`),
        );
      }
    }
    assert.deepEqual(await setting.postIds(bob, '\u202eplain\u202c \u200fwords'), [postId]);
    assert.deepEqual(await setting.postIds(bob, 'plain'), [postId]);
  });

  it('shows to everyone just what they may see, whatever has happened', async () => {
    const who = fc.nat({ max: 3 });
    const step = fc.oneof(
      {
        weight: 6,
        arbitrary: fc.record({
          kind: fc.constant('post' as const),
          by: who,
          visibility: fc.constantFrom(...VISIBILITIES),
          mentions: fc.uniqueArray(who, { maxLength: 2 }),
          replyTo: fc.option(fc.nat({ max: 9 })),
        }),
      },
      {
        weight: 2,
        arbitrary: fc.record({
          kind: fc.constantFrom('edit' as const, 'delete' as const),
          post: fc.nat({ max: 9 }),
        }),
      },
      {
        weight: 3,
        arbitrary: fc.record({
          kind: fc.constantFrom('follow' as const, 'block' as const, 'mute' as const),
          by: who,
          to: who,
        }),
      },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async (steps) => {
        await setting.settle();
        await setting.clear();
        await setting.clearIndex();
        const world = createWorld([alice, bob, carol, dave]);
        for (const each of steps) await take(world, each);
        await setting.settle();
        for (const viewer of [undefined, alice, bob, carol, dave]) {
          const found = await setting.postIds(viewer, 'word', 3);
          assert.deepEqual(found, world.found(viewer), `for ${viewer}`);
        }
      }),
      { numRuns: 12 },
    );
  });

  type Step =
    | {
        readonly kind: 'post';
        readonly by: number;
        readonly visibility: Visibility;
        readonly mentions: readonly number[];
        readonly replyTo: number | null;
      }
    | { readonly kind: 'edit'; readonly post: number }
    | { readonly kind: 'delete'; readonly post: number }
    | { readonly kind: 'follow' | 'block' | 'mute'; readonly by: number; readonly to: number };

  /** Does it to the feed and, if the feed does it, to the model. */
  async function take(world: World, step: Step): Promise<void> {
    if (step.kind === 'post') {
      const author = world.person(step.by);
      const mentions = step.mentions.map(world.person).filter((userId) => userId !== author);
      const parent = step.replyTo === null ? undefined : world.posts[step.replyTo];
      const names = mentions.map((userId) => `@${setting.people.get(userId)?.username}`).join(' ');
      const { status, body } = await setting.call('POST', '/posts', author, {
        text: `word ${names}`,
        visibility: step.visibility,
        ...(parent === undefined ? {} : { reply_to_id: String(parent.postId) }),
      });
      if (status !== 201) return;
      const { post_id, visibility } = body;
      const audience = parent === undefined ? mentions : [...mentions, parent.author];
      world.posts.push({ postId: Number(post_id), author, visibility, audience, words: true });
      return;
    }
    if ('post' in step) {
      const known = world.posts[step.post];
      if (known === undefined) return;
      const { postId, author } = known;
      const answer =
        step.kind === 'edit'
          ? await setting.call('PATCH', `/posts/${postId}`, author, { text: 'something else' })
          : await setting.delete(`/posts/${postId}`, author);
      if (answer.status < 300) known.words = false;
      return;
    }
    const [by, to] = [world.person(step.by), world.person(step.to)];
    if (by === to || !world.relate(step.kind, by, to)) return;
    await setting[step.kind](by, to);
  }
});

interface WorldPost {
  readonly postId: Id;
  readonly author: Id;
  readonly visibility: Visibility;
  readonly audience: readonly Id[];
  /** Whether it still has the word that is searched for. */
  words: boolean;
}

type World = ReturnType<typeof createWorld>;

/** The rule a second time, as plain code. */
function createWorld(people: readonly Id[]) {
  const posts: WorldPost[] = [];
  const pairs = new Set<string>();
  const has = (kind: string, by: Id | undefined, to: Id): boolean => pairs.has(`${kind} ${by} ${to}`);

  function maySee(viewer: Id | undefined, { author, visibility, audience }: WorldPost): boolean {
    if (viewer === undefined) return visibility === 'public';
    if (has('block', viewer, author) || has('block', author, viewer) || has('mute', viewer, author))
      return false;
    if (author === viewer) return true;
    switch (visibility) {
      case 'public':
        return true;
      case 'unlisted':
        return false;
      case 'followers':
        return audience.includes(viewer) || has('follow', viewer, author);
      case 'direct':
        return audience.includes(viewer);
    }
  }

  return {
    posts,
    person: (index: number): Id => people[index] ?? 0,
    /** Whether it is new. */
    relate(kind: string, by: Id, to: Id): boolean {
      const isNew = !has(kind, by, to);
      pairs.add(`${kind} ${by} ${to}`);
      return isNew;
    },
    found: (viewer: Id | undefined): Id[] =>
      posts
        .filter((post) => post.words && maySee(viewer, post))
        .map(({ postId }) => postId)
        .sort((left, right) => right - left),
  };
}
