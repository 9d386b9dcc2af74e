/**
 * What the process keeps of the feed in memory, kept by the events of all processes; and for whom it is young enough.
 */
import type { Clock } from '../../../core/clock.ts';
import type { Id } from '../../../core/ids.ts';
import type { LoggedEvent, NewEvent, Tail, TailFollower } from '../../../ports/event-log/event-log.ts';
import { BULK_LOADS_TOPIC } from '../bulk-loads.ts';
import { POSTS_TOPIC } from '../posts/post-events.ts';
import { REACTIONS_TOPIC } from '../reactions/reaction-events.ts';
import { USERS_TOPIC } from '../relationships/hidden-users.ts';
import { RELATIONSHIPS_TOPIC } from '../relationships/relationship-events.ts';
import { AUTHOR_MODES_TOPIC } from './author-modes.ts';
import type { PostsCache } from './posts-cache.ts';
import type { TimelineUpkeep } from './timeline-upkeep.ts';

/** Of a logged event, and of one that this process has just committed. */
export type FeedEvent = Pick<LoggedEvent, 'topic' | 'key' | 'kind' | 'payload'> &
  Partial<Pick<LoggedEvent, 'partition' | 'offset'>> & { readonly isJustCommitted?: boolean };

/** What hears every event. */
export interface Listener {
  hear(events: readonly FeedEvent[]): void;
}

export interface FeedTail extends TailFollower {
  /**
   * What is in memory is at most a second old, and has all that this process wrote for the reader or about them, and all that
   * the session of this request has seen, of which it says how far that is.
   */
  isSettled(readerId: Id): boolean;
}

export interface FeedTailDeps {
  readonly listeners: readonly Listener[];
  readonly timelineUpkeep: TimelineUpkeep;
  readonly postsCache: Pick<PostsCache, 'hear' | 'countsRightAfter' | 'countsRefreshed'>;
  readonly clock: Clock;
  /** Whether the session of this request had seen no more than what was committed by then (monotonic). */
  readonly hadSeenBy?: (ms: number) => boolean;
}

/** What is in memory may be so much older than the database. */
const AGE_MAX_MS = 1_000;
/** Writers whose events have not come back yet; beyond it everyone waits for the tail. */
const UNSETTLED_MAX = 100_000;
/** A reader who asks without a pause is answered from memory all the same after it. */
const MONOTONIC_MS = 500;

/** What a user has written, or had done to them, that memory may lack. */
interface Unsettled {
  readonly committedMs: number;
  /** When SQL last answered them, with whatever had been committed by others until then. */
  askedMs: number;
  /** Some of it changes counts of posts. */
  readonly counted: boolean;
  /** The refresh of the counts to wait for, once all of it was heard. */
  rightAfter: number | undefined;
}

export function createFeedTail(deps: FeedTailDeps): FeedTail {
  const { listeners, timelineUpkeep, postsCache, clock, hadSeenBy = () => true } = deps;
  let followed: Pick<Tail, 'heardUntilMs'> | undefined;
  const unsettled = new Map<Id, Unsettled>();
  /** Everybody is unsettled until this has been heard. */
  let allCommittedMs = Number.NEGATIVE_INFINITY;

  function unsettle(userId: Id, topic: string, nowMs: number): void {
    if (unsettled.size < UNSETTLED_MAX) {
      const counted = topic !== RELATIONSHIPS_TOPIC || unsettled.get(userId)?.counted === true;
      unsettled.set(userId, { committedMs: nowMs, askedMs: nowMs, counted, rightAfter: undefined });
      return;
    }
    unsettled.clear();
    allCommittedMs = nowMs;
  }

  function hear(events: readonly FeedEvent[]): void {
    timelineUpkeep.hear(events);
    for (const listener of listeners) listener.hear(events);
  }

  /** All that was written has been heard, what SQL has shown since too, and the counts that it changed were read again. */
  function hasSettled(state: Unsettled, heardUntilMs: number): boolean {
    const nowMs = clock.monotonicMs();
    const mayLack = nowMs - state.committedMs < MONOTONIC_MS ? state.askedMs : state.committedMs;
    if (heardUntilMs <= mayLack) {
      state.askedMs = nowMs;
      return false;
    }
    if (!state.counted) return true;
    state.rightAfter ??= postsCache.countsRightAfter();
    return postsCache.countsRefreshed() >= state.rightAfter;
  }

  return {
    topics: [
      POSTS_TOPIC,
      REACTIONS_TOPIC,
      RELATIONSHIPS_TOPIC,
      AUTHOR_MODES_TOPIC,
      USERS_TOPIC,
      BULK_LOADS_TOPIC,
    ],

    hear,

    committed(events) {
      const nowMs = clock.monotonicMs();
      const committed = events.map(feedEvent);
      timelineUpkeep.committed(committed);
      for (const event of committed) {
        if (isNewPost(event)) {
          hear([event]);
          continue;
        }
        // Nobody is shown again by this process what it knows to be gone, or to say something else.
        if (isChangedPost(event)) postsCache.hear([event]);
        for (const userId of usersOf(event)) unsettle(userId, event.topic, nowMs);
      }
    },

    follow(tail) {
      followed = tail;
    },

    isSettled(readerId) {
      if (followed === undefined) return false;
      const heardUntilMs = followed.heardUntilMs();
      if (clock.monotonicMs() - heardUntilMs > AGE_MAX_MS || heardUntilMs <= allCommittedMs) return false;
      if (!hadSeenBy(heardUntilMs)) return false;
      const state = unsettled.get(readerId);
      if (state === undefined) return true;
      if (!hasSettled(state, heardUntilMs)) return false;
      unsettled.delete(readerId);
      return true;
    },
  };
}

function feedEvent({ topic, key, kind, payload }: NewEvent): FeedEvent {
  // An object that JSON can carry, as events promise.
  return { topic, key, kind, payload: payload as FeedEvent['payload'], isJustCommitted: true };
}

/** Nothing else is changed by a post that answers none: it can be heard before all that was committed before it. */
function isNewPost({ topic, kind, payload }: FeedEvent): boolean {
  return topic === POSTS_TOPIC && kind === 'created' && payload['reply_to_id'] === null;
}

/** What it says of the post itself may be heard at any time, and again: `PostsCache.hear`. */
function isChangedPost({ topic, kind }: FeedEvent): boolean {
  return topic === POSTS_TOPIC && (kind === 'edited' || kind === 'deleted');
}

/** Who sees something else from now on, and may expect it at once: the one who did it, and whom it was done to. */
function usersOf({ topic, kind, payload }: FeedEvent): Id[] {
  const { author_id, user_id, follower_id, followee_id, requester_id, target_id } = payload;
  if (topic === POSTS_TOPIC) return [Number(kind.endsWith('reposted') ? user_id : author_id)];
  if (topic === REACTIONS_TOPIC) return [Number(user_id)];
  if (topic !== RELATIONSHIPS_TOPIC) return [];
  return [follower_id, followee_id, requester_id, user_id, target_id]
    .filter((userId) => userId !== undefined)
    .map(Number);
}
