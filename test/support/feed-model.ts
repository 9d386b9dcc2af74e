/**
 * Who may see what, a second time: the rules as plain code over a small world in memory, to compare what the
 * server answers with. Written for reading, not for speed.
 */
import fc from 'fast-check';
import { composeId, FIRST_BULK_WRITER, type Id, idTimeMs } from '../../src/core/ids.ts';
import type { Visibility } from '../../src/systems/feed/posts/post.ts';

export interface ModelPost {
  readonly postId: Id;
  readonly author: Id;
  readonly visibility: Visibility;
  readonly parent: ModelPost | undefined;
  readonly mentions: readonly Id[];
  readonly tagged: boolean;
  readonly deleted: boolean;
}

/** A like, repost or bookmark. */
export interface ModelReaction {
  readonly reactionId: Id;
  readonly user: Id;
  readonly post: ModelPost;
}

type Pair = readonly [Id, Id];

export interface FeedWorld {
  readonly users: readonly Id[];
  readonly follows: readonly Pair[];
  readonly blocks: readonly Pair[];
  readonly mutes: readonly Pair[];
  readonly suspended: readonly Id[];
  readonly posts: readonly ModelPost[];
  readonly reposts: readonly ModelReaction[];
  readonly likes: readonly ModelReaction[];
  readonly bookmarks: readonly ModelReaction[];
}

export type Viewer = Id | undefined;

const WINDOW_MS = 24 * 60 * 60 * 1_000;

export function createFeedModel(world: FeedWorld) {
  const has = (pairs: readonly Pair[], one: Viewer, other: Id): boolean =>
    pairs.some(([from, to]) => from === one && to === other);
  const mutes = (viewer: Viewer, user: Id): boolean => has(world.mutes, viewer, user);

  function mayMeet(viewer: Viewer, user: Id): boolean {
    if (world.suspended.includes(user)) return false;
    if (viewer === undefined) return true;
    return !has(world.blocks, viewer, user) && !has(world.blocks, user, viewer);
  }

  function maySee(viewer: Viewer, post: ModelPost): boolean {
    if (post.deleted || !mayMeet(viewer, post.author)) return false;
    if (post.visibility === 'public' || post.visibility === 'unlisted') return true;
    if (viewer === undefined) return false;
    if ([post.author, post.parent?.author, ...post.mentions].includes(viewer)) return true;
    return post.visibility === 'followers' && has(world.follows, viewer, post.author);
  }

  const wants = (viewer: Viewer, post: ModelPost): boolean =>
    maySee(viewer, post) && !mutes(viewer, post.author);

  /** Ids of posts or entries, newest first. */
  const newestFirst = (ids: readonly Id[]): Id[] => [...ids].sort((one, other) => other - one);

  return {
    maySee,

    feed(reader: Id): Id[] {
      const followed = world.users.filter(
        (user) => has(world.follows, reader, user) && mayMeet(reader, user) && !mutes(reader, user),
      );
      const sources = [reader, ...followed];
      const posts = world.posts
        .filter((post) => sources.includes(post.author) && post.visibility !== 'direct' && !post.deleted)
        .map((post) => ({ entryId: post.postId, post }));
      const reposts = world.reposts
        .filter(({ user, post }) => sources.includes(user) && wants(reader, post))
        .map(({ reactionId, post }) => ({ entryId: reactionId, post }));
      const eligible = [...posts, ...reposts];
      const shown = eligible.filter(
        ({ entryId, post }) =>
          !eligible.some(
            (other) =>
              other.post === post &&
              other.entryId < entryId &&
              idTimeMs(other.entryId) >= idTimeMs(entryId) - WINDOW_MS,
          ),
      );
      return newestFirst(shown.map(({ entryId }) => entryId));
    },

    userPosts(viewer: Viewer, user: Id, replies: boolean): Id[] | undefined {
      if (world.suspended.includes(user)) return undefined;
      const posts = world.posts.filter(
        (post) => post.author === user && maySee(viewer, post) && (replies || post.parent === undefined),
      );
      const reposts = world.reposts.filter(
        (repost) =>
          repost.user === user &&
          mayMeet(viewer, user) &&
          maySee(viewer, repost.post) &&
          (repost.post.author === user || !mutes(viewer, repost.post.author)),
      );
      return newestFirst([
        ...posts.map((post) => post.postId),
        ...reposts.map(({ reactionId }) => reactionId),
      ]);
    },

    tagPosts(viewer: Viewer): Id[] {
      const tagged = world.posts.filter((post) => post.tagged && post.visibility === 'public');
      return newestFirst(tagged.filter((post) => wants(viewer, post)).map((post) => post.postId));
    },

    bookmarks(user: Id): Id[] {
      return world.bookmarks
        .filter((bookmark) => bookmark.user === user && maySee(user, bookmark.post))
        .sort((one, other) => other.reactionId - one.reactionId)
        .map(({ post }) => post.postId);
    },

    /** Users who like or repost it, the last one first. */
    reactingUsers(viewer: Viewer, post: ModelPost, reactions: readonly ModelReaction[]): Id[] | undefined {
      if (!maySee(viewer, post)) return undefined;
      return reactions
        .filter((reaction) => reaction.post === post)
        .filter(({ user }) => mayMeet(viewer, user) && !mutes(viewer, user))
        .sort((one, other) => other.reactionId - one.reactionId)
        .map(({ user }) => user);
    },

    thread(viewer: Viewer, post: ModelPost): { ancestors: Id[]; descendants: Id[] } | undefined {
      if (!maySee(viewer, post)) return undefined;
      const ancestors = ancestorsOf(post).reverse();
      const descendants = world.posts.filter((other) => ancestorsOf(other).includes(post));
      const shown = (posts: readonly ModelPost[]): Id[] =>
        posts.filter((other) => wants(viewer, other)).map((other) => other.postId);
      return { ancestors: shown(ancestors), descendants: shown(descendants).sort() };
    },
  };
}

/** From the parent up. */
function ancestorsOf({ parent }: ModelPost): ModelPost[] {
  return parent === undefined ? [] : [parent, ...ancestorsOf(parent)];
}

const EPOCH_MS = Date.UTC(2024, 0, 1);
const HOUR_MS = 60 * 60 * 1_000;
const VISIBILITIES: readonly Visibility[] = ['public', 'public', 'unlisted', 'followers', 'direct'];

/** Small worlds of these people, over days, with everything that the rules speak of. */
export function feedWorlds(users: readonly Id[]): fc.Arbitrary<FeedWorld> {
  const pairs = users.flatMap((one) =>
    users.filter((other) => other !== one).map((other) => [one, other] as const),
  );
  const gap = fc.integer({ min: 0, max: 30 });
  const nat = fc.nat(1_000);
  const draft = fc.record({
    author: fc.constantFrom(...users),
    visibility: fc.constantFrom(...VISIBILITIES),
    parent: fc.option(nat),
    mentions: fc.subarray([...users], { maxLength: 2 }),
    tagged: fc.boolean(),
    deleted: fc.nat(5).map((die) => die === 0),
    gap,
  });
  const reaction = fc.record({ user: fc.constantFrom(...users), post: nat, gap });
  return fc
    .record({
      follows: fc.subarray(pairs),
      blocks: fc.subarray(pairs, { maxLength: 2 }),
      mutes: fc.subarray(pairs, { maxLength: 3 }),
      suspended: fc.subarray([...users], { maxLength: 1 }),
      drafts: fc.array(draft, { minLength: 1, maxLength: 12 }),
      reposts: fc.array(reaction, { maxLength: 12 }),
      likes: fc.array(reaction, { maxLength: 8 }),
      bookmarks: fc.array(reaction, { maxLength: 8 }),
    })
    .map(({ drafts, reposts, likes, bookmarks, ...relationships }) => {
      let timeMs = EPOCH_MS;
      const nextId = (gapHours: number): Id => {
        timeMs += gapHours * HOUR_MS + 1;
        return composeId(timeMs, FIRST_BULK_WRITER, 0);
      };
      const posts: ModelPost[] = [];
      const react = (given: readonly { user: Id; post: number; gap: number }[]): ModelReaction[] => {
        const reactions = given.flatMap(({ user, post, gap: gapHours }) => {
          const target = posts[post % posts.length];
          return target === undefined ? [] : [{ reactionId: nextId(gapHours), user, post: target }];
        });
        return reactions.filter(
          ({ user, post }, index) =>
            reactions.findIndex((other) => other.user === user && other.post === post) === index,
        );
      };
      for (const { parent, gap: gapHours, ...rest } of drafts) {
        const answered = parent === null || posts.length === 0 ? undefined : posts[parent % posts.length];
        posts.push({ ...rest, parent: answered, postId: nextId(gapHours) });
      }
      const repostable = ({ post }: ModelReaction): boolean =>
        post.visibility === 'public' || post.visibility === 'unlisted';
      return {
        users,
        ...relationships,
        posts,
        // The first follow soon, so that many are near the window of 24 hours.
        reposts: react(reposts).filter(repostable),
        likes: react(likes),
        bookmarks: react(bookmarks),
      };
    });
}
