/**
 * The events that this process has moved or read lately: every reader of the process is told of them at the same
 * time, and so each is fetched and parsed once, not once a reader.
 */
import type { LoggedEvent } from './event-log.ts';

export interface RecentEvents {
  /** Those of a partition in order. Of topics that nobody reads twice, nothing is kept. */
  add(events: readonly LoggedEvent[]): void;
  /** From the offset on, without a gap, at most `limit`; none where that offset is not kept. */
  from(topic: string, partition: number, offset: number, limit: number): LoggedEvent[];
}

/** Of each partition: what 1,000 events/s of one add while the slowest group lets events gather. Whoever is further behind reads the log. */
export const RECENT_EVENTS_MAX = 512;
/** Slots are dropped in pieces. */
const SLACK = 128;

/** Offsets are dense, so a window without gaps is an array and the offset of its first. */
interface Window {
  readonly events: LoggedEvent[];
  firstOffset: number;
}

export function createRecentEvents(isShared: (topic: string) => boolean): RecentEvents {
  const topics = new Map<string, Window[]>();

  function windowOf({ topic, partition, offset }: LoggedEvent): Window {
    const windows = topics.get(topic) ?? [];
    topics.set(topic, windows);
    const window = windows[partition] ?? { events: [], firstOffset: offset };
    windows[partition] = window;
    return window;
  }

  function add(event: LoggedEvent): void {
    const window = windowOf(event);
    const { events } = window;
    const end = window.firstOffset + events.length;
    if (event.offset < end) return;
    if (event.offset > end) {
      events.length = 0;
      window.firstOffset = event.offset;
    }
    events.push(event);
    if (events.length <= RECENT_EVENTS_MAX + SLACK) return;
    events.splice(0, SLACK);
    window.firstOffset += SLACK;
  }

  return {
    add(events) {
      for (const event of events) if (isShared(event.topic)) add(event);
    },

    from(topic, partition, offset, limit) {
      const window = topics.get(topic)?.[partition];
      if (window === undefined || offset < window.firstOffset) return [];
      const start = offset - window.firstOffset;
      return window.events.slice(start, start + limit);
    },
  };
}
