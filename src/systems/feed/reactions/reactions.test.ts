import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Answer } from '../../../../test/support/call-as.ts';
import { createFeedSetting, type FeedSetting } from '../../../../test/support/feed-setting.ts';
import { composeId, type Id, idTimestamp } from '../../../core/ids.ts';

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

const kindsOf = async (topic: string, postId: string): Promise<string[]> =>
  (await setting.announced(topic))
    .filter(({ payload, kind }) => payload['post_id'] === postId && kind !== 'created')
    .map(({ kind }) => kind);
const usernames = ({ body }: Answer): string[] =>
  body.items.map((item: { username: string }) => item.username);

describe('liking', () => {
  it('is idempotent both ways, counts the own like, and is announced when it changes something', async () => {
    const postId = await setting.post(alice, 'like me');
    const url = `/posts/${postId}/like`;
    for (const _ of [1, 2]) {
      assert.deepEqual((await setting.put(url, bob)).body, { liked: true, like_count: 1 });
    }
    assert.deepEqual((await setting.put(url, carol)).body, { liked: true, like_count: 2 });
    for (const _ of [1, 2]) {
      assert.deepEqual((await setting.delete(url, bob)).body, { liked: false, like_count: 1 });
    }
    assert.deepEqual(await kindsOf('reactions', postId), ['liked', 'liked', 'unliked']);
    const [event] = (await setting.announced('reactions')).filter(
      ({ payload }) => payload['post_id'] === postId,
    );
    assert.equal(event?.key, Number(postId));
    assert.equal(event?.payload['user_id'], String(bob));
    assert.equal(event?.payload['author_id'], String(alice));
  });

  it('shows the viewer what they did, and others what was done', async () => {
    const postId = await setting.post(alice, 'flags');
    await setting.put(`/posts/${postId}/like`, bob);
    await setting.put(`/posts/${postId}/repost`, bob);
    await setting.put(`/posts/${postId}/bookmark`, bob);
    const flags = async (viewerId?: Id) => {
      const { body } = await setting.get(`/posts/${postId}`, viewerId);
      return [body.liked, body.reposted, body.bookmarked, body.like_count, body.repost_count];
    };
    assert.deepEqual(await flags(bob), [true, true, true, 1, 1]);
    assert.deepEqual(await flags(carol), [false, false, false, 1, 1]);
    assert.deepEqual(await flags(), [false, false, false, 1, 1]);
  });

  it('counts exactly while many like and unlike one post and the counts are folded', async () => {
    const postId = await setting.post(alice, 'hot');
    const fans = Array.from({ length: 40 }, (_, index) => setting.addUser(`fan_${index}`));
    const url = `/posts/${postId}/like`;
    const folding = Promise.all(Array.from({ length: 20 }, () => setting.counts.fold(7)));
    await Promise.all(
      fans.flatMap((fan, index) => [
        setting.put(url, fan),
        setting.put(url, fan),
        ...(index % 2 === 0 ? [setting.put(url, fan).then(() => setting.delete(url, fan))] : []),
      ]),
    );
    await folding;
    const likes = await setting.countRows('likes', `post_id = ${postId}`);
    assert.equal((await setting.get(`/posts/${postId}`)).body.like_count, likes);
    assert.deepEqual(await setting.wrongCounts(), []);
    while ((await setting.counts.fold(1_000)) > 0);
    assert.equal(await setting.countRows('post_count_deltas'), 0);
    assert.equal((await setting.get(`/posts/${postId}`)).body.like_count, likes);
  });

  it('is answered again under its Idempotency-Key', async () => {
    const postId = await setting.post(alice, 'keyed');
    const like = () =>
      setting.call('PUT', `/posts/${postId}/like`, bob, undefined, { 'idempotency-key': 'like-1' });
    const first = await like();
    await setting.put(`/posts/${postId}/like`, carol);
    const second = await like();
    assert.equal(second.text, first.text);
    assert.equal(second.headers['idempotent-replayed'], 'true');
  });

  it('lists who likes a post, the last one first, in pages', async () => {
    const postId = await setting.post(alice, 'popular');
    for (const user of [alice, bob, carol]) await setting.put(`/posts/${postId}/like`, user);
    assert.deepEqual(usernames(await setting.get(`/posts/${postId}/likes`)), ['carol', 'bob', 'alice']);
    const pages = await setting.walk(`/posts/${postId}/likes`, undefined, 2);
    assert.deepEqual(
      pages.map((page) => page.map(({ username }) => username)),
      [['carol', 'bob'], ['alice']],
    );
  });

  it('is refused for what is not there, and to those who are not signed in', async () => {
    const gone = await setting.post(alice, 'gone');
    await setting.delete(`/posts/${gone}`, alice);
    const unknown = String(composeId(Date.UTC(2023, 0, 1), 1, 1));
    for (const postId of [gone, unknown]) {
      for (const name of ['like', 'repost', 'bookmark']) {
        assert.equal((await setting.put(`/posts/${postId}/${name}`, bob)).status, 404);
        assert.equal((await setting.delete(`/posts/${postId}/${name}`, bob)).status, 404);
        assert.equal((await setting.put(`/posts/${postId}/${name}`)).status, 401);
      }
      assert.equal((await setting.get(`/posts/${postId}/likes`, bob)).status, 404);
      assert.equal((await setting.get(`/posts/${postId}/reposts`, bob)).status, 404);
    }
    assert.equal((await setting.put('/posts/12/like', bob)).status, 422);
  });
});

describe('reposting', () => {
  it('is idempotent both ways and announced when it changes something', async () => {
    const postId = await setting.post(alice, 'pass it on', { visibility: 'unlisted' });
    const url = `/posts/${postId}/repost`;
    for (const _ of [1, 2]) {
      assert.deepEqual((await setting.put(url, bob)).body, { reposted: true, repost_count: 1 });
    }
    assert.deepEqual(usernames(await setting.get(`/posts/${postId}/reposts`)), ['bob']);
    for (const _ of [1, 2]) {
      assert.deepEqual((await setting.delete(url, bob)).body, { reposted: false, repost_count: 0 });
    }
    assert.deepEqual(await kindsOf('posts', postId), ['reposted', 'unreposted']);
    const event = (await setting.announced('posts')).find(({ kind }) => kind === 'reposted');
    assert.equal(event?.key, alice);
  });

  it('is refused for what not everyone may see, also to its author', async () => {
    for (const visibility of ['followers', 'direct']) {
      const postId = await setting.post(alice, 'for few', { visibility });
      assert.equal((await setting.put(`/posts/${postId}/repost`, alice)).status, 403);
      assert.equal(await setting.countRows('reposts', `post_id = ${postId}`), 0);
    }
  });
});

describe('bookmarks', () => {
  it('are listed, the last kept first, for nobody else', async () => {
    const dave = setting.addUser('dave');
    const kept = [];
    for (const text of ['one', 'two', 'three']) kept.push(await setting.post(alice, text));
    for (const postId of [...kept].reverse()) {
      assert.deepEqual((await setting.put(`/posts/${postId}/bookmark`, dave)).body, { bookmarked: true });
    }
    const pages = await setting.walk('/bookmarks', dave, 2);
    assert.deepEqual(
      pages.map((page) => page.map(({ text }) => text)),
      [['one', 'two'], ['three']],
    );
    assert.ok(pages.flat().every(({ bookmarked }) => bookmarked));
    const [first] = kept;
    assert.deepEqual((await setting.delete(`/posts/${first}/bookmark`, dave)).body, { bookmarked: false });
    assert.equal((await setting.get('/bookmarks', dave)).body.items.length, 2);
    assert.equal((await setting.get('/bookmarks')).status, 401);
  });

  it('are announced when they change something, and do not name the author', async () => {
    const postId = await setting.post(alice, 'keep me');
    for (const _ of [1, 2]) await setting.put(`/posts/${postId}/bookmark`, bob);
    for (const _ of [1, 2]) await setting.delete(`/posts/${postId}/bookmark`, bob);
    assert.deepEqual(await kindsOf('reactions', postId), ['bookmarked', 'unbookmarked']);
    const events = (await setting.announced('reactions')).filter(
      ({ payload }) => payload['post_id'] === postId,
    );
    const [added, removed] = events.map(({ payload }) => payload);
    assert.deepEqual(added, removed);
    assert.equal(events[0]?.key, Number(postId));
    const { bookmark_id: bookmarkId, created_at: createdAt, ...rest } = added ?? {};
    assert.deepEqual(rest, { user_id: String(bob), post_id: postId });
    assert.equal(createdAt, idTimestamp(Number(bookmarkId)));
  });
});
