/** From configuration to the rate-limiter: of this process, or in a Redis for all processes together. */
import type { Config } from '../config/config.ts';
import { type MethodPolicies, type WrapPortDeps, wrapPort } from '../resilience/wrap-port.ts';
import type { Health } from '../telemetry/health.ts';
import { createFallbackRateLimiter } from './rate-limiter/fallback-rate-limiter.ts';
import { createMemoryRateLimiter } from './rate-limiter/memory-rate-limiter.ts';
import type { RateLimiter } from './rate-limiter/rate-limiter.ts';
import { createRedisRateLimiter } from './rate-limiter/redis-rate-limiter.ts';
import { openRedisConnection } from './redis/redis-connection.ts';

export interface OpenRateLimiterOptions extends WrapPortDeps {
  readonly config: Pick<Config, 'rateLimitsRedis'>;
  readonly health: Health;
}

export interface OpenedRateLimiter extends RateLimiter {
  close(): Promise<void>;
}

/** Every request waits for it. Not again: it may have been counted. */
const POLICIES: MethodPolicies<RateLimiter> = { take: { idempotent: false, totalMs: 300, tryMs: 250 } };

/** A server that is away is shown, but no reason to be sent no requests: this process counts by itself. */
export async function openRateLimiter(options: OpenRateLimiterOptions): Promise<OpenedRateLimiter> {
  const { config, clock, health } = options;
  const own = createMemoryRateLimiter({ clock });
  const address = config.rateLimitsRedis;
  if (address === undefined) return { ...own, close: async () => undefined };
  const connection = await openRedisConnection({ ...options, address });
  health.addCheck('rate-limiter', () => connection.ping(), { optional: true });
  const shared = wrapPort<RateLimiter>(createRedisRateLimiter({ connection }), {
    name: 'rate-limiter',
    methods: POLICIES,
    bulkhead: { concurrencyMax: 1_000, queueMax: 1_000, queueAgeMaxMs: 200 },
    deps: options,
  });
  return { ...createFallbackRateLimiter(shared, own), close: () => connection.close() };
}
