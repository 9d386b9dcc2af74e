/**
 * What the process keeps of the feed in memory, kept by the events of all processes; and for whom it is young enough.
 */
import type { Clock } from '../../../core/clock.ts';
import type { Id } from '../../../core/ids.ts';
import type { LoggedEvent, Tail, TailFollower } from '../../../ports/event-log/event-log.ts';
import type { TimelineStore } from '../../../ports/timeline-store/timeline-store.ts';
import { BULK_LOADS_TOPIC } from '../bulk-loads.ts';
import { POSTS_TOPIC } from '../posts/post-events.ts';
import { REACTIONS_TOPIC } from '../reactions/reaction-events.ts';
import { USERS_TOPIC } from '../relationships/hidden-users.ts';
import { RELATIONSHIPS_TOPIC } from '../relationships/relationship-events.ts';
import { AUTHOR_MODES_TOPIC } from './author-modes.ts';

/** What hears every event. */
export interface Listener {
  hear(events: readonly LoggedEvent[]): void;
}

export interface FeedTail extends TailFollower {
  /** What is in memory is at most a second old, and has all that this process wrote for the reader or about them. */
  isSettled(readerId: Id): boolean;
}

export interface FeedTailDeps {
  readonly listeners: readonly Listener[];
  readonly timelineStore: TimelineStore;
  readonly clock: Clock;
}

/** What is in memory may be so much older than the database. */
const AGE_MAX_MS = 1_000;
/** Writers whose events have not come back yet; beyond it everyone waits for the tail. */
const UNSETTLED_MAX = 100_000;

export function createFeedTail({ listeners, timelineStore, clock }: FeedTailDeps): FeedTail {
  let followed: Pick<Tail, 'heardUntilMs'> | undefined;
  /** When this process last committed something that a user sees differently than before. */
  const committedMs = new Map<Id, number>();
  /** Everybody is unsettled until this has been heard. */
  let allCommittedMs = Number.NEGATIVE_INFINITY;

  function unsettle(userId: Id, nowMs: number): void {
    if (committedMs.size < UNSETTLED_MAX) committedMs.set(userId, nowMs);
    else {
      committedMs.clear();
      allCommittedMs = nowMs;
    }
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

    hear(events) {
      const droppedIds: Id[] = [];
      for (const event of events) {
        if (event.topic === BULK_LOADS_TOPIC) void timelineStore.clear();
        droppedIds.push(...readersWithOtherSources(event));
        const own = ownEntryOf(event);
        // At once, and not when its turn comes among all the followers. Nobody unfollows themselves: no generation.
        if (own !== undefined) {
          void timelineStore.deliver(
            [{ entryId: own.entryId, readerIds: [own.userId] }],
            Number.POSITIVE_INFINITY,
          );
        }
      }
      if (droppedIds.length > 0) void timelineStore.drop(droppedIds);
      for (const listener of listeners) listener.hear(events);
    },

    committed(events) {
      const nowMs = clock.monotonicMs();
      for (const { topic, kind, payload } of events) {
        for (const userId of usersOf(topic, kind, payload)) unsettle(userId, nowMs);
      }
    },

    follow(tail) {
      followed = tail;
    },

    isSettled(readerId) {
      if (followed === undefined) return false;
      const heardUntilMs = followed.heardUntilMs();
      if (clock.monotonicMs() - heardUntilMs > AGE_MAX_MS || heardUntilMs <= allCommittedMs) return false;
      const writtenMs = committedMs.get(readerId);
      if (writtenMs === undefined) return true;
      if (heardUntilMs <= writtenMs) return false;
      committedMs.delete(readerId);
      return true;
    },
  };
}

type Payload = Readonly<Record<string, unknown>>;

/** Who sees something else from now on, and may expect it at once: the one who did it, and whom it was done to. */
function usersOf(topic: string, kind: string, payload: object): Id[] {
  const { author_id, user_id, follower_id, followee_id, requester_id, target_id } = payload as Payload;
  if (topic === POSTS_TOPIC) return [Number(kind.endsWith('reposted') ? user_id : author_id)];
  if (topic === REACTIONS_TOPIC) return [Number(user_id)];
  if (topic !== RELATIONSHIPS_TOPIC) return [];
  return [follower_id, followee_id, requester_id, user_id, target_id]
    .filter((userId) => userId !== undefined)
    .map(Number);
}

function readersWithOtherSources({ topic, kind, payload }: LoggedEvent): Id[] {
  if (topic !== RELATIONSHIPS_TOPIC) return [];
  if (kind === 'followed' || kind === 'unfollowed') return [Number(payload['follower_id'])];
  // A block ends the follows between the two.
  return kind === 'blocked' ? [Number(payload['user_id']), Number(payload['target_id'])] : [];
}

function ownEntryOf({ topic, kind, payload }: LoggedEvent): { entryId: Id; userId: Id } | undefined {
  if (topic !== POSTS_TOPIC) return undefined;
  if (kind === 'created')
    return { entryId: Number(payload['post_id']), userId: Number(payload['author_id']) };
  if (kind !== 'reposted') return undefined;
  return { entryId: Number(payload['repost_id']), userId: Number(payload['user_id']) };
}
