/**
 * Decision 5 over a world of facts, for someone who reads while things change: what must be in the feed, because it
 * was so all the time, and what may be. When everything has been quiet the two are one.
 */
import { ID_MAX, IDS_PER_MS_PER_WRITER, type Id, WRITERS_MAX } from '../../src/core/ids.ts';
import type { Visibility } from '../../src/systems/feed/posts/post.ts';
import type { Fact, Facts, Horizon } from './facts.ts';

export interface WorldPost {
  readonly postId: Id;
  readonly author: Id;
  readonly visibility: Visibility;
}

export interface WorldRepost {
  readonly repostId: Id;
  readonly user: Id;
  readonly post: WorldPost;
}

/** Two horizons: what fan-out brings, and accounts announce, may be later than what every process hears. */
export interface ReadHorizon {
  readonly arrivals: Horizon;
  readonly changes: Horizon;
}

export interface FeedBounds {
  /** Entry ids, newest first. */
  readonly must: readonly Id[];
  readonly may: ReadonlySet<Id>;
}

interface Entry {
  readonly entryId: Id;
  readonly post: WorldPost;
  readonly reposter: Id | undefined;
}

/** `sure`: all that it takes was so all the time; `possible`: each was so at some time. */
type Certainty = 'sure' | 'possible';

/** 24 hours as a distance between ids. */
const REPOST_WINDOW_IDS = 24 * 60 * 60 * 1_000 * WRITERS_MAX * IDS_PER_MS_PER_WRITER;

export const factOf = {
  follows: (one: Id, other: Id): Fact => `follows ${one} ${other}`,
  blocks: (one: Id, other: Id): Fact => `blocks ${one} ${other}`,
  mutes: (one: Id, other: Id): Fact => `mutes ${one} ${other}`,
  suspended: (user: Id): Fact => `suspended ${user}`,
  post: (postId: Id): Fact => `post ${postId}`,
  repost: (repostId: Id): Fact => `repost ${repostId}`,
};

export function feedBounds(
  world: {
    readonly facts: Facts;
    readonly posts: readonly WorldPost[];
    readonly reposts: readonly WorldRepost[];
  },
  reader: Id,
  horizon: ReadHorizon,
): FeedBounds {
  const { facts } = world;

  function isSo(fact: Fact, certainty: Certainty, within: Horizon): boolean {
    const { so, notSo } = facts.possible(fact, reader, within);
    return certainty === 'sure' ? !notSo : so;
  }

  function isNotSo(fact: Fact, certainty: Certainty, within: Horizon): boolean {
    const { so, notSo } = facts.possible(fact, reader, within);
    return certainty === 'sure' ? !so : notSo;
  }

  /** Of a reader who was suspended, and is not any more, the feed may hear late. */
  const isPresent = (user: Id, certainty: Certainty): boolean =>
    isNotSo(factOf.suspended(user), certainty, horizon.arrivals);

  const heard = (user: Id, certainty: Certainty): boolean =>
    isPresent(user, certainty) &&
    (user === reader ||
      (isNotSo(factOf.blocks(reader, user), certainty, horizon.changes) &&
        isNotSo(factOf.blocks(user, reader), certainty, horizon.changes) &&
        isNotSo(factOf.mutes(reader, user), certainty, horizon.changes)));

  const source = (user: Id, certainty: Certainty): boolean =>
    heard(user, certainty) &&
    (user === reader || isSo(factOf.follows(reader, user), certainty, horizon.changes));

  /** The post is there: it arrived long ago, for sure, and has not been deleted lately. */
  function exists(fact: Fact, certainty: Certainty): boolean {
    if (certainty === 'possible') return isSo(fact, certainty, horizon.changes);
    return isSo(fact, certainty, horizon.arrivals);
  }

  function eligible({ entryId, post, reposter }: Entry, certainty: Certainty): boolean {
    if (post.visibility === 'direct' || !exists(factOf.post(post.postId), certainty)) return false;
    if (reposter === undefined) return source(post.author, certainty);
    return (
      exists(factOf.repost(entryId), certainty) &&
      source(reposter, certainty) &&
      heard(post.author, certainty)
    );
  }

  const entries: Entry[] = [
    ...world.posts.map((post) => ({ entryId: post.postId, post, reposter: undefined })),
    ...world.reposts.map(({ repostId, user, post }) => ({ entryId: repostId, post, reposter: user })),
  ];
  const sure = entries.filter((entry) => eligible(entry, 'sure'));
  const possible = entries.filter((entry) => eligible(entry, 'possible'));
  const repeated = (entry: Entry, among: readonly Entry[]): boolean =>
    entry.reposter !== undefined &&
    among.some(
      (other) =>
        other.post === entry.post &&
        other.entryId < entry.entryId &&
        other.entryId >= entry.entryId - REPOST_WINDOW_IDS,
    );
  return {
    must: sure
      .filter((entry) => !repeated(entry, possible))
      .map(({ entryId }) => entryId)
      .sort((one, other) => other - one),
    may: new Set(possible.filter((entry) => !repeated(entry, sure)).map(({ entryId }) => entryId)),
  };
}

/** The feed of this moment. */
export function feedNow(world: Parameters<typeof feedBounds>[0], reader: Id): readonly Id[] {
  const now = { sinceStep: ID_MAX, ownStep: ID_MAX };
  return feedBounds(world, reader, { arrivals: now, changes: now }).must;
}
