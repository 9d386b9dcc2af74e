/** From configuration to the timeline-store: memory of this process, or a Redis that all processes share. */
import type { Config } from '../config/config.ts';
import type { Clock, Randomness } from '../core/clock.ts';
import type { MethodPolicies } from '../resilience/wrap-port.ts';
import { type WrapPortDeps, wrapPort } from '../resilience/wrap-port.ts';
import type { Health } from '../telemetry/health.ts';
import { openRedisConnection } from './redis/redis-connection.ts';
import { createMemoryTimelineStore } from './timeline-store/memory-timeline-store.ts';
import { createRedisTimelineStore, type RedisTimelineStore } from './timeline-store/redis-timeline-store.ts';
import type { TimelineStore } from './timeline-store/timeline-store.ts';

export interface OpenTimelineStoreOptions extends WrapPortDeps {
  readonly config: Pick<Config, 'timelinesMax' | 'timelinesRedis'>;
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly health: Health;
}

/** A reader waits no longer for it: SQL answers then. */
const READ = { idempotent: true, totalMs: 500, tryMs: 400 } as const;
/** One step of three, or some hundred timelines in one. */
const WRITE = { idempotent: true, totalMs: 3_000, tryMs: 1_500 } as const;
/** A batch of the fan-out, which has 10 s in all. */
const DELIVER = { idempotent: true, totalMs: 5_000, tryMs: 3_000 } as const;
/** All that there is, of a million. */
const EVERYTHING = { idempotent: true, totalMs: 120_000, tryMs: 120_000 } as const;

const POLICIES: MethodPolicies<RedisTimelineStore> = {
  generation: READ,
  read: READ,
  begin: { ...WRITE, idempotent: false },
  complete: WRITE,
  deliver: DELIVER,
  drop: WRITE,
  clear: EVERYTHING,
  cached: EVERYTHING,
};

/** A server that is away is shown, but no reason to be sent no requests: SQL answers. */
export async function openTimelineStore(options: OpenTimelineStoreOptions): Promise<TimelineStore> {
  const { config, clock, health } = options;
  const address = config.timelinesRedis;
  if (address === undefined) return createMemoryTimelineStore({ clock, timelinesMax: config.timelinesMax });
  const connection = await openRedisConnection({ ...options, address });
  const store = createRedisTimelineStore({ ...options, connection });
  health.addCheck('timeline-store', () => store.ping(), { optional: true });
  return wrapPort<RedisTimelineStore>(store, {
    name: 'timeline-store',
    methods: POLICIES,
    bulkhead: { concurrencyMax: 1_000, queueMax: 1_000, queueAgeMaxMs: 500 },
    deps: options,
  });
}
