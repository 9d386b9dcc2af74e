/** What comes next for a group: read from the log, or taken from what this process has seen of it lately. */

import { assert } from '../../core/errors.ts';
import type { SqlTransaction } from '../sql-store/sql-store.ts';
import type { LoggedEvent } from './event-log.ts';
import { findRetries, type PositionRow } from './event-log-queries.ts';
import type { EventStore, NextEvent } from './event-store.ts';
import type { RecentEvents } from './recent-events.ts';

export interface NextEvents {
  /** To handle; those of a partition in order. */
  readonly events: readonly LoggedEvent[];
  /** Those that must wait behind another of their key. */
  readonly waiting: readonly LoggedEvent[];
  /** Where the group will stand in each partition of which there was something. */
  readonly passed: readonly { readonly partition: number; readonly nextOffset: number }[];
}

export interface EventReader extends Pick<EventStore, 'setAside' | 'announceDead' | 'passed'> {
  /** From the positions on, which are of one topic, and locked in the transaction; at most `limit`. */
  next(
    transaction: SqlTransaction,
    group: string,
    positions: readonly PositionRow[],
    limit: number,
  ): Promise<NextEvents>;
}

export function createEventReader(
  recentEvents: RecentEvents,
  store: Pick<EventStore, 'next' | 'setAside' | 'announceDead' | 'passed'>,
): EventReader {
  return {
    setAside: store.setAside,
    announceDead: async (transaction, letter) => store.announceDead?.(transaction, letter),
    passed: (group) => store.passed?.(group),

    async next(transaction, group, positions, limit) {
      const topic = positions[0]?.topic ?? '';
      const recent = takeRecent(positions, limit);
      if (recent !== undefined) {
        const [retries] = await transaction.query(findRetries, [group, topic]);
        if (retries?.found === false) return nextOf(recent, []);
      }
      const next = await store.next(transaction, group, positions, limit);
      checkDense(positions, next);
      const events = next.map(({ event }) => event);
      recentEvents.add(events);
      return nextOf(
        events.filter((_event, index) => next[index]?.mustWait === false),
        events.filter((_event, index) => next[index]?.mustWait === true),
      );
    },
  };

  /** `undefined` where some of them are not at hand. */
  function takeRecent(positions: readonly PositionRow[], limit: number): LoggedEvent[] | undefined {
    const taken: LoggedEvent[] = [];
    for (const { topic, partition, offset } of positions) {
      if (taken.length >= limit) break;
      const events = recentEvents.from(topic, partition, offset, limit - taken.length);
      if (events.length === 0) return undefined;
      taken.push(...events);
    }
    return taken;
  }
}

/** Nobody may pass what is only somewhere else: in Kafka, while this process has been told that there is none. */
function checkDense(positions: readonly PositionRow[], next: readonly NextEvent[]): void {
  const expected = new Map(positions.map(({ partition, offset }) => [partition, offset]));
  for (const { event } of next) {
    const { topic, partition, offset } = event;
    assert(
      offset === expected.get(partition),
      `${topic}/${partition}/${expected.get(partition)} is in this log: see GROUNDSWELL_EVENT_LOG_URL`,
    );
    expected.set(partition, offset + 1);
  }
}

function nextOf(events: readonly LoggedEvent[], waiting: readonly LoggedEvent[]): NextEvents {
  const ends = new Map<number, number>();
  for (const { partition, offset } of [...events, ...waiting]) {
    ends.set(partition, Math.max(ends.get(partition) ?? 0, offset + 1));
  }
  const passed = [...ends].map(([partition, nextOffset]) => ({ partition, nextOffset }));
  return { events, waiting, passed };
}

export function groupByPartition(events: readonly LoggedEvent[]): Map<number, LoggedEvent[]> {
  const groups = new Map<number, LoggedEvent[]>();
  for (const event of events) {
    const group = groups.get(event.partition);
    if (group === undefined) groups.set(event.partition, [event]);
    else group.push(event);
  }
  return groups;
}
