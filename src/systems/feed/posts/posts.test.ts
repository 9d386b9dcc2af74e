import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createFeedSetting, type FeedSetting } from '../../../../test/support/feed-setting.ts';
import { composeId, type Id } from '../../../core/ids.ts';

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

const post = (viewerId: Id | undefined, body: object, headers: Record<string, string> = {}) =>
  setting.call('POST', '/posts', viewerId, body, headers);
const patch = (viewerId: Id, postId: string, body: object) =>
  setting.call('PATCH', `/posts/${postId}`, viewerId, body);
const UNKNOWN = String(composeId(Date.UTC(2023, 0, 1), 1, 1));

describe('POST /posts', () => {
  it('answers the whole post, and a reader gets the same', async () => {
    const { status, body } = await post(alice, {
      text: 'Hello @Bob and @nobody, see #Sea and #sea!',
      content_warning: ' waves ',
      language: 'EN-us',
    });
    assert.equal(status, 201);
    const { post_id: postId, created_at: createdAt, ...rest } = body;
    assert.match(postId, /^[1-9][0-9]{15}$/);
    assert.ok(Math.abs(Date.parse(createdAt) - Date.now()) < 60_000);
    assert.deepEqual(rest, {
      author: {
        user_id: String(alice),
        username: 'alice',
        display_name: 'alice',
        avatar_url: null,
        locked: false,
      },
      text: 'Hello @Bob and @nobody, see #Sea and #sea!',
      edited_at: null,
      visibility: 'public',
      content_warning: ' waves ',
      language: 'en-US',
      reply_to_id: null,
      reply_to_user: null,
      like_count: 0,
      repost_count: 0,
      reply_count: 0,
      liked: false,
      reposted: false,
      bookmarked: false,
      mentions: [{ user_id: String(bob), username: 'bob' }],
      tags: ['sea'],
      media: [],
    });
    assert.deepEqual((await setting.get(`/posts/${postId}`)).body, body);
    assert.deepEqual((await setting.get(`/posts/${postId}`, carol)).body, body);
  });

  it('announces the whole post', async () => {
    const postId = await setting.post(alice, 'News for @bob #News');
    const events = await setting.announced('posts');
    const event = events.find(({ payload }) => payload['post_id'] === postId);
    assert.equal(event?.kind, 'created');
    assert.equal(event?.key, alice);
    assert.equal(event?.payload['text'], 'News for @bob #News');
    assert.deepEqual(event?.payload['mention_user_ids'], [String(bob)]);
    assert.deepEqual(event?.payload['tags'], ['news']);
    assert.equal(event?.payload['thread_id'], postId);
  });

  it('names the field that is wrong', async () => {
    const wrong: [object, string][] = [
      [{}, 'text'],
      [{ text: '' }, 'text'],
      [{ text: ' \n' }, 'text'],
      [{ text: 5 }, 'text'],
      [{ text: 'a'.repeat(281) }, 'text'],
      [{ text: 'a'.repeat(4_097) }, 'text'],
      [{ text: 'a\u0000b' }, 'text'],
      [{ text: 'a', visibility: 'secret' }, 'visibility'],
      [{ text: 'a', content_warning: 'a'.repeat(101) }, 'content_warning'],
      [{ text: 'a', language: 'not a language' }, 'language'],
      [{ text: 'a', language: 'a'.repeat(36) }, 'language'],
      [{ text: 'a', reply_to_id: '12' }, 'reply_to_id'],
      [{ text: 'a', reply_to_id: '9999999999999999' }, 'reply_to_id'],
      [{ text: 'a', media_ids: [UNKNOWN] }, 'media_ids'],
      [{ text: 'a', media_ids: [UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN] }, 'media_ids'],
      [{ text: 'a', colour: 'red' }, 'colour'],
    ];
    for (const [body, field] of wrong) {
      const answer = await post(alice, body);
      assert.equal(answer.status, 422, JSON.stringify(body).slice(0, 80));
      assert.equal(answer.body.errors[0].field, field);
    }
    assert.equal((await post(alice, { text: 'a'.repeat(280), media_ids: [] })).status, 201);
    assert.equal((await post(alice, { text: 'a', language: null, reply_to_id: null })).status, 201);
  });

  it('takes a post that is broken Unicode on the wire for what it is', async () => {
    const answer = await setting.app.inject({
      method: 'POST',
      url: '/posts',
      headers: { authorization: `Bearer ${alice}`, 'content-type': 'application/json' },
      payload: '{"text":"a\\ud800b"}',
    });
    assert.equal(answer.statusCode, 422);
  });

  it('is for those who are signed in and not suspended', async () => {
    assert.equal((await post(undefined, { text: 'a' })).status, 401);
    const dave = setting.addUser('dave');
    await setting.suspend(dave, { heard: false });
    assert.equal((await post(dave, { text: 'a' })).status, 403);
  });

  it('mentions ten of many', async () => {
    const names = Array.from({ length: 12 }, (_, index) => `friend_${index}`);
    for (const name of names) setting.addUser(name);
    const { body } = await post(alice, { text: names.map((name) => `@${name}`).join(' ') });
    assert.deepEqual(
      body.mentions.map((mention: { username: string }) => mention.username),
      names.slice(0, 10),
    );
  });

  it('counts the post for its author, unless it is direct', async () => {
    const erin = setting.addUser('erin');
    await setting.post(erin, 'one');
    await setting.post(erin, 'two', { visibility: 'followers' });
    await setting.post(erin, 'three', { visibility: 'direct' });
    assert.equal(await setting.countRows('user_count_deltas', `user_id = ${erin}`), 2);
    assert.deepEqual(await setting.wrongCounts(), []);
  });
});

describe('an answer to a post', () => {
  it('names the post, its author and is counted', async () => {
    const parent = await setting.post(alice, 'Who is there?');
    const { body } = await post(bob, { text: 'Me.', reply_to_id: parent });
    assert.equal(body.reply_to_id, parent);
    assert.deepEqual(body.reply_to_user, { user_id: String(alice), username: 'alice' });
    assert.equal((await setting.get(`/posts/${parent}`)).body.reply_count, 1);
    await setting.delete(`/posts/${body.post_id}`, bob);
    assert.equal((await setting.get(`/posts/${parent}`)).body.reply_count, 0);
  });

  it('is no wider than a post for followers or a direct one', async () => {
    await setting.follow(bob, alice);
    const visibilities = ['public', 'unlisted', 'followers', 'direct'] as const;
    for (const [index, wide] of visibilities.entries()) {
      const parent = await setting.post(alice, '@bob', { visibility: wide });
      for (const [asked, visibility] of visibilities.entries()) {
        const { body } = await post(bob, { text: 'ok', reply_to_id: parent, visibility });
        const narrowest = index < 2 ? asked : Math.max(asked, index);
        assert.equal(body.visibility, visibilities[narrowest]);
      }
      const { body } = await post(bob, { text: 'ok', reply_to_id: parent });
      assert.equal(body.visibility, index < 2 ? 'public' : wide);
    }
  });

  it('reaches the author of a direct post without naming them', async () => {
    const parent = await setting.post(alice, 'psst @bob', { visibility: 'direct' });
    const { body } = await post(bob, { text: 'what?', reply_to_id: parent });
    assert.equal((await setting.get(`/posts/${body.post_id}`, alice)).status, 200);
    assert.equal((await setting.get(`/posts/${body.post_id}`, carol)).status, 404);
    assert.equal((await setting.get(`/posts/${parent}`, alice)).body.reply_count, 0);
  });

  it('needs a post that its author can see', async () => {
    const direct = await setting.post(alice, 'psst @bob', { visibility: 'direct' });
    const deleted = await setting.post(alice, 'oops');
    await setting.delete(`/posts/${deleted}`, alice);
    for (const parent of [direct, deleted, UNKNOWN]) {
      const answer = await post(carol, { text: 'a', reply_to_id: parent });
      assert.equal(answer.status, 404);
      assert.equal(answer.body.errors[0].field, 'reply_to_id');
    }
  });
});

describe('PATCH /posts/{post_id}', () => {
  it('changes what is given, keeps what it said, and indexes it again', async () => {
    const postId = await setting.post(alice, 'Old #one #two @bob', { language: 'en', content_warning: 'w' });
    const { status, body } = await patch(alice, postId, { text: 'New #two #three @carol' });
    assert.equal(status, 200);
    assert.equal(body.text, 'New #two #three @carol');
    assert.equal(body.content_warning, 'w');
    assert.equal(body.language, 'en');
    assert.deepEqual(body.tags, ['two', 'three']);
    assert.deepEqual(body.mentions, [{ user_id: String(carol), username: 'carol' }]);
    assert.ok(Date.parse(body.edited_at) >= Date.parse(body.created_at));
    assert.deepEqual((await setting.get(`/posts/${postId}`, alice)).body, body);
    const cleared = await patch(alice, postId, { content_warning: null, language: null });
    assert.equal(cleared.body.content_warning, null);
    const edits = (await setting.get(`/posts/${postId}/edits`)).body;
    assert.deepEqual(
      edits.items.map(({ edited_at: _, ...said }: { edited_at: string }) => said),
      [
        { text: 'New #two #three @carol', content_warning: 'w', language: 'en' },
        { text: 'Old #one #two @bob', content_warning: 'w', language: 'en' },
      ],
    );
    assert.equal(edits.items[1].edited_at, body.edited_at);
    assert.equal(edits.next_page_token, null);
    const tagged = async (tag: string) =>
      (await setting.get(`/tags/${tag}/posts`)).body.items.some(
        (item: { post_id: string }) => item.post_id === postId,
      );
    assert.deepEqual([await tagged('one'), await tagged('two'), await tagged('three')], [false, true, true]);
    assert.equal(await setting.countRows('post_mentions', `post_id = ${postId}`), 1);
  });

  it('pages through the edits, newest first', async () => {
    const postId = await setting.post(alice, '0');
    for (let edit = 1; edit <= 5; edit += 1) await patch(alice, postId, { text: String(edit) });
    const pages = await setting.walk(`/posts/${postId}/edits`, bob, 2);
    assert.deepEqual(
      pages.map((page) => page.map(({ text }) => text)),
      [['4', '3'], ['2', '1'], ['0']],
    );
  });

  it('makes nothing of an edit that changes nothing', async () => {
    const postId = await setting.post(alice, 'Same');
    const { status, body } = await patch(alice, postId, { text: 'Same', language: null });
    assert.equal(status, 200);
    assert.equal(body.edited_at, null);
    assert.deepEqual((await setting.get(`/posts/${postId}/edits`)).body.items, []);
    const events = await setting.announced('posts');
    assert.equal(events.filter(({ payload }) => payload['post_id'] === postId).length, 1);
  });

  it('announces the whole post, whom it mentions now and whom it no longer mentions', async () => {
    const postId = await setting.post(alice, '@bob @alice');
    await patch(alice, postId, { text: '@carol @alice' });
    const events = await setting.announced('posts');
    const last = events.filter(({ payload }) => payload['post_id'] === postId).at(-1);
    assert.equal(last?.kind, 'edited');
    assert.deepEqual(last?.payload['mention_user_ids'], [String(carol), String(alice)]);
    assert.deepEqual(last?.payload['added_mention_user_ids'], [String(carol)]);
    assert.deepEqual(last?.payload['removed_mention_user_ids'], [String(bob)]);
  });

  it('is for the author, and says no more than they may know to others', async () => {
    const open = await setting.post(alice, 'open');
    const direct = await setting.post(alice, 'direct', { visibility: 'direct' });
    assert.equal((await patch(bob, open, { text: 'mine' })).status, 403);
    assert.equal((await patch(bob, direct, { text: 'mine' })).status, 404);
    assert.equal((await patch(alice, UNKNOWN, { text: 'mine' })).status, 404);
    assert.equal((await patch(alice, open, {})).status, 422);
    assert.equal((await patch(alice, open, { text: ' ' })).status, 422);
    assert.equal((await setting.get(`/posts/${direct}/edits`, bob)).status, 404);
  });

  it('opens nothing that was said before to whom it mentions now', async () => {
    for (const visibility of ['direct', 'followers'] as const) {
      const postId = await setting.post(alice, 'not for bob', { visibility });
      assert.equal((await patch(alice, postId, { text: 'hello @bob' })).status, 200);
      assert.equal((await setting.get(`/posts/${postId}`, bob)).status, 200);
      const answer = await setting.get(`/posts/${postId}/edits`, bob);
      assert.equal(answer.status, 403);
      assert.doesNotMatch(JSON.stringify(answer.body), /not for bob/);
      assert.equal((await setting.get(`/posts/${postId}/edits`, alice)).body.items[0].text, 'not for bob');
    }
  });

  it('loses no edit of two at the same time', async () => {
    const postId = await setting.post(alice, 'start');
    const texts = Array.from({ length: 8 }, (_, index) => `edit ${index}`);
    await Promise.all(texts.map((text) => patch(alice, postId, { text })));
    const { body } = await setting.get(`/posts/${postId}/edits`);
    const said = [
      ...body.items.map(({ text }: { text: string }) => text),
      (await setting.get(`/posts/${postId}`)).body.text,
    ];
    assert.deepEqual(said.sort(), ['start', ...texts].sort());
  });
});

describe('DELETE /posts/{post_id}', () => {
  it('erases what it said, its edits, tags and mentions, at once', async () => {
    const postId = await setting.post(alice, 'Secret #hidden @bob');
    await patch(alice, postId, { text: 'Still secret #hidden @bob' });
    assert.equal((await setting.delete(`/posts/${postId}`, alice)).status, 204);
    assert.equal((await setting.get(`/posts/${postId}`, alice)).status, 404);
    for (const table of ['post_edits', 'post_tags', 'post_mentions']) {
      assert.equal(await setting.countRows(table, `post_id = ${postId}`), 0, table);
    }
    assert.equal(await setting.countRows('posts', `post_id = ${postId} AND text = ''`), 1);
    assert.equal((await setting.delete(`/posts/${postId}`, alice)).status, 404);
    assert.equal((await patch(alice, postId, { text: 'again' })).status, 404);
    assert.deepEqual(await setting.wrongCounts(), []);
    assert.equal(await setting.posts.isVisible(alice, Number(postId)), false);
  });

  it('is for the author', async () => {
    const open = await setting.post(alice, 'open');
    const direct = await setting.post(alice, 'direct', { visibility: 'direct' });
    assert.equal((await setting.delete(`/posts/${open}`, bob)).status, 403);
    assert.equal((await setting.delete(`/posts/${direct}`, bob)).status, 404);
    assert.equal((await setting.delete(`/posts/${open}`)).status, 401);
    assert.equal(await setting.posts.isVisible(alice, Number(direct)), true);
    assert.equal(await setting.posts.isVisible(bob, Number(direct)), false);
  });

  it('is announced once', async () => {
    const postId = await setting.post(alice, 'short');
    await Promise.all([
      setting.delete(`/posts/${postId}`, alice),
      setting.delete(`/posts/${postId}`, alice),
      patch(alice, postId, { text: 'quick' }),
    ]);
    const events = await setting.announced('posts');
    const kinds = events.filter(({ payload }) => payload['post_id'] === postId).map(({ kind }) => kind);
    assert.equal(kinds.filter((kind) => kind === 'deleted').length, 1);
    assert.equal(kinds.at(-1), 'deleted');
    assert.equal(await setting.countRows('post_edits', `post_id = ${postId}`), 0);
  });
});
