/** Single posts, read while things happen: what is found of each must be so, or have been so within the last second. */
import assert from 'node:assert/strict';
import { hasCode } from '../../src/core/errors.ts';
import type { Id } from '../../src/core/ids.ts';
import type { ShownPost } from '../../src/systems/feed/home/post-reads.ts';
import { factOf, type ReadHorizon } from './feed-rules.ts';
import { Crash, type Interleaving, type Task } from './interleaving.ts';
import { checkOwnPost, presentedPost } from './page-checks.ts';
import type { MutablePost, SmallWorld } from './small-world.ts';

interface Look {
  readonly viewer: Id;
  readonly post: MutablePost;
  readonly horizon: ReadHorizon;
  readonly task: Task<ShownPost | undefined>;
}

export interface PostLooks {
  begin(look: Omit<Look, 'task'>, slow: boolean): Promise<void>;
  /** Those that have ended. */
  check(): void;
  /** When all is quiet: each viewer finds what SQL says. */
  compare(viewers: readonly Id[], posts: readonly MutablePost[]): Promise<void>;
}

export function createPostLooks(deps: {
  readonly world: SmallWorld;
  readonly interleaving: Interleaving;
  /** Undefined where the viewer finds none. */
  readonly read: (viewer: Id, postId: Id) => Promise<ShownPost | undefined>;
}): PostLooks {
  const { world, interleaving, read } = deps;
  let looks: Look[] = [];

  function check(): void {
    const ended = looks.filter(({ task }) => task.outcome() !== undefined);
    looks = looks.filter(({ task }) => task.outcome() === undefined);
    for (const look of ended) {
      const outcome = look.task.outcome();
      if (outcome?.ok === false && outcome.error instanceof Crash) continue;
      if (!outcome?.ok) throw outcome?.error;
      checkLook(world, look, outcome.value);
    }
  }

  return {
    async begin({ viewer, post, horizon }, slow) {
      if (!world.isThere(viewer)) return;
      const task = await interleaving.start('read', slow, () => read(viewer, post.postId));
      looks.push({ viewer, post, horizon, task });
      check();
    },

    check,

    async compare(viewers, posts) {
      for (const viewer of viewers) {
        for (const { postId } of posts) {
          const expected = await foundOrNot(world.readPost(viewer, postId));
          const found = await interleaving.run('compare', () => read(viewer, postId));
          const shown = expected && {
            content: expected,
            author: expected.author,
            reactions: expected.reactions,
          };
          assert.deepEqual(
            found && presentedPost(found),
            shown && presentedPost(shown),
            `${postId} for ${viewer}`,
          );
        }
      }
    },
  };
}

/** Whatever cannot be found is undefined. */
export async function foundOrNot<Value>(reading: Promise<Value>): Promise<Value | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (hasCode(error, 'not_found')) return undefined;
    throw error;
  }
}

function checkLook(world: SmallWorld, { viewer, post, horizon }: Look, shown: ShownPost | undefined): void {
  const told = `${viewer} looks at ${post.postId} of ${post.author}`;
  const { must, may } = postBounds(world, viewer, post, horizon);
  if (shown === undefined) {
    assert(!must, `${told}: it is missing`);
    return;
  }
  assert(may, `${told}: it is shown`);
  checkOwnPost(world, viewer, shown, horizon);
}

/** Whether it has been there for the viewer all the time, and at some time. */
function postBounds(
  { facts }: SmallWorld,
  viewer: Id,
  { postId, author, visibility, mentions, answers }: MutablePost,
  { arrivals, changes }: ReadHorizon,
): { readonly must: boolean; readonly may: boolean } {
  const there = facts.possible(factOf.post(postId), viewer, changes);
  const hidden = facts.possible(factOf.suspended(author), viewer, arrivals);
  const blocks = [factOf.blocks(viewer, author), factOf.blocks(author, viewer)].map((fact) =>
    facts.possible(fact, viewer, changes),
  );
  const follows = facts.possible(factOf.follows(viewer, author), viewer, changes);
  const isFree = visibility === 'public' || visibility === 'unlisted';
  const isMeant = isFree || author === viewer || answers === viewer || mentions.includes(viewer);
  const isFollowers = visibility === 'followers';
  return {
    must:
      !there.notSo &&
      !hidden.so &&
      blocks.every(({ so }) => !so) &&
      (isMeant || (isFollowers && !follows.notSo)),
    may:
      there.so &&
      hidden.notSo &&
      blocks.every(({ notSo }) => notSo) &&
      (isMeant || (isFollowers && follows.so)),
  };
}
