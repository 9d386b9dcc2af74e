/** The geo-index in Redis by itself, with many drivers in few towns, beside plain GEOADD and GEOSEARCH of the same on the same server. */
import { seededFraction } from '../../core/clock.ts';
import type { NearestSearch } from '../../ports/geo-index/geo-index.ts';
import { createRedisGeoIndex, type RedisGeoIndex } from '../../ports/geo-index/redis-geo-index.ts';
import { openRedisConnection } from '../../ports/redis/redis-connection.ts';
import { createLog } from '../../telemetry/log.ts';
import type { BenchOptions } from '../bench-options.ts';
import { createMovingDrivers, type MovingDriver, type MovingDrivers } from '../drivers/moving-drivers.ts';
import type { Experiment, Figure } from './experiment.ts';
import { type BenchRedis, startBenchRedis } from './redis-server.ts';
import { latencyFigures, measureSpeed, speedFigures } from './redis-speed.ts';

const DRIVERS = 200_000;
/** As busy as those of `geo-index`. */
const TOWNS = 5;
/** Of one call, as a process gathers them in some milliseconds. */
const BATCH = 500;
const CALLS_AT_ONCE = 4;
const TIMEOUT_MS = 30_000;
const PLAIN_KEY = 'plain';

export const redisGeoIndexExperiment: Experiment = {
  name: 'redis-geo-index',
  purpose: 'where drivers are, in Redis, and searches for the nearest, beside plain GEOADD and GEOSEARCH',
  async run({ options }) {
    const redis = await startBenchRedis(options.serverCores);
    try {
      const log = createLog({ level: 'silent', pretty: false });
      const { address } = redis;
      const connection = await openRedisConnection({ address, log, commandTimeoutMs: TIMEOUT_MS });
      const index = createRedisGeoIndex({ connection, clock: options.clock });
      const figures = await measure(index, redis, options);
      await index.close();
      return { name: 'redis-geo-index', purpose: redisGeoIndexExperiment.purpose, figures };
    } finally {
      await redis.close();
    }
  },
};

async function measure(index: RedisGeoIndex, redis: BenchRedis, options: BenchOptions): Promise<Figure[]> {
  const { clock, seed, onProgress } = options;
  onProgress(`redis-geo-index: ${DRIVERS} drivers`);
  const world = createMovingDrivers(DRIVERS, TOWNS, clock.nowMs(), seededFraction(seed));
  const plainBytes = await bytesOf(redis, () => fill(world, (some) => redis.send([geoAdd(some)])));
  const bytes = await bytesOf(redis, () =>
    fill(world, async (some) => {
      await index.describe(some);
      await index.move(some);
    }),
  );
  const batch = () => Array.from({ length: BATCH }, world.step);
  const move = async () => {
    const some = batch();
    await index.move(some);
    return some.length;
  };
  const moveAll = async () => {
    const some = Array.from({ length: CALLS_AT_ONCE }, batch);
    await redis.send(some.map(geoAdd));
    return some.length * BATCH;
  };
  const nowMs = clock.nowMs();
  const search = async () => {
    await index.nearest(world.search(nowMs - TIMEOUT_MS));
    return 1;
  };
  const plainSearch = async () => {
    await redis.send([geoSearch(world.search(0))]);
    return 1;
  };
  const plainMoves = await measureSpeed(moveAll, 1, redis, options);
  const moves = await measureSpeed(move, CALLS_AT_ONCE, redis, options);
  const plainSearches = await measureSpeed(plainSearch, 1, redis, options);
  const searches = await measureSpeed(search, 1, redis, options);
  return [
    { label: 'drivers', value: DRIVERS, unit: `in ${TOWNS} towns` },
    { label: 'memory of a driver', value: bytes / DRIVERS, unit: 'bytes' },
    { label: 'memory of a driver, of plain GEOADD', value: plainBytes / DRIVERS, unit: 'bytes' },
    ...speedFigures('positions', moves),
    ...speedFigures('plain GEOADD', plainMoves),
    { label: 'positions to plain GEOADD, of Redis', value: plainMoves.redisUs / moves.redisUs, unit: 'x' },
    ...speedFigures('the ten nearest who fit', searches),
    ...latencyFigures('the ten nearest who fit', searches),
    ...speedFigures('plain GEOSEARCH, whoever they are', plainSearches),
    ...latencyFigures('plain GEOSEARCH, whoever they are', plainSearches),
  ];
}

async function bytesOf(redis: BenchRedis, work: () => Promise<void>): Promise<number> {
  const before = await redis.usedBytes();
  await work();
  return (await redis.usedBytes()) - before;
}

async function fill({ drivers }: MovingDrivers, put: (some: readonly MovingDriver[]) => Promise<void>) {
  for (let at = 0; at < DRIVERS; at += BATCH) await put(drivers.slice(at, at + BATCH));
}

function geoAdd(some: readonly MovingDriver[]): string[] {
  return [
    'GEOADD',
    PLAIN_KEY,
    ...some.flatMap(({ driverId, lat, lng }) => [`${lng}`, `${lat}`, `${driverId}`]),
  ];
}

/** Of all in its town: it knows neither states nor types. */
function geoSearch({ around, radiusM, limit }: NearestSearch): string[] {
  const centre = ['FROMLONLAT', `${around.lng}`, `${around.lat}`, 'BYRADIUS', `${radiusM}`, 'm'];
  return ['GEOSEARCH', PLAIN_KEY, ...centre, 'ASC', 'COUNT', `${limit}`, 'WITHDIST'];
}
