/** What the timeline store in Redis does by itself: no event, no SQL, no HTTP. Beside the bare writes of the same server. */

import { seededFraction } from '../../core/clock.ts';
import { composeId, ID_MAX, type Id } from '../../core/ids.ts';
import { openRedisConnection } from '../../ports/redis/redis-connection.ts';
import {
  createRedisTimelineStore,
  type RedisTimelineStore,
} from '../../ports/timeline-store/redis-timeline-store.ts';
import { TIMELINE_ENTRIES_MAX } from '../../ports/timeline-store/timeline-store.ts';
import { createLog } from '../../telemetry/log.ts';
import type { BenchOptions } from '../bench-options.ts';
import { median } from '../statistics.ts';
import type { Experiment, Figure } from './experiment.ts';
import { type BenchRedis, startBenchRedis } from './redis-server.ts';
import { measureSpeed, speedFigures } from './redis-speed.ts';

const READERS = 20_000;
/** As the fan-out pages followers. */
const FOLLOWERS_PAGE = 5_000;
/** As of the fan-out and its lanes. */
const PAGES_AT_ONCE = 2;
/** Of the other kind of batch: many authors with few followers each. */
const AUTHORS = 250;
const FEW_FOLLOWERS = 20;
const READS_AT_ONCE = 32;
const BUILDS_AT_ONCE = 64;
const PAGE_ENTRIES = 25;
const TIMEOUT_MS = 30_000;
/** Of redis-benchmark, for each second of a slice: it takes about that. */
const BARE_WRITES_PER_S = 500_000;

export const redisDeliveriesExperiment: Experiment = {
  name: 'redis-deliveries',
  purpose: 'the timeline store in Redis by itself, into full timelines, beside redis-benchmark',
  async run({ options }) {
    const redis = await startBenchRedis(options.serverCores);
    try {
      const log = createLog({ level: 'silent', pretty: false });
      const connection = await openRedisConnection({
        address: redis.address,
        log,
        commandTimeoutMs: TIMEOUT_MS,
      });
      const store = createRedisTimelineStore({
        connection,
        randomness: { fraction: seededFraction(options.seed) },
      });
      const figures = await measure(store, redis, options);
      await store.close();
      return { name: 'redis-deliveries', purpose: redisDeliveriesExperiment.purpose, figures };
    } finally {
      await redis.close();
    }
  },
};

async function measure(
  store: RedisTimelineStore,
  redis: BenchRedis,
  options: BenchOptions,
): Promise<Figure[]> {
  const writes = Math.ceil(BARE_WRITES_PER_S * options.seconds);
  const bareSets: number[] = [];
  const barePushes: number[] = [];
  for (let round = 0; round < options.rounds; round += 1) {
    bareSets.push(await redis.pipelinedWrites('set', writes));
    barePushes.push(await redis.pipelinedWrites('lpush', writes));
  }
  const readers = readersOf(options.clock.nowMs());
  const bytesBefore = await redis.usedBytes();
  await fill(store, readers);
  const bytes = ((await redis.usedBytes()) - bytesBefore) / READERS;
  const nextEntryId = entryIdsFrom(options.clock.nowMs());
  const pages = Array.from({ length: READERS / FOLLOWERS_PAGE }, (_, n) =>
    Float64Array.from(readers.slice(n * FOLLOWERS_PAGE, (n + 1) * FOLLOWERS_PAGE)),
  );
  let turn = 0;
  const deliverPage = async () => {
    turn += 1;
    const readerIds = pages[turn % pages.length] ?? [];
    return store.deliver([{ entryId: nextEntryId(), readerIds }], await store.generation());
  };
  const deliverFew = async () => {
    const deliveries = Array.from({ length: AUTHORS }, () => {
      turn += 1;
      const start = (turn * FEW_FOLLOWERS) % READERS;
      return { entryId: nextEntryId(), readerIds: readers.slice(start, start + FEW_FOLLOWERS) };
    });
    return store.deliver(deliveries, await store.generation());
  };
  const read = async () => {
    turn += 1;
    await store.read(readers[(turn * 31) % READERS] ?? 0, ID_MAX, PAGE_ENTRIES);
    return 1;
  };
  const large = await measureSpeed(deliverPage, PAGES_AT_ONCE, redis, options);
  const few = await measureSpeed(deliverFew, PAGES_AT_ONCE, redis, options);
  const reads = await measureSpeed(read, READS_AT_ONCE, redis, options);
  const bare = middle(bareSets);
  return [
    { label: 'timelines', value: READERS, unit: `of ${TIMELINE_ENTRIES_MAX} entries` },
    { label: 'memory of a full timeline', value: bytes, unit: 'bytes' },
    { label: 'redis-benchmark, SET, 64 in flight', value: bare, unit: '/s' },
    { label: 'redis-benchmark, LPUSH, 64 in flight', value: middle(barePushes), unit: '/s' },
    ...speedFigures('deliveries to pages of 5,000', large),
    { label: 'a CPU second of Redis, to bare SETs a second', value: 1e6 / large.redisUs / bare, unit: 'x' },
    ...speedFigures('deliveries of authors with 20 followers', few),
    ...speedFigures('first pages read', reads),
  ];
}

function middle(values: readonly number[]): number {
  return median(values) ?? Number.NaN;
}

async function fill(store: RedisTimelineStore, readers: readonly Id[]): Promise<void> {
  const waiting = readers.values();
  const lane = async () => {
    for (const reader of waiting) {
      await store.complete(reader, await store.begin(reader), OLD_ENTRIES, (OLD_ENTRIES.at(-1) ?? 1) - 1);
    }
  };
  await Promise.all(Array.from({ length: BUILDS_AT_ONCE }, lane));
}

const OLD_FROM_MS = Date.UTC(2023, 0, 1);
const OLD_ENTRIES: readonly Id[] = Array.from({ length: TIMELINE_ENTRIES_MAX }, (_, index) =>
  composeId(OLD_FROM_MS + TIMELINE_ENTRIES_MAX - index, 0, 0),
);

function readersOf(nowMs: number): Id[] {
  return Array.from({ length: READERS }, (_, n) => composeId(nowMs - n, 0, 0));
}

function entryIdsFrom(fromMs: number): () => Id {
  let made = 0;
  return () => {
    made += 1;
    return composeId(fromMs + made, 0, 0);
  };
}
