import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createFeedSetting, type FeedSetting } from '../../../../test/support/feed-setting.ts';
import { until } from '../../../../test/support/until.ts';
import type { Id } from '../../../core/ids.ts';

let setting: FeedSetting;
let alice: Id;
let bob: Id;

before(async () => {
  setting = await createFeedSetting();
  alice = setting.addUser('alice');
  bob = setting.addUser('bob');
  await setting.eventLog.subscribe(setting.erasure.subscription);
});
after(() => setting.close());

async function eraseAll(limit: number): Promise<number> {
  let calls = 0;
  while (await setting.erasure.erase(limit)) calls += 1;
  return calls;
}

describe('a deleted user', () => {
  it('is erased in bounded pieces, with every trace in counts and lists', async () => {
    const kept = await setting.post(bob, 'kept');
    const posts = [];
    for (let index = 0; index < 7; index += 1) posts.push(await setting.post(alice, `post ${index} #t @bob`));
    await setting.post(alice, 'answer', { reply_to_id: kept });
    await setting.call('PATCH', `/posts/${posts[0]}`, alice, { text: 'edited' });
    const answer = await setting.post(bob, 'to alice', { reply_to_id: String(posts[1]) });
    for (const name of ['like', 'repost', 'bookmark']) {
      await setting.put(`/posts/${kept}/${name}`, alice);
      await setting.put(`/posts/${posts[2]}/${name}`, bob);
    }
    const deleted = { topic: 'users', key: alice, kind: 'deleted', payload: {}, ownerId: alice };
    await setting.sql.transaction((transaction) => setting.eventLog.append(transaction, [deleted]));
    await until(async () => (await setting.countRows('feed_erasures')) === 1);
    assert.ok((await eraseAll(3)) > 3);

    assert.equal(await setting.countRows('posts', `author_id = ${alice} AND deleted_at IS NULL`), 0);
    assert.equal(await setting.countRows('posts', `author_id = ${alice} AND text <> ''`), 0);
    for (const table of ['likes', 'reposts', 'bookmarks', 'post_edits', 'post_tags', 'post_mentions']) {
      assert.equal(await setting.countRows(table), 0, table);
    }
    assert.equal(await setting.countRows('feed_erasures'), 0);
    const { body } = await setting.get(`/posts/${kept}`);
    assert.deepEqual([body.like_count, body.repost_count, body.reply_count], [0, 0, 0]);
    assert.deepEqual(await setting.wrongCounts(), []);
    assert.equal((await setting.get(`/posts/${answer}`)).status, 200);
    const ofPosts = (await setting.announced('posts')).map(({ kind }) => kind);
    assert.equal(ofPosts.filter((kind) => kind === 'deleted').length, 8);
    assert.equal(ofPosts.filter((kind) => kind === 'unreposted').length, 1);
    const ofReactions = await setting.announced('reactions');
    assert.equal(ofReactions.filter(({ kind }) => kind === 'unliked').length, 1);
  });

  it('is erased once by several workers', async () => {
    const carol = setting.addUser('carol');
    for (let index = 0; index < 10; index += 1) await setting.post(carol, `post ${index}`);
    const deleted = { topic: 'users', key: carol, kind: 'deleted', payload: {}, ownerId: carol };
    await setting.sql.transaction((transaction) => setting.eventLog.append(transaction, [deleted]));
    await until(async () => (await setting.countRows('feed_erasures')) === 1);
    await Promise.all([eraseAll(2), eraseAll(2), eraseAll(2)]);
    await eraseAll(2);
    const events = (await setting.announced('posts')).filter(({ key }) => key === carol);
    assert.equal(events.filter(({ kind }) => kind === 'deleted').length, 10);
    assert.deepEqual(await setting.wrongCounts(), []);
    assert.equal(await setting.countRows('feed_erasures'), 0);
  });
});

describe('a deleted post', () => {
  it('loses its reactions and counts', async () => {
    const postId = await setting.post(alice, 'short');
    for (const name of ['like', 'repost', 'bookmark']) await setting.put(`/posts/${postId}/${name}`, bob);
    await setting.counts.fold();
    await setting.put(`/posts/${postId}/like`, alice);
    await setting.delete(`/posts/${postId}`, alice);
    assert.deepEqual((await setting.get('/bookmarks', bob)).body.items, []);
    await eraseAll(1);
    for (const table of ['likes', 'reposts', 'bookmarks', 'post_counts', 'post_count_deltas']) {
      assert.equal(await setting.countRows(table, `post_id = ${postId}`), 0, table);
    }
  });

  it('leaves a tombstone for 30 days, and for as long as something answers it', async () => {
    const root = await setting.post(alice, 'root');
    const leaf = await setting.post(bob, 'leaf', { reply_to_id: root });
    const fresh = await setting.post(alice, 'fresh');
    for (const postId of [root, fresh]) await setting.delete(`/posts/${postId}`, alice);
    const age = (postId: string, days: number) => setting.ageTombstone(Number(postId), days);
    const there = (postId: string) => setting.countRows('posts', `post_id = ${postId}`);
    await age(root, 31);
    await age(fresh, 29);
    await setting.erasure.deleteTombstones();
    assert.deepEqual([await there(root), await there(fresh)], [1, 1]);
    await setting.delete(`/posts/${leaf}`, bob);
    await age(leaf, 31);
    await age(fresh, 31);
    await setting.erasure.deleteTombstones();
    assert.deepEqual([await there(root), await there(leaf), await there(fresh)], [1, 0, 0]);
    await setting.erasure.deleteTombstones();
    assert.equal(await there(root), 0);
  });
});
