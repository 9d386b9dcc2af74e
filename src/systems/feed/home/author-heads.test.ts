import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import fc from 'fast-check';
import { createFeedSetting, type FeedSetting } from '../../../../test/support/feed-setting.ts';
import { createGatedSession } from '../../../../test/support/gated-session.ts';
import { ID_MAX, type Id } from '../../../core/ids.ts';
import { readStatement, writeStatement } from '../../../ports/sql-store/sql-store.ts';
import { entryAddedBy } from './added-entry.ts';
import { type AuthorHeads, createAuthorHeads, HEAD_ENTRIES, HEAD_ENTRIES_MAX } from './author-heads.ts';
import type { HeardEvent } from './reader-views.ts';

describe('heads of authors', () => {
  let setting: FeedSetting;
  let [alice, bob, carol]: [Id, Id, Id] = [0, 0, 0];
  let heads: AuthorHeads;
  before(async () => {
    setting = await createFeedSetting();
    [alice, bob, carol] = [setting.addUser('alice'), setting.addUser('bob'), setting.addUser('carol')];
  });
  after(() => setting.close());
  beforeEach(async () => {
    await setting.clear();
    heads = createAuthorHeads({ sql: setting.sql });
  });

  const all = async (authorId: Id) => (await heads.page(authorId, ID_MAX, 1_000)).entryIds;

  /** Posts 10, 20, … and reposts 15, 25, …, of other posts. */
  const write = (authorId: Id, posts: number, reposts: number) =>
    setting.sql.query(
      writeStatement<[Id, number, number]>(
        'test_write_entries',
        `WITH posted AS (
           INSERT INTO posts (post_id, shard, author_id, text, visibility, thread_id)
           SELECT number * 10, 0, $1, 'hello', 'public', number * 10 FROM generate_series(1, $2) AS number)
         INSERT INTO reposts SELECT number * 10 + 5, $1, number, 1, 0 FROM generate_series(1, $3) AS number`,
      ),
      [authorId, posts, reposts],
    );

  it('have posts of every visibility and reposts, newest first, without what is deleted', async () => {
    const posts: Id[] = [];
    for (const visibility of ['public', 'unlisted', 'followers', 'direct']) {
      posts.push(Number(await setting.post(alice, 'hello', { visibility })));
    }
    const gone = await setting.post(alice, 'soon gone');
    await setting.delete(`/posts/${gone}`, alice);
    const bobs = await setting.post(bob, 'pass it on');
    await setting.put(`/posts/${bobs}/repost`, alice);
    const entryIds = await all(alice);
    assert.equal(entryIds.length, 5);
    assert.deepEqual(entryIds.slice(1), posts.reverse());
    assert.deepEqual(await heads.page(carol, ID_MAX, 10), { entryIds: [], floor: 0 });
  });

  it('are known as a whole up to the limit, and above a floor beyond it', async () => {
    await write(alice, HEAD_ENTRIES / 2, HEAD_ENTRIES / 2);
    await write(bob, 0, 0);
    const whole = await heads.page(alice, ID_MAX, 1_000);
    assert.equal(whole.floor, 0);
    assert.equal(whole.entryIds.length, HEAD_ENTRIES);
    await setting.clear();
    await write(alice, HEAD_ENTRIES / 2 + 1, HEAD_ENTRIES / 2);
    heads.forget(alice);
    const newest = await heads.page(alice, ID_MAX, 1_000);
    assert.equal(newest.floor, 10);
    assert.equal(newest.entryIds.length, HEAD_ENTRIES);
    assert.equal(newest.entryIds.at(-1), 15);
  });

  it('are answered page by page, at once when they are there, as copies', async () => {
    await write(alice, 5, 0);
    assert.deepEqual(await heads.page(alice, ID_MAX, 2), { entryIds: [50, 40], floor: 0 });
    const page = heads.page(alice, 40, 2);
    assert.ok(!(page instanceof Promise));
    assert.deepEqual(page, { entryIds: [30, 20], floor: 0 });
    heads.hear([created(alice, 35)]);
    assert.deepEqual(page.entryIds, [30, 20]);
    assert.deepEqual(heads.page(alice, 10, 2), { entryIds: [], floor: 0 });
  });

  it('are loaded in one statement, however many are missing', async () => {
    await write(alice, 2, 1);
    await heads.page(bob, ID_MAX, 10);
    const statements = setting.statements();
    const pages = await heads.pages([carol, alice, bob, carol], ID_MAX, 2);
    assert.deepEqual(
      pages.map(({ entryIds }) => entryIds),
      [[], [20, 15], [], []],
    );
    assert.equal(setting.statements(), statements + 1);
    const again = heads.pages([alice, carol], 20, 2);
    assert.ok(!(again instanceof Promise));
    assert.deepEqual(
      again.map(({ entryIds }) => entryIds),
      [[15, 10], []],
    );
    assert.deepEqual(await heads.pages([], ID_MAX, 2), []);
  });

  it('take what is heard of at its place, once: a post by its author, a repost by who reposts', async () => {
    await write(alice, 2, 0);
    await heads.pages([alice, bob], ID_MAX, 10);
    const news = [created(alice, 15), reposted(alice, bob, 17), created(alice, 15), created(alice, 30)];
    heads.hear(news);
    heads.hear(news);
    assert.deepEqual(await all(alice), [30, 20, 17, 15, 10]);
    assert.deepEqual(await all(bob), []);
  });

  it('keep what is deleted or taken back, and hear nothing of other topics', async () => {
    await write(alice, 2, 0);
    await heads.page(alice, ID_MAX, 10);
    heads.hear([
      { ...created(alice, 20), kind: 'deleted' },
      { ...created(alice, 20), kind: 'edited' },
      { ...reposted(alice, bob, 20), kind: 'unreposted' },
      { ...created(alice, 99), topic: 'others' },
    ]);
    assert.deepEqual(await all(alice), [20, 10]);
    assert.equal(entryAddedBy({ ...created(alice, 99), topic: 'others' }), undefined);
  });

  it('are not made by what is heard', () => {
    heads.hear([created(alice, 1)]);
    assert.equal(heads.size(), 0);
  });

  it('take nothing below their floor, and are cut back when they have grown', async () => {
    await write(alice, HEAD_ENTRIES + 1, 0);
    await heads.page(alice, ID_MAX, 1);
    heads.hear([created(alice, 10), created(alice, 5)]);
    assert.equal((await all(alice)).length, HEAD_ENTRIES);
    const news = Array.from({ length: HEAD_ENTRIES_MAX - HEAD_ENTRIES }, (_, index) => 10_000 + index);
    heads.hear(news.map((entryId) => created(alice, entryId)));
    assert.equal((await all(alice)).length, HEAD_ENTRIES_MAX);
    heads.hear([created(alice, 20_000)]);
    const { entryIds, floor } = await heads.page(alice, ID_MAX, 1_000);
    assert.equal(entryIds.length, HEAD_ENTRIES);
    assert.deepEqual([entryIds[0], entryIds.at(-1), floor], [20_000, 10_001, 10_000]);
  });

  it('whose load has missed what is heard meanwhile are not kept', async () => {
    const gated = createGatedSession(setting.sql);
    heads = createAuthorHeads({ sql: gated });
    const before = heads.pages([alice, bob], ID_MAX, 10);
    await gated.allRead();
    await write(alice, 1, 0);
    heads.hear([created(alice, 10)]);
    const later = heads.pages([alice, bob], ID_MAX, 10);
    await gated.allRead();
    gated.release();
    assert.deepEqual(
      (await before).map(({ entryIds }) => entryIds),
      [[], []],
    );
    assert.deepEqual(
      (await later).map(({ entryIds }) => entryIds),
      [[10], []],
    );
    assert.equal(gated.queries(), 2);
    assert.equal(heads.size(), 2);
  });

  it('are loaded again after every new entry without refresh-ahead', async () => {
    heads = createAuthorHeads({ sql: setting.sql, refreshAhead: false });
    await write(alice, 1, 0);
    assert.deepEqual(await all(alice), [10]);
    heads.hear([created(alice, 99)]);
    assert.equal(heads.size(), 0);
    assert.deepEqual(await all(alice), [10]);
  });

  it('are bounded in number', async () => {
    heads = createAuthorHeads({ sql: setting.sql, headsMax: 2 });
    assert.equal((await heads.pages([alice, bob, carol], ID_MAX, 1)).length, 3);
    assert.equal(heads.size(), 2);
  });

  it('are, once all is heard, what the database has above the floor, whatever was loaded when', async () => {
    const step = fc.record({
      do: fc.constantFrom(
        'post' as const,
        'repost' as const,
        'hear' as const,
        'ask' as const,
        'release' as const,
      ),
      by: fc.constantFrom(0, 1),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        await setting.clear();
        const authors = [alice, bob];
        const source = Number(await setting.post(carol, 'hello'));
        const gated = createGatedSession(setting.sql);
        heads = createAuthorHeads({ sql: gated });
        const unheard: HeardEvent[] = [];
        const asked: unknown[] = [];
        for (const { do: action, by } of steps) {
          const authorId = authors[by] ?? 0;
          if (action === 'post')
            unheard.push(created(authorId, Number(await setting.post(authorId, 'hello'))));
          else if (action === 'repost') unheard.push(...(await repostAgain(authorId, source)));
          else if (action === 'hear') heads.hear(unheard.splice(0, 1));
          else if (action === 'release') gated.release();
          else {
            asked.push(heads.pages([...authors].slice(by), ID_MAX, 10));
            await gated.allRead();
          }
        }
        heads.hear(unheard);
        gated.release();
        await Promise.all(asked);
        const pages = heads.pages(authors, ID_MAX, 1_000);
        gated.release();
        for (const [index, { entryIds, floor }] of (await pages).entries()) {
          const rows = await setting.sql.query(readEntries, [authors[index] ?? 0]);
          const live = rows.map(({ entry_id }) => entry_id);
          assert.equal(floor, 0);
          // Reposts that were taken back may still be there.
          assert.deepEqual(
            entryIds.filter((entryId) => live.includes(entryId)),
            live,
          );
        }
      }),
      { numRuns: 30 },
    );

    async function repostAgain(userId: Id, postId: Id): Promise<HeardEvent[]> {
      await setting.delete(`/posts/${postId}/repost`, userId);
      await setting.put(`/posts/${postId}/repost`, userId);
      const [newest] = await setting.sql.query(readEntries, [userId]);
      return newest === undefined ? [] : [reposted(userId, carol, newest.entry_id)];
    }
  });
});

const readEntries = readStatement<[authorId: Id], { readonly entry_id: Id }>(
  'test_read_entries_of',
  `SELECT post_id AS entry_id FROM posts WHERE author_id = $1 AND deleted_at IS NULL
   UNION ALL SELECT repost_id FROM reposts WHERE user_id = $1 ORDER BY entry_id DESC`,
);

function created(authorId: Id, postId: Id): HeardEvent {
  return {
    topic: 'posts',
    kind: 'created',
    payload: { author_id: String(authorId), post_id: String(postId), text: 'hello' },
  };
}

/** By `userId`, of a post of `authorId`. */
function reposted(userId: Id, authorId: Id, repostId: Id): HeardEvent {
  return {
    topic: 'posts',
    kind: 'reposted',
    payload: {
      repost_id: String(repostId),
      user_id: String(userId),
      post_id: '1',
      author_id: String(authorId),
    },
  };
}
