import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { createFeedSetting, type FeedSetting } from '../../../../test/support/feed-setting.ts';
import { composeId, type Id } from '../../../core/ids.ts';
import { tracingOff } from '../../../telemetry/trace.ts';
import { REACTION_KINDS } from './reaction-changes.ts';
import { createReactionWriter, REACTION_BATCH_MAX, type ReactionWriter } from './reaction-writer.ts';

describe('the reaction writer', () => {
  let setting: FeedSetting;
  let writer: ReactionWriter;
  let alice: Id;
  let fans: Id[];
  before(async () => {
    setting = await createFeedSetting();
    writer = createReactionWriter({ ...setting, tracing: tracingOff });
    alice = setting.addUser('alice');
    fans = Array.from({ length: REACTION_BATCH_MAX + 1 }, (_, index) => setting.addUser(`fan_${index}`));
  });
  after(() => setting.close());

  const newPost = async (fields = {}): Promise<Id> => Number(await setting.post(alice, 'hot', fields));
  const eventsOf = async (postId: Id): Promise<[string, number][]> =>
    (await setting.announced('reactions'))
      .filter(({ key }) => key === postId)
      .map(({ kind, payload }) => [kind, Number(payload['user_id'])]);

  it('writes what comes together in batches, each with one delta, and announces it in order', async () => {
    const postId = await newPost();
    const standing = await Promise.all(fans.map((fan) => writer.write('like', fan, postId)));
    assert.equal(await setting.countRows('post_count_deltas', `post_id = ${postId}`), 2);
    assert.deepEqual(
      standing.map(({ likeCount }) => likeCount),
      [...Array.from({ length: REACTION_BATCH_MAX }, () => REACTION_BATCH_MAX), REACTION_BATCH_MAX + 1],
    );
    assert.deepEqual(
      await eventsOf(postId),
      fans.map((fan) => ['liked', fan]),
    );
  });

  it('keeps the order of what one user does to one post, and does once what is asked for twice', async () => {
    const postId = await newPost();
    const [fan = 0] = fans;
    const kinds = ['like', 'like', 'unlike', 'repost', 'like', 'unlike'] as const;
    const standing = await Promise.all(kinds.map((kind) => writer.write(kind, fan, postId)));
    assert.deepEqual(
      standing.map(({ likeCount, repostCount }) => [likeCount, repostCount]),
      [
        [1, 1],
        [1, 1],
        [0, 1],
        [1, 1],
        [1, 1],
        [0, 1],
      ],
    );
    assert.deepEqual(
      (await eventsOf(postId)).map(([kind]) => kind),
      ['liked', 'unliked', 'liked', 'unliked'],
    );
  });

  it('refuses one without the others of its batch', async () => {
    const [postId, hidden] = [await newPost(), await newPost({ visibility: 'followers' })];
    const [fan = 0, other = 0, third = 0] = fans;
    await setting.follow(third, alice);
    const unknown = composeId(Date.UTC(2023, 0, 1), 1, 1);
    const outcomes = await Promise.allSettled([
      writer.write('like', fan, postId),
      writer.write('like', fan, unknown),
      writer.write('like', fan, hidden),
      writer.write('like', third, hidden),
      writer.write('repost', third, hidden),
      writer.write('unbookmark', other, hidden),
      writer.write('bookmark', other, postId),
    ]);
    assert.deepEqual(
      outcomes.map((outcome) =>
        outcome.status === 'fulfilled' ? outcome.value.likeCount : outcome.reason.code,
      ),
      [1, 'not_found', 'not_found', 1, 'forbidden', 'not_found', 1],
    );
    assert.deepEqual(await setting.wrongCounts(), []);
  });

  it('leaves what the last of each user’s reactions says, whoever else writes and folds meanwhile', async () => {
    const posts = [await newPost(), await newPost()];
    const people = fans.slice(0, 3);
    const write = fc.record({
      kind: fc.constantFrom(...REACTION_KINDS),
      user: fc.constantFrom(...people),
      post: fc.constantFrom(...posts),
    });
    const second = createReactionWriter({ ...setting, tracing: tracingOff });
    await fc.assert(
      fc.asyncProperty(
        fc.array(write, { maxLength: 30 }),
        fc.array(write, { maxLength: 10 }),
        async (mine, others) => {
          const submit = (to: ReactionWriter, writes: typeof mine) =>
            writes.map(({ kind, user, post }) => to.write(kind, user, post));
          await Promise.all([...submit(second, others), setting.counts.fold(3), setting.counts.fold(3)]);
          await Promise.all([...submit(writer, mine), setting.counts.fold(3)]);
          assert.deepEqual(await setting.wrongCounts(), []);
          const expected = new Map(
            [...others, ...mine].map((each) => [
              `${each.user} ${each.post} ${each.kind.replace(/^un/, '')}`,
              each,
            ]),
          );
          for (const { kind, user, post } of expected.values()) {
            const flags = (await setting.hydration.reactions(user, [post])).get(post);
            const known = { like: flags?.liked, repost: flags?.reposted, bookmark: flags?.bookmarked };
            const isSo = known[kind.replace(/^un/, '') as keyof typeof known];
            assert.equal(isSo, !kind.startsWith('un'), `${kind} of ${post} by ${user}`);
          }
        },
      ),
      { numRuns: 30 },
    );
  });

  it('is exact for two processes that write at the same time', async () => {
    const postId = await newPost();
    const second = createReactionWriter({ ...setting, tracing: tracingOff });
    const likes = async (to: ReactionWriter) => {
      for (let turn = 0; turn < 6; turn += 1) {
        const kind = turn % 2 === 0 ? 'like' : 'unlike';
        await Promise.all(fans.slice(0, 20).map((fan) => to.write(kind, fan, postId)));
      }
    };
    const fold = async () => {
      for (let turn = 0; turn < 20; turn += 1) await setting.counts.fold(5);
    };
    await Promise.all([likes(writer), likes(second), fold()]);
    assert.deepEqual(await setting.wrongCounts(), []);
    const standing = await writer.write('like', alice, postId);
    assert.equal(standing.likeCount, await setting.countRows('likes', `post_id = ${postId}`));
  });
});
