/**
 * What a client has missed, from where it was until where live updates go on: from memory, where the events of the last
 * minutes are, or from the log. More than is sensible, or longer ago than the log remembers, is a gap.
 */
import type { Clock } from '../../core/clock.ts';
import type { Id } from '../../core/ids.ts';
import type { EventLog, LoggedEvent } from '../../ports/event-log/event-log.ts';
import { concerns, isDropped } from './audience.ts';
import type { LiveConnection, Reader } from './connection.ts';
import { cursorText, distance, type Offsets, partitionAt, placeOf } from './cursor.ts';
import {
  deletedData,
  editedData,
  newEntryData,
  noticeData,
  relationshipData,
  takenBackData,
} from './event-data.ts';
import { Frame } from './frame.ts';
import type { LiveContent } from './live-content.ts';
import { type LiveEvent, liveEventOf } from './live-events.ts';
import type { GapReason, ResumeOutcome } from './live-observer.ts';
import type { PlacedEvent, RecentEvents } from './recent-events.ts';

/** Of one client; whoever has missed more is better off with a page of each list. */
export const REPLAYED_EVENTS_MAX = 2_000;
/** Events of everybody that are looked through for one client: some 0.3 s of work. */
export const SCANNED_EVENTS_MAX = 50_000;
const READ_EVENTS = 1_000;
/** Shown by one query of each kind, and sent before the next are fetched. */
const CHUNK = 100;
/** A client that does not take a chunk in this time is no better than a slow one. */
const CHUNK_TAKEN_MS = 10_000;

export interface Resume {
  /** Sends the connection what it has missed after `since` and up to `until`, each event with its cursor. */
  replay(connection: LiveConnection, since: Offsets, until: Offsets): Promise<Replayed>;
}

export interface Replayed {
  readonly outcome: ResumeOutcome;
  readonly gap: GapReason | undefined;
  readonly events: number;
}

export interface ResumeDeps {
  readonly eventLog: Pick<EventLog, 'read'>;
  readonly recentEvents: RecentEvents;
  readonly content: LiveContent;
  readonly clock: Clock;
}

interface Missed {
  readonly from: 'memory' | 'log';
  readonly events: readonly PlacedEvent[];
}

export function createResume({ eventLog, recentEvents, content, clock }: ResumeDeps): Resume {
  async function find(since: Offsets, until: Offsets): Promise<Missed | GapReason> {
    const recent = recentEvents.since(since);
    if (recent !== undefined) return { from: 'memory', events: recent };
    if (distance(since, until) > SCANNED_EVENTS_MAX) return 'too_many';
    return read(since, until);
  }

  async function read(since: Offsets, until: Offsets): Promise<Missed | GapReason> {
    const at = since.slice();
    const events: PlacedEvent[] = [];
    for (;;) {
      const ranges = rangesBetween(at, until);
      if (ranges.length === 0) return { from: 'log', events };
      const placed = (await eventLog.read(ranges, READ_EVENTS)).flatMap(placedEvent);
      for (const each of placed) {
        // Offsets are dense: what is not there has been deleted.
        if (each.offset !== at[each.place]) return 'too_old';
        at[each.place] = each.offset + 1;
        events.push(each);
      }
      const seen = new Set(placed.map(({ place }) => place));
      if (ranges.some(({ topic, partition }) => !seen.has(placeOf(topic, partition) ?? -1))) return 'too_old';
    }
  }

  async function send(connection: LiveConnection, events: readonly PlacedEvent[], since: Offsets) {
    const cursor = since.slice();
    let [scanned, sent] = [0, 0];
    const relevant = events.filter(({ event }) => event !== undefined && isFor(connection.reader, event));
    for (let start = 0; start < relevant.length && !connection.closed; start += CHUNK) {
      const chunk = relevant.slice(start, start + CHUNK);
      const dataOf = await fetch(connection.reader, chunk);
      for (const placed of chunk) {
        for (let passed: PlacedEvent | undefined; passed !== placed; scanned += 1) {
          passed = events[scanned];
          if (passed !== undefined) cursor[passed.place] = passed.offset + 1;
        }
        const { event } = placed;
        // They may have been parted since it was looked for.
        if (event === undefined || !isFor(connection.reader, event)) continue;
        const data = dataOf(event);
        if (data === undefined) continue;
        connection.sendNow(new Frame(data.name, data.text, cursorText(cursor)));
        sent += 1;
      }
      await taken(connection);
    }
    return sent;
  }

  /** What the chunk shows, as that reader sees it. */
  async function fetch(reader: Reader, chunk: readonly PlacedEvent[]) {
    const postIds = new Set<Id>();
    const userIds = new Set<Id>();
    for (const { event } of chunk) {
      if (event?.kind === 'post' || event?.kind === 'post_edited') postIds.add(event.postId);
      if (event?.kind === 'post') userIds.add(event.sourceId);
      if (event !== undefined && 'actorId' in event && event.actorId !== undefined)
        userIds.add(event.actorId);
    }
    const [posts, authors] = await Promise.all([
      postIds.size === 0 ? NO_TEXTS : content.posts(reader.userId, [...postIds]),
      userIds.size === 0 ? NO_TEXTS : content.authors([...userIds]),
    ]);
    return (event: LiveEvent) => shownEvent(reader, event, posts, authors);
  }

  async function taken(connection: LiveConnection): Promise<void> {
    const abort = new AbortController();
    const late = clock.sleep(CHUNK_TAKEN_MS, abort.signal).then(() => {
      if (!abort.signal.aborted) connection.end('slow');
    });
    await Promise.race([connection.drained(), late]);
    abort.abort();
  }

  return {
    async replay(connection, since, until) {
      const missed = await find(since, until);
      if (typeof missed === 'string') return { outcome: missed, gap: missed, events: 0 };
      const { events, from } = missed;
      const relevant = events.filter(({ event }) => event !== undefined && isFor(connection.reader, event));
      if (relevant.length > REPLAYED_EVENTS_MAX) return { outcome: 'too_many', gap: 'too_many', events: 0 };
      const sent = await send(connection, events, since);
      return { outcome: sent === 0 ? 'nothing' : from, gap: undefined, events: sent };
    },
  };
}

const NO_TEXTS: ReadonlyMap<Id, string> = new Map();

function isFor(reader: Reader, event: LiveEvent): boolean {
  return concerns(reader, event) || isDropped(reader, event);
}

function rangesBetween(from: Offsets, to: Offsets) {
  return Array.from(from, (offset, place) => ({
    ...partitionAt(place),
    from: offset,
    to: to[place] ?? 0,
  })).filter((range) => range.from < range.to);
}

/** None for an event of no topic that is resumed. */
export function placedEvent(logged: LoggedEvent): PlacedEvent[] {
  const place = placeOf(logged.topic, logged.partition);
  if (place === undefined) return [];
  const { offset, createdAt } = logged;
  return [{ place, offset, createdMs: createdAt.getTime(), event: liveEventOf(logged) }];
}

/** `undefined` where there is nothing left to show: the event that took it away follows. */
function shownEvent(
  reader: Reader,
  event: LiveEvent,
  posts: ReadonlyMap<Id, string>,
  authors: ReadonlyMap<Id, string>,
): { readonly name: string; readonly text: string } | undefined {
  if (isDropped(reader, event) && 'postId' in event) {
    return { name: 'post_deleted', text: deletedData(event.postId) };
  }
  const name = event.kind;
  switch (event.kind) {
    case 'post': {
      const post = posts.get(event.postId);
      const repostedBy = event.entryId === event.postId ? 'null' : authors.get(event.sourceId);
      if (post === undefined || repostedBy === undefined) return undefined;
      return { name, text: newEntryData(event, post, repostedBy) };
    }
    case 'post_edited': {
      const post = posts.get(event.postId);
      return post === undefined ? undefined : { name, text: editedData(post) };
    }
    case 'post_deleted':
      return { name, text: deletedData(event.postId) };
    case 'unreposted':
      return { name, text: takenBackData(event) };
    case 'relationship':
      return { name, text: relationshipData(event) };
    default:
      return {
        name,
        text: noticeData(event, event.actorId === undefined ? undefined : authors.get(event.actorId)),
      };
  }
}
