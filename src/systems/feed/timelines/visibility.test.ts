/** Every path by which a post or a user comes to light, for every viewer, against the rules as plain code. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import type { Answer } from '../../../../test/support/call-as.ts';
import {
  createFeedModel,
  type FeedWorld,
  feedWorlds,
  type ModelPost,
  type ModelReaction,
  type Viewer,
} from '../../../../test/support/feed-model.ts';
import { createFeedSetting, type FeedSetting } from '../../../../test/support/feed-setting.ts';
import { type Id, shardOf } from '../../../core/ids.ts';
import { bulkLoadPosts } from '../posts/bulk-load.ts';

let setting: FeedSetting;
let users: Id[];

before(async () => {
  setting = await createFeedSetting();
  users = ['alice', 'bob', 'carol', 'dave'].map((username) => setting.addUser(username));
});
after(() => setting.close());

type Item = { post_id: string; entry_id?: string; user_id: string };

const entryIds = (items: readonly Item[]): Id[] => items.map((item) => Number(item.entry_id ?? item.post_id));
const postIds = (items: readonly Item[]): Id[] => items.map((item) => Number(item.post_id));
const userIds = (items: readonly Item[]): Id[] => items.map((item) => Number(item.user_id));

async function load(world: FeedWorld): Promise<void> {
  await setting.clear();
  for (const [one, other] of world.follows) await setting.follow(one, other);
  for (const [one, other] of world.blocks) await setting.block(one, other);
  for (const [one, other] of world.mutes) await setting.mute(one, other);
  for (const user of world.suspended) await setting.suspend(user);
  await bulkLoadPosts(setting, world.posts.map(bulkPost));
  const react = (table: string, reactions: readonly ModelReaction[]): Promise<void> =>
    setting.insertReactions(
      table,
      reactions.map(({ reactionId, user, post }) => ({
        reactionId,
        userId: user,
        postId: post.postId,
        authorId: post.author,
        shard: shardOf(user),
      })),
    );
  await react('reposts', world.reposts);
  await react('likes', world.likes);
  await react('bookmarks', world.bookmarks);
  for (const post of world.posts.filter(({ deleted }) => deleted)) {
    await setting.sql.transaction((transaction) =>
      setting.posts.delete(transaction, post.author, post.postId),
    );
  }
}

function bulkPost({ postId, author, visibility, parent, mentions, tagged }: ModelPost) {
  const post = { postId, authorId: author, visibility, mentionUserIds: mentions, text: tagged ? '#t' : 'x' };
  if (parent === undefined) return post;
  const threadId = rootOf(parent).postId;
  return { ...post, replyTo: { postId: parent.postId, userId: parent.author, threadId } };
}

function rootOf(post: ModelPost): ModelPost {
  return post.parent === undefined ? post : rootOf(post.parent);
}

async function checkPost(world: FeedWorld, viewer: Viewer, post: ModelPost): Promise<void> {
  const model = createFeedModel(world);
  const url = `/posts/${post.postId}`;
  const status = model.maySee(viewer, post) ? 200 : 404;
  const path = `${url} for ${viewer}`;
  assert.equal((await setting.get(url, viewer)).status, status, path);
  const isPublic = post.visibility === 'public' || post.visibility === 'unlisted';
  const mayReadEdits = status !== 200 || isPublic || post.author === viewer;
  assert.equal((await setting.get(`${url}/edits`, viewer)).status, mayReadEdits ? status : 403, path);
  for (const [name, reactions] of [
    ['likes', world.likes],
    ['reposts', world.reposts],
  ] as const) {
    const listed = await setting.get(`${url}/${name}`, viewer);
    assert.deepEqual(
      listed.status === 200 ? userIds(listed.body.items) : undefined,
      model.reactingUsers(viewer, post, reactions),
      `${name} of ${path}`,
    );
  }
  const thread: Answer = await setting.get(`${url}/thread`, viewer);
  const shown =
    thread.status === 200
      ? { ancestors: postIds(thread.body.ancestors), descendants: postIds(thread.body.descendants) }
      : undefined;
  assert.deepEqual(shown, model.thread(viewer, post), `thread of ${path}`);
}

async function checkLists(world: FeedWorld, viewer: Viewer, limit: number): Promise<void> {
  const model = createFeedModel(world);
  const walked = async (url: string): Promise<Item[]> => {
    const pages: Item[][] = await setting.walk(url, viewer, limit);
    for (const page of pages.slice(0, -1)) assert.equal(page.length, limit, `${url} has a short page`);
    return pages.flat();
  };
  assert.deepEqual(postIds(await walked('/tags/T/posts')), model.tagPosts(viewer), `tag for ${viewer}`);
  for (const user of world.users) {
    for (const replies of [true, false]) {
      const url = `/users/${user}/posts?replies=${replies}`;
      const expected = model.userPosts(viewer, user, replies);
      if (expected === undefined) assert.equal((await setting.get(url, viewer)).status, 404);
      else assert.deepEqual(entryIds(await walked(url)), expected, `${url} for ${viewer}`);
    }
  }
  if (viewer === undefined) return;
  assert.deepEqual(postIds(await walked('/bookmarks')), model.bookmarks(viewer), `bookmarks of ${viewer}`);
  assert.deepEqual(entryIds(await walked('/feed')), model.feed(viewer), `feed of ${viewer}`);
}

/** What the viewer may do with a post follows from what they may see. */
async function checkReactions(world: FeedWorld, viewer: Id, post: ModelPost): Promise<void> {
  const url = `/posts/${post.postId}`;
  const status = createFeedModel(world).maySee(viewer, post) ? 200 : 404;
  for (const name of ['like', 'bookmark']) {
    assert.equal((await setting.put(`${url}/${name}`, viewer)).status, status, `${name} ${url}`);
    assert.equal((await setting.delete(`${url}/${name}`, viewer)).status, status, `${name} ${url}`);
  }
  const repostable = post.visibility === 'public' || post.visibility === 'unlisted';
  const repost = await setting.put(`${url}/repost`, viewer);
  assert.equal(repost.status, status === 200 && !repostable ? 403 : status, `repost ${url}`);
  const answer = { text: 'yes', reply_to_id: String(post.postId) };
  assert.equal((await setting.call('POST', '/posts', viewer, answer)).status, status === 200 ? 201 : 404);
}

describe('who sees what', () => {
  it('is the same as the rules say, on every path and for everyone', async () => {
    await fc.assert(
      fc.asyncProperty(feedWorlds(users), fc.integer({ min: 1, max: 5 }), async (world, limit) => {
        await load(world);
        const viewers = [undefined, ...users.filter((user) => !world.suspended.includes(user))];
        for (const viewer of viewers) {
          for (const post of world.posts) await checkPost(world, viewer, post);
          await checkLists(world, viewer, limit);
        }
        const last = world.posts.at(-1);
        const viewer = viewers.at(-1);
        if (last !== undefined && viewer !== undefined) await checkReactions(world, viewer, last);
      }),
      { numRuns: 25 },
    );
  });
});
