/** What events do to cached timelines besides the fan-out: those of this process, or those that all processes share. */
import type { Id } from '../../../core/ids.ts';
import type { TimelineStore } from '../../../ports/timeline-store/timeline-store.ts';
import { BULK_LOADS_TOPIC } from '../bulk-loads.ts';
import { USERS_TOPIC } from '../relationships/hidden-users.ts';
import { RELATIONSHIPS_TOPIC } from '../relationships/relationship-events.ts';
import { entryAddedBy } from './added-entry.ts';
import type { HeardEvent } from './reader-views.ts';

export interface TimelineUpkeep {
  /** From any process. */
  hear(events: readonly HeardEvent[]): void;
  /** Of this process, and at once; they are heard later, too. */
  committed(events: readonly HeardEvent[]): void;
}

/** Nobody else touches them, and nothing fails. */
export function createOwnTimelineUpkeep(timelineStore: TimelineStore): TimelineUpkeep {
  return {
    hear(events) {
      const droppedIds: Id[] = [];
      for (const event of events) {
        if (event.topic === BULK_LOADS_TOPIC) void timelineStore.clear();
        droppedIds.push(...readersWithOtherSources(event));
        const added = entryAddedBy(event);
        // At once, and not when its turn comes among all the followers. Nobody unfollows themselves: no generation.
        if (added !== undefined) {
          void timelineStore.deliver(
            [{ entryId: added.entryId, readerIds: [added.authorId] }],
            Number.POSITIVE_INFINITY,
          );
        }
      }
      if (droppedIds.length > 0) void timelineStore.drop(droppedIds);
    },

    committed: () => undefined,
  };
}

/**
 * Every process hears every event, and one that changed them would do so many times over. Nothing rests on it here: what has just
 * been heard of is merged at the read, and a timeline says whom its reader followed. That it is dropped when they follow others
 * only saves its room, and if it fails, nothing is lost.
 */
export function createSharedTimelineUpkeep(timelineStore: TimelineStore): TimelineUpkeep {
  return {
    hear: () => undefined,

    committed(events) {
      const droppedIds = events.flatMap(readersWithOtherSources);
      if (droppedIds.length === 0) return;
      Promise.resolve(timelineStore.drop(droppedIds)).catch(() => undefined);
    },
  };
}

function readersWithOtherSources({ topic, kind, payload }: HeardEvent): Id[] {
  if (topic === USERS_TOPIC) return kind === 'deleted' ? [Number(payload['user_id'])] : [];
  if (topic !== RELATIONSHIPS_TOPIC) return [];
  if (kind === 'followed' || kind === 'unfollowed') return [Number(payload['follower_id'])];
  // A block ends the follows between the two.
  return kind === 'blocked' ? [Number(payload['user_id']), Number(payload['target_id'])] : [];
}
