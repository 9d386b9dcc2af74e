/** From configuration to the geo-index: memory of this process, or a Redis that all processes share. */
import type { Config } from '../config/config.ts';
import type { Clock } from '../core/clock.ts';
import { type MethodPolicies, type WrapPortDeps, wrapPort } from '../resilience/wrap-port.ts';
import type { Health } from '../telemetry/health.ts';
import type { GeoIndex } from './geo-index/geo-index.ts';
import { createMemoryGeoIndex } from './geo-index/memory-geo-index.ts';
import { createRedisGeoIndex, type RedisGeoIndex } from './geo-index/redis-geo-index.ts';
import { openRedisConnection } from './redis/redis-connection.ts';

export interface OpenGeoIndexOptions extends WrapPortDeps {
  readonly config: Pick<Config, 'geoIndexRedis' | 'rides'>;
  readonly clock: Clock;
  readonly health: Health;
}

const POLICIES: MethodPolicies<RedisGeoIndex> = {
  // Not again by itself: it could come after what was said of the same driver meanwhile. The owner of the stream says it again.
  describe: { idempotent: false, totalMs: 1_500, tryMs: 1_000 },
  // The next positions are newer.
  move: { idempotent: true, totalMs: 1_500, tryMs: 1_000 },
  forget: { idempotent: true, totalMs: 1_500, tryMs: 1_000 },
  // A batch of requests waits for it, and is made anew after 2 s.
  nearest: { idempotent: true, totalMs: 1_500, tryMs: 750 },
};

/** A server that is away is shown, but no reason to be sent no requests: drivers are offered nothing meanwhile, and all else works. */
export async function openGeoIndex(options: OpenGeoIndexOptions): Promise<GeoIndex> {
  const { config, clock, health } = options;
  const address = config.geoIndexRedis;
  if (address === undefined) return createMemoryGeoIndex({ clock, driversMax: config.rides.driversMax });
  const connection = await openRedisConnection({ ...options, address });
  const index = createRedisGeoIndex({ ...options, connection });
  health.addCheck('geo-index', () => index.ping(), { optional: true });
  return wrapPort<RedisGeoIndex>(index, {
    name: 'geo-index',
    methods: POLICIES,
    bulkhead: { concurrencyMax: 1_000, queueMax: 1_000, queueAgeMaxMs: 500 },
    deps: options,
  });
}
