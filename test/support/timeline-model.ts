/** What a timeline-store promises, said as plainly as can be and with no regard for cost. */
import type { Id } from '../../src/core/ids.ts';
import {
  TIMELINE_BUILD_MS,
  TIMELINE_ENTRIES_MAX,
  TIMELINE_IDLE_MS,
  type TimelinePage,
} from '../../src/ports/timeline-store/timeline-store.ts';

interface ModelTimeline {
  readonly generation: number;
  readonly building: boolean;
  readonly visitedMs: number;
  /** Newest first. */
  readonly entryIds: readonly Id[];
  readonly floor: Id;
  readonly sources: number;
}

export interface TimelineModel {
  advance(durationMs: number): void;
  read(readerId: Id, before: Id, limit: number): TimelinePage | undefined;
  begin(readerId: Id, generation: number): void;
  complete(readerId: Id, generation: number, entryIds: readonly Id[], floor: Id, sources: number): boolean;
  deliver(entryId: Id, readerIds: readonly Id[], generation: number): number;
  drop(readerIds: readonly Id[]): void;
  cached(): Id[];
  /** Whether the timeline, or the build of it, has expired, and was not begun again. */
  isExpired(readerId: Id): boolean;
}

export function createTimelineModel(): TimelineModel {
  const timelines = new Map<Id, ModelTimeline>();
  let nowMs = 0;

  function find(readerId: Id): ModelTimeline | undefined {
    const timeline = timelines.get(readerId);
    if (timeline === undefined) return undefined;
    const lifeMs = timeline.building ? TIMELINE_BUILD_MS : TIMELINE_IDLE_MS;
    return nowMs - timeline.visitedMs > lifeMs ? undefined : timeline;
  }

  return {
    advance(durationMs) {
      nowMs += durationMs;
    },
    read(readerId, before, limit) {
      const timeline = find(readerId);
      if (timeline === undefined || timeline.building) return undefined;
      timelines.set(readerId, { ...timeline, visitedMs: nowMs });
      const { entryIds, floor, generation, sources } = timeline;
      return { entryIds: entryIds.filter((id) => id < before).slice(0, limit), floor, generation, sources };
    },
    begin(readerId, generation) {
      const nothing = { entryIds: [], floor: 0, sources: 0 };
      timelines.set(readerId, { generation, building: true, visitedMs: nowMs, ...nothing });
    },
    complete(readerId, generation, entryIds, floor, sources) {
      const timeline = find(readerId);
      if (timeline?.building !== true || timeline.generation !== generation) return false;
      const kept = withEntries([...entryIds, ...timeline.entryIds], Math.max(floor, timeline.floor));
      timelines.set(readerId, { ...timeline, building: false, sources, ...kept });
      return true;
    },
    deliver(entryId, readerIds, generation) {
      let added = 0;
      for (const readerId of readerIds) {
        const timeline = find(readerId);
        if (timeline === undefined || timeline.generation > generation) continue;
        if (entryId <= timeline.floor || timeline.entryIds.includes(entryId)) continue;
        timelines.set(readerId, {
          ...timeline,
          ...withEntries([...timeline.entryIds, entryId], timeline.floor),
        });
        added += 1;
      }
      return added;
    },
    drop(readerIds) {
      for (const readerId of readerIds) timelines.delete(readerId);
    },
    isExpired: (readerId) => timelines.has(readerId) && find(readerId) === undefined,
    cached: () => [...timelines.keys()].filter((readerId) => find(readerId)?.building === false),
  };
}

/** The newest entries above the floor; the first that is one too many is the new floor. */
function withEntries(ids: readonly Id[], floor: Id): Pick<ModelTimeline, 'entryIds' | 'floor'> {
  const entryIds = [...new Set(ids)].filter((id) => id > floor).sort((one, other) => other - one);
  return {
    entryIds: entryIds.slice(0, TIMELINE_ENTRIES_MAX),
    floor: entryIds[TIMELINE_ENTRIES_MAX] ?? floor,
  };
}
