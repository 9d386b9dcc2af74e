/**
 * Drivers in a Redis, or a Redis Cluster, that all processes share (decision 28). They are spread over shards by their ids, each on one
 * node with all that is known of its drivers: their lines, and in which cells they are. So whatever is said of a driver happens at
 * once, by one script, and is lost as a whole if it is; a batch is one call a shard; and a search asks all shards.
 */
import type { Clock } from '../../core/clock.ts';
import type { Id } from '../../core/ids.ts';
import type { RedisConnection } from '../redis/redis-connection.ts';
import type { RedisScript } from '../redis/redis-script.ts';
import {
  assertBatch,
  assertPosition,
  assertSearch,
  CLOCKS_DIFFER_MS_MAX,
  type DriverPosition,
  type DriverTraits,
  type GeoIndex,
  KEPT_MS,
  type NearDriver,
  type NearestSearch,
} from './geo-index.ts';
import { CELL_LIFE_MS, createRedisCells } from './redis-cells.ts';
import { encodeIds, encodeMoves, encodeTraits, inShards } from './redis-drivers.ts';
import { describeDrivers, forgetDrivers, moveDrivers } from './redis-geo-scripts.ts';
import { createRedisNearestSearch } from './redis-nearest-search.ts';

export interface RedisGeoIndexOptions {
  readonly connection: RedisConnection;
  readonly clock: Pick<Clock, 'nowMs'>;
}

/** What is elsewhere takes a round trip. */
export interface RedisGeoIndex extends GeoIndex {
  describe(drivers: readonly DriverTraits[]): Promise<number>;
  move(positions: readonly DriverPosition[]): Promise<number>;
  forget(driverIds: readonly Id[]): Promise<void>;
  nearest(search: NearestSearch): Promise<readonly NearDriver[]>;
  /** Fails if a server cannot be reached. */
  ping(): Promise<void>;
}

/** Each has hashes of its own: whoever was heard of in one is there until the next has ended. */
const TURN_MS = KEPT_MS;
/** Of the hashes of a turn, from the first line. */
export const LINES_LIFE_MS = TURN_MS + KEPT_MS + 2 * CLOCKS_DIFFER_MS_MAX;

export function createRedisGeoIndex({ connection, clock }: RedisGeoIndexOptions): RedisGeoIndex {
  const cells = createRedisCells();
  const turnAt = (nowMs: number): number => Math.floor(nowMs / TURN_MS);
  const search = createRedisNearestSearch({ connection, cells, clock, turnAt });

  /** In each shard that has some of them. */
  async function runAll<Item>(
    script: RedisScript,
    items: readonly Item[],
    driverIdOf: (item: Item) => Id,
    argsOf: (some: readonly Item[], nowMs: number) => readonly (number | Buffer)[],
  ): Promise<readonly unknown[]> {
    assertBatch(items);
    const nowMs = clock.nowMs();
    return Promise.all(
      Array.from(inShards(items, driverIdOf), ([shard, some]) =>
        connection.run(script, shard, [turnAt(nowMs), ...argsOf(some, nowMs)]),
      ),
    );
  }

  return {
    shared: true,

    async describe(drivers) {
      await runAll(
        describeDrivers,
        drivers,
        ({ driverId }) => driverId,
        (some) => [LINES_LIFE_MS, CELL_LIFE_MS, encodeTraits(some)],
      );
      return 0;
    },

    async move(positions) {
      for (const position of positions) assertPosition(position);
      const left = await runAll(
        moveDrivers,
        positions,
        ({ driverId }) => driverId,
        (some, nowMs) => [LINES_LIFE_MS, CELL_LIFE_MS, encodeMoves(some, cells, nowMs)],
      );
      return left.reduce((sum: number, one) => sum + Number(one), 0);
    },

    async forget(driverIds) {
      await runAll(
        forgetDrivers,
        driverIds,
        (driverId) => driverId,
        (some) => [encodeIds(some)],
      );
    },

    async nearest(wanted) {
      assertSearch(wanted);
      return search(wanted);
    },

    ping: () => connection.ping(),
    close: () => connection.close(),
  };
}
