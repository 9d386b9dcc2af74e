import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createFeedSetting, type FeedSetting } from '../../../../test/support/feed-setting.ts';
import { composeId, FIRST_BULK_WRITER, type Id } from '../../../core/ids.ts';
import { type BulkPost, bulkLoadPosts, LOAD_BATCH } from './bulk-load.ts';

let setting: FeedSetting;
let alice: Id;
let bob: Id;

before(async () => {
  setting = await createFeedSetting();
  alice = setting.addUser('alice');
  bob = setting.addUser('bob');
});
after(() => setting.close());

const idAt = (index: number): Id => composeId(Date.UTC(2024, 0, 1) + index, FIRST_BULK_WRITER, 0);

describe('bulkLoadPosts', () => {
  it('loads posts as if they had been posted, and nothing the second time', async () => {
    const threadId = idAt(0);
    const posts: BulkPost[] = [
      { postId: threadId, authorId: alice, text: 'Seeded #Sea', language: 'EN', mentionUserIds: [bob] },
      { postId: idAt(1), authorId: bob, text: 'yes', replyTo: { postId: threadId, userId: alice, threadId } },
      { postId: idAt(2), authorId: bob, text: 'psst #sea', visibility: 'direct' },
    ];
    assert.equal(await bulkLoadPosts(setting, posts), 3);
    const { body } = await setting.get(`/posts/${threadId}/thread`);
    assert.equal(body.post.language, 'en');
    assert.equal(body.post.reply_count, 1);
    assert.equal(body.post.created_at, '2024-01-01T00:00:00.000Z');
    assert.deepEqual(
      body.post.mentions.map((mention: { username: string }) => mention.username),
      ['bob'],
    );
    assert.equal(body.descendants.length, 1);
    assert.equal((await setting.get('/tags/sea/posts')).body.items.length, 1);
    const more = [...posts, { postId: idAt(3), authorId: alice, text: 'new' }];
    assert.equal(await bulkLoadPosts(setting, [...more, ...more]), 1);
    assert.deepEqual(await setting.wrongCounts(), []);
    assert.deepEqual(await setting.announced('posts'), []);
  });

  it('loads more than one batch, and tells how far it is', async () => {
    const count = LOAD_BATCH + 1;
    const posts = Array.from({ length: count }, (_, index) => ({
      postId: idAt(1_000 + index),
      authorId: index % 2 === 0 ? alice : bob,
      text: `post ${index}\twith \\ and "`,
    }));
    const progress: number[] = [];
    assert.equal(await bulkLoadPosts(setting, posts, (done) => progress.push(done)), count);
    assert.deepEqual(progress, [LOAD_BATCH, count]);
    assert.deepEqual(await setting.wrongCounts(), []);
    assert.equal((await setting.get(`/posts/${idAt(1_007)}`)).body.text, 'post 7\twith \\ and "');
  });

  it('counts right when two load the same at once', async () => {
    const posts = Array.from({ length: 500 }, (_, index) => ({
      postId: idAt(100_000 + index),
      authorId: alice,
      text: 'twice #twice',
    }));
    const inserted = await Promise.all([
      bulkLoadPosts(setting, posts),
      bulkLoadPosts(setting, [...posts].reverse()),
    ]);
    assert.equal(inserted[0] + inserted[1], 500);
    assert.deepEqual(await setting.wrongCounts(), []);
  });

  it('refuses what could not be posted', async () => {
    const post = { postId: idAt(500_000), authorId: alice, text: 'a'.repeat(281) };
    await assert.rejects(bulkLoadPosts(setting, [post]), { code: 'invalid' });
  });
});
