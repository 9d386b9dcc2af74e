import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createFeedSetting, type FeedSetting } from '../../../../test/support/feed-setting.ts';
import { composeId, FIRST_BULK_WRITER, type Id } from '../../../core/ids.ts';
import { type BulkPost, bulkLoadPosts } from './bulk-load.ts';
import { ANCESTORS_MAX, DESCENDANTS_SCAN_MAX } from './threads.ts';

let setting: FeedSetting;
let alice: Id;
let bob: Id;

before(async () => {
  setting = await createFeedSetting();
  alice = setting.addUser('alice');
  bob = setting.addUser('bob');
});
after(() => setting.close());

const textsOf = (posts: readonly { text: string }[]): string[] => posts.map(({ text }) => text);

/** A post of alice and a number of answers to it, or to one another. */
async function loadThread(year: number, answers: number, chained: boolean): Promise<Id[]> {
  const id = (index: number): Id => composeId(Date.UTC(year, 0, 1) + index, FIRST_BULK_WRITER, 0);
  const threadId = id(0);
  const posts = Array.from({ length: answers + 1 }, (_, index): BulkPost => {
    const post = { postId: id(index), authorId: alice, text: String(index) };
    if (index === 0) return post;
    return { ...post, replyTo: { postId: chained ? id(index - 1) : threadId, userId: alice, threadId } };
  });
  await bulkLoadPosts(setting, posts);
  return posts.map(({ postId }) => postId);
}

describe('GET /posts/{post_id}/thread', () => {
  it('has what a post answers from the first on, and what answers it, oldest first', async () => {
    const root = await setting.post(alice, 'root');
    const left = await setting.post(bob, 'left', { reply_to_id: root });
    await setting.post(bob, 'right', { reply_to_id: root });
    const middle = await setting.post(alice, 'middle', { reply_to_id: left });
    await setting.post(bob, 'leaf', { reply_to_id: middle });
    const thread = async (postId: string) => {
      const { body } = await setting.get(`/posts/${postId}/thread`);
      return [textsOf(body.ancestors), body.post.text, textsOf(body.descendants), body.next_page_token];
    };
    assert.deepEqual(await thread(root), [[], 'root', ['left', 'right', 'middle', 'leaf'], null]);
    assert.deepEqual(await thread(middle), [['root', 'left'], 'middle', ['leaf'], null]);
  });

  it('holds together where a post was deleted', async () => {
    const root = await setting.post(alice, 'root');
    const gone = await setting.post(bob, 'gone', { reply_to_id: root });
    const leaf = await setting.post(alice, 'leaf', { reply_to_id: gone });
    await setting.delete(`/posts/${gone}`, bob);
    const below = (await setting.get(`/posts/${root}/thread`)).body;
    assert.deepEqual(textsOf(below.descendants), ['leaf']);
    assert.equal(below.descendants[0].reply_to_id, gone);
    const above = (await setting.get(`/posts/${leaf}/thread`)).body;
    assert.deepEqual(textsOf(above.ancestors), ['root']);
    assert.equal(above.post.reply_to_id, gone);
    assert.equal((await setting.get(`/posts/${gone}/thread`)).status, 404);
  });

  it('comes in pages that skip and repeat nothing', async () => {
    const [root, first] = await loadThread(2023, 25, true);
    for (const [postId, start] of [
      [root, 1],
      [first, 2],
    ] as const) {
      const pages = await setting.walk(`/posts/${postId}/thread`, undefined, 10);
      assert.deepEqual(
        textsOf(pages.flat()),
        Array.from({ length: 26 - start }, (_, index) => String(start + index)),
      );
      assert.deepEqual(pages[0]?.length, 10);
    }
    assert.equal((await setting.get(`/posts/${root}/thread?page_token=abc`)).status, 422);
  });

  it('shows the nearest 100 ancestors', async () => {
    const ids = await loadThread(2024, ANCESTORS_MAX + 1, true);
    const { body } = await setting.get(`/posts/${ids.at(-1)}/thread`);
    assert.equal(body.ancestors.length, ANCESTORS_MAX);
    assert.equal(body.ancestors[0].text, '1');
    const whole = (await setting.get(`/posts/${ids.at(-2)}/thread`)).body;
    assert.equal(whole.ancestors.length, ANCESTORS_MAX);
    assert.equal(whole.ancestors[0].text, '0');
  });

  it('searches 4,096 answers below an answer, and all below the first post', async () => {
    const [root, first] = await loadThread(2025, DESCENDANTS_SCAN_MAX + 2, true);
    const last = (pages: { text: string }[][]) => pages.flat().length;
    assert.equal(last(await setting.walk(`/posts/${first}/thread`, undefined, 100)), DESCENDANTS_SCAN_MAX);
    assert.equal(last(await setting.walk(`/posts/${root}/thread`, undefined, 100)), DESCENDANTS_SCAN_MAX + 2);
  });
});
