/** How far a tail has read: the next offset of every partition of its topics. */

import { assert } from '../../core/errors.ts';
import { loggedEvent } from './event-handler.ts';
import { type LoggedEvent, PARTITIONS } from './event-log.ts';
import type { HeadRow, TailRow } from './event-tail-queries.ts';
import type { RecentEvents } from './recent-events.ts';

export interface TailOffsets {
  readonly topics: readonly string[];
  /** As the statement takes them; the third changes. */
  readonly columns: readonly [
    topics: readonly string[],
    partitions: readonly number[],
    offsets: readonly number[],
  ];
  /** Starts there. */
  moveTo(heads: readonly HeadRow[]): void;
  /** What there is of the next events in memory, by partition, and passes it; at most `limit`. */
  takeRecent(recentEvents: RecentEvents, limit: number): readonly LoggedEvent[];
  /** Passes what was read. */
  take(rows: readonly TailRow[]): TakenRows;
}

export interface TakenRows {
  readonly events: readonly LoggedEvent[];
  /** There was no more to read at that moment. */
  readonly complete: boolean;
  /** Offsets that should have been there, for they are dense. */
  readonly gaps: readonly Gap[];
}

/** From `from` to below `to`. */
export interface Gap {
  readonly topic: string;
  readonly partition: number;
  readonly from: number;
  readonly to: number;
}

export function createTailOffsets(topicNames: readonly string[]): TailOffsets {
  const topics = [...new Set(topicNames)];
  const starts = new Map(topics.map((topic, index) => [topic, index * PARTITIONS]));
  const length = topics.length * PARTITIONS;
  const topicColumn = topics.flatMap((topic) => new Array<string>(PARTITIONS).fill(topic));
  const partitionColumn = Array.from({ length }, (_, index) => index % PARTITIONS);
  const offsets = new Array<number>(length).fill(0);

  function placeOf(topic: string, partition: number): number {
    const start = starts.get(topic);
    assert(start !== undefined && partition < PARTITIONS, `partition ${partition} of ${topic} is tailed`);
    return start + partition;
  }

  return {
    topics,
    columns: [topicColumn, partitionColumn, offsets],

    moveTo(heads) {
      for (const { topic, partition, next_offset: end } of heads) offsets[placeOf(topic, partition)] = end;
    },

    takeRecent(recentEvents, limit) {
      const taken: LoggedEvent[] = [];
      for (const [place, offset] of offsets.entries()) {
        const topic = topicColumn[place] ?? '';
        const events = recentEvents.from(topic, place % PARTITIONS, offset, limit - taken.length);
        offsets[place] = offset + events.length;
        taken.push(...events);
      }
      return taken;
    },

    take(rows) {
      const events: LoggedEvent[] = [];
      const gaps: Gap[] = [];
      const ends = new Map<number, number>();
      for (const row of rows) {
        if (row.topic === null) continue;
        const { topic, partition } = row;
        const place = placeOf(topic, partition);
        const from = offsets[place] ?? 0;
        const to = row.offset ?? row.next_offset;
        if (from !== to) gaps.push({ topic, partition, from, to });
        if (row.offset !== null) events.push(loggedEvent(row));
        offsets[place] = row.offset === null ? to : to + 1;
        ends.set(place, row.next_offset);
      }
      return { events, gaps, complete: [...ends].every(([place, end]) => offsets[place] === end) };
    },
  };
}
