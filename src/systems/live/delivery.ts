/**
 * From the tail to the sockets. Events are taken in the order in which this process hears them, a group at a time: what
 * they show is fetched for the whole group, and then each is written once and sent to all who may see it at that moment.
 */

import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../../core/clock.ts';
import type { Id } from '../../core/ids.ts';
import type { MaybePromise } from '../../core/maybe-promise.ts';
import type { Log } from '../../telemetry/log.ts';
import { concerns, isDropped, maySee } from './audience.ts';
import type { Reader } from './connection.ts';
import { cursorText, type Offsets } from './cursor.ts';
import {
  deletedData,
  editedData,
  entryIdOf,
  mayHaveReactions,
  NO_FLAGS,
  newEntryData,
  noticeData,
  postText,
  relationshipData,
  takenBackData,
} from './event-data.ts';
import { Frame } from './frame.ts';
import type { LiveContent, PostCounts, ShownEntry, ViewerFlags } from './live-content.ts';
import type { LiveEvent } from './live-events.ts';
import type { LiveObserver } from './live-observer.ts';
import type { Readers } from './readers.ts';
import type { PlacedEvent, RecentEvents } from './recent-events.ts';

/** What they show is fetched in a few statements; so many wait in the sockets at once. */
const GROUP_MAX = 100;
/** Some seconds of a very busy system. Beyond it everyone is told of a gap. */
export const QUEUE_MAX = 50_000;
const TRIES_MAX = 5;
const RETRY_AFTER_MS = 200;

export interface Delivery {
  /** Where the events heard so far, and from now on, begin. */
  startAt(offsets: Offsets): void;
  add(placed: PlacedEvent): void;
  /** Up to where all has been sent. Never change it. */
  position(): Offsets;
  positionText(): string;
  /** Resolves when nothing waits. */
  idle(): Promise<void>;
}

export interface DeliveryDeps {
  readonly content: LiveContent;
  readonly readers: Readers;
  readonly recentEvents: RecentEvents;
  /** Those who have said that they show the post. */
  readonly watchersOf: (postId: Id) => Iterable<Reader>;
  readonly clock: Clock;
  readonly log: Log;
  readonly observer: LiveObserver;
  /** Events were lost to everyone. */
  readonly onMissed: () => void;
}

/** What a group shows. */
interface Shown {
  readonly entries: ReadonlyMap<Id, ShownEntry>;
  readonly flags: ReadonlyMap<string, ViewerFlags>;
  readonly actors: ReadonlyMap<Id, string>;
}

const NO_COUNTS: ReadonlyMap<Id, PostCounts> = new Map();
const NOTHING_SHOWN: Shown = { entries: new Map(), flags: new Map(), actors: new Map() };

export function createDelivery(deps: DeliveryDeps): Delivery {
  const { content, readers, recentEvents, watchersOf, clock, log, observer, onMissed } = deps;
  let queue: PlacedEvent[] = [];
  let offsets: Offsets = new Float64Array();
  let text: string | undefined;
  let running: Promise<void> | undefined;

  /** Everyone whom it concerns now. */
  function receiversOf(event: LiveEvent): Set<Reader> {
    const receivers = new Set<Reader>();
    for (const reader of candidatesOf(event)) {
      if (reader.connections.size > 0 && isFor(reader, event)) receivers.add(reader);
    }
    if (event.kind !== 'post_edited' && event.kind !== 'post_deleted') return receivers;
    for (const reader of watchersOf(event.postId)) if (maySee(reader, event)) receivers.add(reader);
    return receivers;
  }

  function* candidatesOf(event: LiveEvent): Iterable<Reader> {
    if ('sourceId' in event) yield* around(event.sourceId);
    else if ('authorId' in event) yield* around(event.authorId);
    else yield* oneOf(event.userId);
    if ('spokenToIds' in event) for (const userId of event.spokenToIds) yield* oneOf(userId);
    if ('droppedIds' in event) for (const userId of event.droppedIds) yield* oneOf(userId);
  }

  function* around(userId: Id): Iterable<Reader> {
    yield* oneOf(userId);
    yield* readers.followersOf(userId);
  }

  function oneOf(userId: Id): Iterable<Reader> {
    const reader = readers.get(userId);
    return reader === undefined ? [] : [reader];
  }

  function fetch(group: readonly PlacedEvent[]): MaybePromise<Shown> {
    const entryIds = new Set<Id>();
    const actorIds = new Set<Id>();
    const pairs: [userId: Id, postId: Id][] = [];
    for (const { event } of group) {
      if (event === undefined) continue;
      const receivers = receiversOf(event);
      if (receivers.size === 0) continue;
      const entryId = entryIdOf(event);
      if (entryId !== undefined) entryIds.add(entryId);
      if ('actorId' in event && event.actorId !== undefined) actorIds.add(event.actorId);
      if (!mayHaveReactions(event) || !('postId' in event)) continue;
      for (const { userId } of receivers) pairs.push([userId, event.postId]);
    }
    if (entryIds.size + actorIds.size === 0) return NOTHING_SHOWN;
    const entries = content.entries([...entryIds]);
    const actors = content.authors([...actorIds]);
    if (pairs.length === 0 && !(entries instanceof Promise) && !(actors instanceof Promise)) {
      return { entries: byId([...entryIds], entries), flags: NOTHING_SHOWN.flags, actors };
    }
    return gather([...entryIds], entries, actors, pairs);
  }

  async function gather(
    entryIds: readonly Id[],
    entries: ReturnType<LiveContent['entries']>,
    actors: ReturnType<LiveContent['authors']>,
    pairs: readonly (readonly [Id, Id])[],
  ): Promise<Shown> {
    const userIds = pairs.map(([userId]) => userId);
    const postIds = pairs.map(([, postId]) => postId);
    const [found, flags, counts, authors] = await Promise.all([
      entries,
      pairs.length === 0 ? [] : content.flags(userIds, postIds),
      pairs.length === 0 ? NO_COUNTS : content.counts([...new Set(postIds)]),
      actors,
    ]);
    const counted = found.map(
      (entry) => entry && { ...entry, counts: counts.get(entry.postId) ?? entry.counts },
    );
    return {
      entries: byId(entryIds, counted),
      flags: new Map(flags.map((each) => [`${each.userId} ${each.postId}`, each])),
      actors: authors,
    };
  }

  function deliver({ event, createdMs, place, offset }: PlacedEvent, shown: Shown): void {
    offsets[place] = offset + 1;
    text = undefined;
    if (event === undefined) return;
    const receivers = receiversOf(event);
    if (receivers.size === 0) return;
    const frameOf = createFrames(event, shown);
    for (const reader of receivers) {
      const frame = frameOf(reader);
      if (frame === undefined) continue;
      for (const connection of reader.connections) connection.send(frame);
    }
    observer.delivered(event.kind, Math.max(0, clock.nowMs() - createdMs));
  }

  /** The frame for each reader: of all who have not reacted to the post, and that is nearly everyone, the same. */
  function createFrames(event: LiveEvent, shown: Shown): (reader: Reader) => Frame | undefined {
    const make = (name: string, data: string): Frame => new Frame(name, data, positionText());
    const entryId = entryIdOf(event);
    const entry = entryId === undefined ? undefined : shown.entries.get(entryId);
    const frames = new Map<number, Frame>();
    let gone: Frame | undefined;
    return (reader) => {
      if (isDropped(reader, event) && 'postId' in event) {
        gone ??= make('post_deleted', deletedData(event.postId));
        return gone;
      }
      if (entryId !== undefined && entry === undefined) return undefined;
      const flags =
        mayHaveReactions(event) && 'postId' in event ? flagsOf(reader, event.postId, shown) : NO_FLAGS;
      const bits = (flags.liked ? 1 : 0) | (flags.reposted ? 2 : 0) | (flags.bookmarked ? 4 : 0);
      const known = frames.get(bits);
      if (known !== undefined) return known;
      const frame = make(event.kind, dataOf(event, entry, flags, shown));
      frames.set(bits, frame);
      return frame;
    };
  }

  function positionText(): string {
    text ??= cursorText(offsets);
    return text;
  }

  async function run(): Promise<void> {
    for (let failures = 0; queue.length > 0; ) {
      const group = queue.slice(0, GROUP_MAX);
      try {
        const fetched = fetch(group);
        const shown = fetched instanceof Promise ? await fetched : fetched;
        queue = queue.slice(group.length);
        for (const placed of group) {
          if (placed.offset > (offsets[placed.place] ?? 0)) forgetWhatIsIncomplete(placed);
          deliver(placed, shown);
          recentEvents.add(placed);
        }
        failures = 0;
        // The sockets take what was sent, and others have their turn.
        if (queue.length > 0) await setImmediate();
      } catch (error) {
        failures += 1;
        log.warn({ err: error, failures }, 'live updates could not be fetched');
        if (failures < TRIES_MAX) await clock.sleep(RETRY_AFTER_MS * failures);
        else skip();
      }
    }
    running = undefined;
  }

  /** Events before it were lost to this process: whoever was away meanwhile must not be told of the others as if they were all. */
  function forgetWhatIsIncomplete({ place, offset }: PlacedEvent): void {
    offsets[place] = offset;
    recentEvents.startAt(offsets);
  }

  /** Better a gap that everyone knows of than to tell nobody anything any more. */
  function skip(): void {
    for (const { place, offset } of queue) offsets[place] = offset + 1;
    for (const placed of queue) recentEvents.add(placed);
    queue = [];
    text = undefined;
    onMissed();
  }

  return {
    startAt(start) {
      offsets = start.slice();
      text = undefined;
      recentEvents.startAt(start);
    },

    add(placed) {
      queue.push(placed);
      if (queue.length > QUEUE_MAX) skip();
      running ??= Promise.resolve().then(run);
    },

    position: () => offsets,
    positionText,

    async idle() {
      await running;
    },
  };
}

function isFor(reader: Reader, event: LiveEvent): boolean {
  return concerns(reader, event) || isDropped(reader, event);
}

function byId(
  entryIds: readonly Id[],
  entries: readonly (ShownEntry | undefined)[],
): ReadonlyMap<Id, ShownEntry> {
  const found = new Map<Id, ShownEntry>();
  for (const [index, entry] of entries.entries()) {
    const entryId = entryIds[index];
    if (entry !== undefined && entryId !== undefined) found.set(entryId, entry);
  }
  return found;
}

function flagsOf({ userId }: Reader, postId: Id, { flags }: Shown): ViewerFlags {
  return flags.get(`${userId} ${postId}`) ?? NO_FLAGS;
}

function dataOf(
  event: LiveEvent,
  entry: ShownEntry | undefined,
  flags: ViewerFlags,
  { actors }: Shown,
): string {
  switch (event.kind) {
    case 'post':
      return entry === undefined ? '' : newEntryData(event, postText(entry, flags), entry.repostedBy);
    case 'post_edited':
      return entry === undefined ? '' : editedData(postText(entry, flags));
    case 'post_deleted':
      return deletedData(event.postId);
    case 'unreposted':
      return takenBackData(event);
    case 'relationship':
      return relationshipData(event);
    default:
      return noticeData(event, event.actorId === undefined ? undefined : actors.get(event.actorId));
  }
}
