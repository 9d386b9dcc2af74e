import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createFeedSetting, type FeedSetting } from '../../../../test/support/feed-setting.ts';
import { AppError } from '../../../core/errors.ts';
import type { Id } from '../../../core/ids.ts';
import { createStaffPosts, type StaffPosts } from './staff-posts.ts';

describe('posts for the staff', () => {
  let setting: FeedSetting;
  let staffPosts: StaffPosts;
  let alice: Id;
  let bob: Id;
  before(async () => {
    setting = await createFeedSetting();
    staffPosts = createStaffPosts(setting);
    [alice, bob] = [setting.addUser('alice'), setting.addUser('bob')];
  });
  after(() => setting.close());

  const read = (postId: string) => staffPosts.get(Number(postId), setting.sql);
  const remove = (postId: string) =>
    setting.sql.transaction((transaction) => staffPosts.delete(transaction, Number(postId)));

  it('are read whoever they are for, without what their author did with them', async () => {
    for (const visibility of ['public', 'unlisted', 'followers', 'direct']) {
      const postId = await setting.post(alice, `said ${visibility}`, { visibility });
      await setting.put(`/posts/${postId}/like`, alice);
      await setting.put(`/posts/${postId}/bookmark`, alice);
      const post = await read(postId);
      assert.deepEqual(
        [post?.text, post?.visibility, post?.author.userId, post?.reactions.likeCount],
        [`said ${visibility}`, visibility, alice, 1],
      );
      assert.deepEqual([post?.reactions.liked, post?.reactions.bookmarked], [false, false]);
    }
  });

  it('are not there any more when they are deleted, or their author is suspended', async () => {
    const [deleted, hidden] = [await setting.post(alice, 'one'), await setting.post(bob, 'two')];
    await setting.delete(`/posts/${deleted}`, alice);
    await setting.suspend(bob);
    for (const postId of [deleted, hidden, '1234567890123456']) assert.equal(await read(postId), undefined);
    assert.equal(await remove(deleted), undefined);
    assert.equal(await remove(hidden), bob);
    await setting.restore(bob);
    assert.equal(await read(hidden), undefined);
  });

  it('are deleted for everyone, their words erased, as by their author', async () => {
    const parent = await setting.post(bob, 'a parent');
    const postId = await setting.post(alice, 'a #threat', { visibility: 'followers', reply_to_id: parent });
    assert.equal(await remove(postId), alice);
    for (const viewer of [alice, bob])
      assert.equal((await setting.get(`/posts/${postId}`, viewer)).status, 404);
    assert.equal((await setting.get(`/posts/${parent}`, bob)).body.reply_count, 0);
    assert.equal(
      await setting.countRows('posts', `post_id = ${postId} AND text = '' AND deleted_at IS NOT NULL`),
      1,
    );
    const told = (await setting.announced('posts')).filter(({ payload }) => payload['post_id'] === postId);
    assert.deepEqual(told.at(-1)?.kind, 'deleted');
    assert.equal(await remove(postId), undefined);
  });

  it('stay when what deletes them fails afterwards', async () => {
    const postId = await setting.post(alice, 'it stays');
    const failing = setting.sql.transaction(async (transaction) => {
      await staffPosts.delete(transaction, Number(postId));
      throw new AppError('forbidden', 'Not that one.');
    });
    await assert.rejects(failing, /Not that one/);
    assert.equal((await read(postId))?.text, 'it stays');
  });
});
