import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  type RedisClusterEngine,
  type RedisEngine,
  redisBackend,
  startRedis,
  startRedisCluster,
} from '../../../test/support/redis-engines.ts';
import { describeOnBackend } from '../../../test/support/required-backends.ts';
import { until } from '../../../test/support/until.ts';
import { type Clock, systemClock } from '../../core/clock.ts';
import { hasCode } from '../../core/errors.ts';
import { parseRedisUrl } from '../../core/redis-address.ts';
import { createLog } from '../../telemetry/log.ts';
import { openRedisConnection } from '../redis/redis-connection.ts';
import { geoIndexContract } from './geo-index.contract.ts';
import type { DriverPosition, DriverTraits, NearestSearch } from './geo-index.ts';
import { CELL_LIFE_MS } from './redis-cells.ts';
import { SHARDS } from './redis-drivers.ts';
import { createRedisGeoIndex, LINES_LIFE_MS, type RedisGeoIndex } from './redis-geo-index.ts';

const log = createLog({ level: 'silent', pretty: false });
/** Between what a test does and what it looks at. */
const BUSY_MS = 5_000;
const HERE = { lat: 40.7128, lng: -74.006 };
const COUNT = 60;
/** Of any Redis Cluster. */
const SLOTS = 16_384;
const STEP_DEGREES = 0.01;

const traitsOf = (n: number): DriverTraits => ({
  ...{ driverId: 1_500_000_000_000_000 + n, state: 0, types: 1, rating: undefined },
});
const DRIVERS = Array.from({ length: COUNT }, (_, n) => traitsOf(n));
/** Each in another cell. */
const placeOf = (n: number) => ({ lat: HERE.lat + n * STEP_DEGREES, lng: HERE.lng + n * STEP_DEGREES });

const positionsAt = (atMs: number): DriverPosition[] =>
  DRIVERS.map(({ driverId }, n) => ({ driverId, atMs, ...placeOf(n) }));

async function openIndex(url: string, clock: Pick<Clock, 'nowMs'> = systemClock): Promise<RedisGeoIndex> {
  const address = parseRedisUrl(url);
  assert(address !== undefined, `${url} is no address`);
  const connection = await openRedisConnection({ address, log });
  return createRedisGeoIndex({ connection, clock });
}

/** How many of the drivers are found where they are. */
async function foundBy(index: RedisGeoIndex, sinceMs = 0): Promise<number> {
  const search: Omit<NearestSearch, 'around'> = {
    ...{ radiusM: 50, limit: 1, states: 1, types: 1, ratingAbove: undefined, sinceMs },
  };
  const found = await Promise.all(DRIVERS.map((_, n) => index.nearest({ around: placeOf(n), ...search })));
  return found.filter(([near], n) => near?.driverId === DRIVERS[n]?.driverId).length;
}

for (const backend of ['redis', 'redis-cluster'] as const) {
  describeOnBackend('redis-geo-index', redisBackend(backend), (program) => {
    let engine: RedisEngine;
    let index: RedisGeoIndex;
    let aheadMs = 0;
    const startMs = systemClock.nowMs();
    /** Stands still, but for what a test says. */
    const clock = { nowMs: () => startMs + aheadMs };
    before(async () => {
      engine = await (backend === 'redis' ? startRedis(program) : startRedisCluster(program));
      index = await openIndex(engine.url, clock);
    });
    after(async () => {
      await index.close();
      await engine.close();
    });

    const own = { driversMax: undefined, worlds: 100, imprecisionMs: BUSY_MS };
    geoIndexContract(`redis-geo-index on ${backend}`, own, async () => {
      await engine.flush();
      return {
        ...{ index, nowMs: clock.nowMs },
        async advance(durationMs) {
          aheadMs += durationMs;
          await engine.advance(durationMs);
        },
      };
    });

    describe('what it leaves in Redis', () => {
      it('expires, every key of it', async () => {
        await engine.flush();
        await index.describe(DRIVERS);
        await index.move(positionsAt(clock.nowMs()));
        let keys = 0;
        for (const primary of engine.primaries) {
          for (const key of await primary.keysBuffer('*')) {
            keys += 1;
            const leftMs = await primary.pttl(key);
            const lifeMs = key.includes('drivers') ? LINES_LIFE_MS : CELL_LIFE_MS;
            assert.ok(leftMs > lifeMs - BUSY_MS && leftMs <= lifeMs, `${key} lives for ${leftMs} ms`);
          }
        }
        assert.ok(keys > COUNT);
      });

      it('is seen by every process at once, whoever moves whom', async () => {
        await engine.flush();
        const other = await openIndex(engine.url, clock);
        await index.describe(DRIVERS);
        await index.move(positionsAt(clock.nowMs()));
        assert.equal(await foundBy(other), COUNT);
        await other.describe(DRIVERS.map((traits) => ({ ...traits, state: 1 })));
        assert.equal(await foundBy(index), 0);
        await index.describe(DRIVERS);
        const away = positionsAt(clock.nowMs() + 1).map((position) => ({ ...position, lat: -10 }));
        assert.equal(await other.move(away), 0);
        assert.equal(await foundBy(index), 0);
        assert.equal(await index.move(positionsAt(clock.nowMs() + 2)), 0);
        assert.equal(await foundBy(other), COUNT);
        await other.close();
      });
    });

    describe('what its servers lose', () => {
      it('is told anew by whoever is told that it is unknown', async () => {
        await index.describe(DRIVERS);
        await index.move(positionsAt(clock.nowMs() + 10));
        const [first] = engine.primaries;
        await first?.flushall();
        let told = 0;
        /** As the streams of drivers do. */
        const report = async (position: DriverPosition, n: number): Promise<void> => {
          if ((await index.move([position])) === 0) return;
          told += 1;
          await index.describe(DRIVERS.slice(n, n + 1));
          await index.move([position]);
        };
        for (const [n, position] of positionsAt(clock.nowMs() + 20).entries()) await report(position, n);
        assert.ok(told > 0 && (told < COUNT || backend === 'redis'), `${told} were told anew`);
        assert.equal(await foundBy(index), COUNT);
      });
    });
  });
}

describeOnBackend('the shards of redis-geo-index', redisBackend('redis-cluster'), (program) => {
  it('lie evenly on the nodes of a cluster', async () => {
    const engine = await startRedisCluster(program);
    const slots = await Promise.all(
      SHARDS.map(async (shard) => engine.primaries[0]?.cluster('KEYSLOT', shard)),
    );
    for (const nodes of [2, 3, 6]) {
      const places = slots.map((slot) => Math.floor((Number(slot) * nodes) / SLOTS));
      for (let node = 0; node < nodes; node += 1) {
        assert.equal(places.filter((place) => place === node).length, SHARDS.length / nodes);
      }
    }
    await engine.close();
  });
});

describeOnBackend('a redis-geo-index whose server is slow or away', redisBackend('redis'), (program) => {
  it('fails in time, and finds everybody again by their next positions', async () => {
    const engine = await startRedis(program);
    const index = await openIndex(engine.url);
    await index.describe(DRIVERS);
    const [server] = engine.primaries;
    await server?.client('PAUSE', 6_000, 'WRITE');
    const startMs = systemClock.monotonicMs();
    await assert.rejects(index.move(positionsAt(systemClock.nowMs())), (error) => hasCode(error, 'timeout'));
    assert.ok(systemClock.monotonicMs() - startMs < 5_500);
    await until(() =>
      index.describe(DRIVERS).then(
        () => true,
        () => false,
      ),
    );
    await index.move(positionsAt(systemClock.nowMs()));
    assert.equal(await foundBy(index), COUNT);
    await server?.config('SET', 'maxmemory', '1');
    await assert.rejects(index.move(positionsAt(systemClock.nowMs())), (error) =>
      hasCode(error, 'unavailable'),
    );
    await server?.config('SET', 'maxmemory', '0');
    await index.move(positionsAt(systemClock.nowMs()));
    assert.equal(await foundBy(index), COUNT);
    await engine.close();
    for (let call = 0; call < 50; call += 1) {
      await assert.rejects(
        index.move(positionsAt(systemClock.nowMs())),
        (error) => hasCode(error, 'unavailable') || hasCode(error, 'timeout'),
      );
    }
    await index.close();
  });
});

describeOnBackend('a redis-geo-index whose primary is killed', redisBackend('redis-cluster'), (program) => {
  it('goes on with the replica, and within a position of each driver finds all of them', async () => {
    const engine: RedisClusterEngine = await startRedisCluster(program);
    const index = await openIndex(engine.url);
    await index.describe(DRIVERS);
    let failed = 0;
    let round = 0;
    /** As the streams of drivers do every few seconds; the others are not there, or were described wrongly. */
    const report = async (): Promise<boolean> => {
      round += 1;
      try {
        const left = await index.move(positionsAt(systemClock.nowMs()));
        if (left > 0) await index.describe(DRIVERS);
        return left === 0;
      } catch (error) {
        assert.ok(hasCode(error, 'unavailable') || hasCode(error, 'timeout'), String(error));
        failed += 1;
        return false;
      }
    };
    assert.ok(await report());
    assert.equal(await foundBy(index), COUNT);
    engine.killPrimary();
    await until(async () => {
      const isWhole = await report();
      return failed > 0 && isWhole;
    }, 30_000);
    const sinceMs = systemClock.nowMs();
    await until(report);
    assert.equal(await foundBy(index, sinceMs), COUNT);
    assert.ok(round > 2);
    await index.close();
    await engine.close();
  });
});
