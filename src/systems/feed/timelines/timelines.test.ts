import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Answer } from '../../../../test/support/call-as.ts';
import { createFeedSetting, type FeedSetting } from '../../../../test/support/feed-setting.ts';
import { composeId, FIRST_BULK_WRITER, type Id, shardOf } from '../../../core/ids.ts';
import { bulkLoadPosts } from '../posts/bulk-load.ts';
import { REPOST_WINDOW_MS } from './repost-window.ts';

let setting: FeedSetting;
let alice: Id;
let bob: Id;
let carol: Id;

before(async () => {
  setting = await createFeedSetting();
  alice = setting.addUser('alice');
  bob = setting.addUser('bob');
  carol = setting.addUser('carol');
});
after(() => setting.close());

const texts = ({ body }: Answer): string[] => body.items.map((item: { text: string }) => item.text);

describe('GET /feed', () => {
  it('has the posts and reposts of oneself and of those one follows, newest first', async () => {
    await setting.clear();
    await setting.follow(carol, bob);
    const byAlice = await setting.post(alice, 'by alice');
    await setting.post(bob, 'by bob');
    await setting.post(bob, 'for followers', { visibility: 'followers' });
    await setting.post(bob, 'psst @carol', { visibility: 'direct' });
    await setting.post(carol, 'by carol');
    await setting.put(`/posts/${byAlice}/repost`, bob);
    const { body } = await setting.get('/feed', carol);
    assert.deepEqual(
      body.items.map((item: { text: string }) => item.text),
      ['by alice', 'by carol', 'for followers', 'by bob'],
    );
    const [repost, own] = body.items;
    assert.equal(repost.post_id, byAlice);
    assert.ok(Number(repost.entry_id) > Number(byAlice));
    assert.equal(repost.reposted_by.username, 'bob');
    assert.equal(repost.repost_count, 1);
    assert.equal(own.entry_id, own.post_id);
    assert.equal(own.reposted_by, null);
    assert.equal(body.next_page_token, null);
    assert.equal((await setting.get('/feed')).status, 401);
  });

  it('shows a post again after 24 hours, and not a moment before', async () => {
    for (const [lateMs, shown] of [
      [REPOST_WINDOW_MS, false],
      [REPOST_WINDOW_MS + 1, true],
    ] as const) {
      await setting.clear();
      await setting.follow(carol, alice);
      await setting.follow(carol, bob);
      const startMs = Date.UTC(2024, 5, 1);
      const postId = composeId(startMs, FIRST_BULK_WRITER, 0);
      await bulkLoadPosts(setting, [{ postId, authorId: alice, text: 'again' }]);
      const reactionId = composeId(startMs + lateMs, FIRST_BULK_WRITER, 0);
      const repost = { reactionId, userId: bob, postId, authorId: alice, shard: shardOf(bob) };
      await setting.insertReactions('reposts', [repost]);
      const expected = shown ? ['again', 'again'] : ['again'];
      assert.deepEqual(texts(await setting.get('/feed', carol)), expected);
    }
  });

  it('skips and repeats nothing over its pages, and no page is short but the last', async () => {
    await setting.clear();
    await setting.follow(carol, bob);
    await setting.follow(carol, alice);
    for (let index = 0; index < 25; index += 1) await setting.post(index % 3 ? alice : bob, `post ${index}`);
    const pages = await setting.walk('/feed', carol, 10);
    assert.deepEqual(
      pages.map((page) => page.length),
      [10, 10, 5],
    );
    assert.deepEqual(
      pages.flat().map(({ text }) => text),
      Array.from({ length: 25 }, (_, index) => `post ${24 - index}`),
    );
  });

  it('has full pages also while the feed has not heard of a suspension', async () => {
    await setting.clear();
    await setting.follow(carol, bob);
    await setting.follow(carol, alice);
    for (let index = 0; index < 12; index += 1) await setting.post(index % 2 ? alice : bob, `post ${index}`);
    await setting.suspend(bob, { heard: false });
    const pages = await setting.walk('/feed', carol, 4);
    assert.deepEqual(
      pages.flat().map(({ text }) => text),
      ['post 11', 'post 9', 'post 7', 'post 5', 'post 3', 'post 1'],
    );
    assert.equal(pages[0]?.length, 4);
    await setting.clear();
  });

  it('refuses a page of 0 or 101, and a token that is none', async () => {
    for (const query of ['limit=0', 'limit=101', 'limit=x', 'page_token=abc', 'colour=red']) {
      assert.equal((await setting.get(`/feed?${query}`, carol)).status, 422, query);
    }
    assert.equal((await setting.get('/feed?limit=100', carol)).status, 200);
  });
});

describe('GET /users/{user_id}/posts', () => {
  it('has posts and reposts, with or without answers', async () => {
    await setting.clear();
    const byBob = await setting.post(bob, 'by bob');
    await setting.post(alice, 'own');
    await setting.post(alice, 'answer', { reply_to_id: byBob });
    await setting.put(`/posts/${byBob}/repost`, alice);
    const url = `/users/${alice}/posts`;
    assert.deepEqual(texts(await setting.get(url)), ['by bob', 'answer', 'own']);
    assert.deepEqual(texts(await setting.get(`${url}?replies=false`)), ['by bob', 'own']);
    const { body } = await setting.get(url, carol);
    assert.equal(body.items[0].reposted_by.username, 'alice');
    assert.equal(body.items[0].author.username, 'bob');
  });

  it('is not there for someone who is unknown or suspended', async () => {
    assert.equal((await setting.get(`/users/${composeId(Date.UTC(2023, 0, 1), 1, 1)}/posts`)).status, 404);
    assert.equal((await setting.get('/users/me/posts')).status, 422);
    await setting.suspend(bob, { heard: false });
    assert.equal((await setting.get(`/users/${bob}/posts`)).status, 404);
    await setting.restore(bob);
    assert.equal((await setting.get(`/users/${bob}/posts`)).status, 200);
  });
});

describe('GET /tags/{tag}/posts', () => {
  it('has the public posts with the tag, whatever its case and script', async () => {
    await setting.clear();
    await setting.post(alice, 'first #Straße');
    await setting.post(alice, 'second #STRASSE #東京');
    await setting.post(alice, 'unlisted #straße', { visibility: 'unlisted' });
    await setting.post(alice, 'third #straße');
    const tagged = async (tag: string) => texts(await setting.get(`/tags/${encodeURIComponent(tag)}/posts`));
    assert.deepEqual(await tagged('STRAßE'), ['third #straße', 'first #Straße']);
    assert.deepEqual(await tagged('#straße'), ['third #straße', 'first #Straße']);
    assert.deepEqual(await tagged('東京'), ['second #STRASSE #東京']);
    assert.deepEqual(await tagged('nothing'), []);
    assert.equal((await setting.get(`/tags/${'a'.repeat(102)}/posts`)).status, 422);
  });
});
