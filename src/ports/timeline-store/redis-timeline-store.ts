/**
 * Timelines in a Redis, or a Redis Cluster, that all processes share. Readers are spread over buckets, each with a hash tag of
 * its own, so that one script serves all readers of a bucket wherever that lives.
 *
 * What a server has lost by a restart, or with a primary that died, cannot be told from the timelines. So each carries the name
 * of the history in which it was written (decision 22): after any loss, timelines of that server are as if they were not there.
 */

import type { Randomness } from '../../core/clock.ts';
import { type Id, shardOf } from '../../core/ids.ts';
import type { RedisConnection } from '../redis/redis-connection.ts';
import { isOutOfMemory } from '../redis/redis-errors.ts';
import {
  claimTimeline,
  completeTimeline,
  countGenerations,
  deliverEntries,
  dropTimelines,
  openTimeline,
  readTimeline,
  wholeTimelines,
} from './redis-timeline-scripts.ts';
import {
  assertEntries,
  assertPage,
  type Delivery,
  TIMELINE_BUILD_MS,
  TIMELINE_IDLE_MS,
  type TimelinePage,
  type TimelineStore,
} from './timeline-store.ts';

export interface RedisTimelineStoreOptions {
  readonly connection: RedisConnection;
  readonly randomness: Pick<Randomness, 'fraction'>;
}

/** What is elsewhere takes a round trip. */
export interface RedisTimelineStore extends TimelineStore {
  generation(): Promise<number>;
  read(readerId: Id, before: Id, limit: number): Promise<TimelinePage | undefined>;
  begin(readerId: Id): Promise<number>;
  complete(
    readerId: Id,
    generation: number,
    entryIds: readonly Id[],
    floor: Id,
    sources?: number,
  ): Promise<boolean>;
  deliver(deliveries: readonly Delivery[], generation: number): Promise<number>;
  drop(readerIds: readonly Id[]): Promise<void>;
  clear(): Promise<void>;
  cached(): Promise<readonly Id[]>;
  /** Fails if a server cannot be reached. */
  ping(): Promise<void>;
}

/** Even over some dozens of nodes; and of a page of 5,000 followers 40 go into one script. */
export const BUCKETS = 128;
/** Entries times readers of one call of a script, some 2 ms, for which the server does nothing else. */
const SCRIPT_INSERTS_MAX = 1_000;
/** Visits are noted so seldom: each is a write, which replicas repeat. */
export const VISIT_NOTED_EVERY_MS = 24 * 3_600_000;
const GENERATIONS_KEY = 'groundswell:{timelines}:generation';
const GENERATIONS_LIFE_MS = 2 * TIMELINE_IDLE_MS;
const DELIVERED_CHANNEL = 'groundswell:timelines:delivered';
const ID_BYTES = 8;

export function createRedisTimelineStore(options: RedisTimelineStoreOptions): RedisTimelineStore {
  const { connection, randomness } = options;

  async function countGeneration(step: 0 | 1): Promise<number> {
    return Number(await connection.run(countGenerations, GENERATIONS_KEY, [step, GENERATIONS_LIFE_MS]));
  }

  /** A server that may not let go of anything by itself cannot take more: then those who were to have it have no timeline. */
  async function deliverTo(bucket: number, pieces: DeliveryPiece): Promise<number> {
    const args = pieces.pairs.flatMap(({ entries, readers }) => [entries, readers]);
    try {
      return Number(await connection.run(deliverEntries, prefixOf(bucket), [pieces.generation, ...args]));
    } catch (error) {
      if (!isOutOfMemory(error)) throw error;
      const readers = pieces.pairs.map((pair) => pair.readers).join(',');
      await connection.run(dropTimelines, prefixOf(bucket), [readers]);
      return 0;
    }
  }

  async function drop(readerIds: readonly Id[]): Promise<void> {
    const buckets = byBucket(readerIds);
    await Promise.all(
      Array.from(buckets, ([bucket, ids]) =>
        connection.run(dropTimelines, prefixOf(bucket), [ids.join(',')]),
      ),
    );
  }

  async function* keptReaders(): AsyncGenerator<readonly Id[]> {
    for await (const keys of connection.scan(`${KEY_START}*`)) {
      yield keys.map((key) => Number(key.slice(key.lastIndexOf(':') + 1)));
    }
  }

  return {
    generation: () => countGeneration(0),

    async read(readerId, before, limit) {
      assertPage(limit);
      const args = [readerId, before, limit, TIMELINE_IDLE_MS - VISIT_NOTED_EVERY_MS, TIMELINE_IDLE_MS];
      const answer = await connection.run(readTimeline, prefixOf(bucketOf(readerId)), args);
      return answer instanceof Buffer ? readPage(answer) : undefined;
    },

    /**
     * In three steps, because the counter lives elsewhere: what was told a generation before the claim came too early to know
     * of a drop before it, and is refused by the greater generation that is given after it.
     */
    async begin(readerId) {
      const prefix = prefixOf(bucketOf(readerId));
      const token = randomness.fraction();
      await connection.run(claimTimeline, prefix, [readerId, token, TIMELINE_BUILD_MS]);
      const generation = await countGeneration(1);
      await connection.run(openTimeline, prefix, [readerId, token, generation, TIMELINE_BUILD_MS]);
      return generation;
    },

    async complete(readerId, generation, entryIds, floor, sources = 0) {
      assertEntries(entryIds, floor);
      const ids = bytesOf(entryIds.toReversed());
      const args = [readerId, generation, floor, sources, TIMELINE_IDLE_MS, ids];
      return (await connection.run(completeTimeline, prefixOf(bucketOf(readerId)), args)) === 1;
    },

    async deliver(deliveries, generation) {
      const calls = cutDeliveries(deliveries, generation);
      const added = await Promise.all(calls.map(({ bucket, ...piece }) => deliverTo(bucket, piece)));
      return added.reduce((sum, one) => sum + one, 0);
    },

    drop,

    async clear() {
      for await (const readerIds of keptReaders()) await drop(readerIds);
    },

    async cached() {
      const cached = new Set<Id>();
      for await (const readerIds of keptReaders()) {
        for (const [bucket, ids] of byBucket(readerIds)) {
          const whole = await connection.run(wholeTimelines, prefixOf(bucket), [ids.join(',')]);
          for (const id of String(whole).split(',')) if (id !== '') cached.add(Number(id));
        }
      }
      return [...cached];
    },

    announceDelivered(entryIds) {
      if (entryIds.length === 0) return;
      void connection.publish(DELIVERED_CHANNEL, bytesOf(entryIds)).catch(() => undefined);
    },

    onDelivered(hear) {
      connection.listen(DELIVERED_CHANNEL, (message) => hear(idsIn(message, 0)));
    },

    ping: () => connection.ping(),
    close: () => connection.close(),
  };
}

const KEY_START = 'groundswell:timeline:{';

function prefixOf(bucket: number): string {
  return `${KEY_START}${bucket}}:`;
}

function bucketOf(readerId: Id): number {
  return shardOf(readerId) % BUCKETS;
}

function byBucket(readerIds: readonly Id[]): Map<number, Id[]> {
  const buckets = new Map<number, Id[]>();
  for (const readerId of readerIds) {
    const bucket = bucketOf(readerId);
    const known = buckets.get(bucket);
    if (known === undefined) buckets.set(bucket, [readerId]);
    else known.push(readerId);
  }
  return buckets;
}

/** What one call of the script delivers: some entries to some readers, and others to others. */
interface DeliveryPiece {
  readonly generation: number | string;
  readonly pairs: readonly { readonly entries: Buffer; readonly readers: string }[];
}

interface GatheredPiece {
  readonly pairs: { entries: Buffer; readers: string }[];
  inserts: number;
}

/** One call for each bucket, or several where that would be too much at once. */
function cutDeliveries(
  deliveries: readonly Delivery[],
  upTo: number,
): (DeliveryPiece & { readonly bucket: number })[] {
  const generation = upTo === Number.POSITIVE_INFINITY ? 'inf' : upTo;
  const pieces: (DeliveryPiece & { readonly bucket: number })[] = [];
  const gathered = new Map<number, GatheredPiece>();

  function pieceOf(bucket: number): GatheredPiece {
    const known = gathered.get(bucket);
    if (known !== undefined && known.inserts < SCRIPT_INSERTS_MAX) return known;
    const piece: GatheredPiece = { pairs: [], inserts: 0 };
    gathered.set(bucket, piece);
    pieces.push({ bucket, generation, pairs: piece.pairs });
    return piece;
  }

  for (const { entryIds, readerIds } of withSameReaders(deliveries)) {
    const entries = bytesOf(entryIds);
    for (let n = 0; n < readerIds.length; n += 1) {
      const readerId = readerIds[n] as Id;
      const piece = pieceOf(bucketOf(readerId));
      const pair = piece.pairs.at(-1);
      if (pair?.entries === entries) pair.readers += `,${readerId}`;
      else piece.pairs.push({ entries, readers: String(readerId) });
      piece.inserts += entryIds.length;
    }
  }
  return pieces;
}

/** Entries of an author come one after the other, with the same list of followers. */
function withSameReaders(
  deliveries: readonly Delivery[],
): { readonly entryIds: Id[]; readonly readerIds: ArrayLike<Id> }[] {
  const groups: { readonly entryIds: Id[]; readonly readerIds: ArrayLike<Id> }[] = [];
  for (const { entryId, readerIds } of deliveries) {
    const last = groups.at(-1);
    if (last?.readerIds === readerIds) last.entryIds.push(entryId);
    else groups.push({ entryIds: [entryId], readerIds });
  }
  return groups;
}

function bytesOf(ids: readonly Id[]): Buffer {
  const bytes = Buffer.allocUnsafe(ids.length * ID_BYTES);
  for (let n = 0; n < ids.length; n += 1) bytes.writeDoubleLE(ids[n] as Id, n * ID_BYTES);
  return bytes;
}

function idsIn(bytes: Buffer, start: number): Id[] {
  const ids: Id[] = [];
  for (let offset = start; offset + ID_BYTES <= bytes.length; offset += ID_BYTES) {
    ids.push(bytes.readDoubleLE(offset));
  }
  return ids;
}

/** Generation, floor and sources, then the entries, oldest first. */
const PAGE_HEAD_BYTES = 3 * ID_BYTES;

function readPage(answer: Buffer): TimelinePage {
  return {
    entryIds: idsIn(answer, PAGE_HEAD_BYTES).reverse(),
    floor: answer.readDoubleLE(ID_BYTES),
    generation: answer.readDoubleLE(0),
    sources: answer.readDoubleLE(2 * ID_BYTES),
  };
}
