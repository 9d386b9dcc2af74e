import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createManualClock } from '../../../test/support/manual-clock.ts';
import {
  type RedisEngine,
  redisBackend,
  startRedis,
  startRedisCluster,
} from '../../../test/support/redis-engines.ts';
import { describeOnBackend } from '../../../test/support/required-backends.ts';
import { parseRedisUrl } from '../../core/redis-address.ts';
import { createLog } from '../../telemetry/log.ts';
import { openRedisConnection, type RedisConnection } from '../redis/redis-connection.ts';
import { rateLimiterContract } from './rate-limiter.contract.ts';
import type { RateLimitPolicy } from './rate-limiter.ts';
import { createRedisRateLimiter } from './redis-rate-limiter.ts';

const log = createLog({ level: 'silent', pretty: false });
const ALGORITHMS = ['token_bucket', 'sliding_window', 'fixed_window'] as const;

async function openConnection(url: string): Promise<RedisConnection> {
  const address = parseRedisUrl(url);
  assert(address !== undefined, `${url} is no address`);
  return openRedisConnection({ address, log });
}

for (const backend of ['redis', 'redis-cluster'] as const) {
  describeOnBackend('redis-rate-limiter', redisBackend(backend), (program) => {
    let engine: RedisEngine;
    let connection: RedisConnection;
    before(async () => {
      engine = await (backend === 'redis' ? startRedis(program) : startRedisCluster(program));
      connection = await openConnection(engine.url);
    });
    after(async () => {
      await connection.close();
      await engine.close();
    });

    rateLimiterContract(`redis-rate-limiter on ${backend}`, async () => {
      await engine.flush();
      const clock = createManualClock();
      const limiter = createRedisRateLimiter({ connection, clock });
      return { limiter, advance: async (durationMs: number) => clock.skip(durationMs) };
    });

    describe('by the clock of the server', () => {
      it('has the limit for all processes together', async () => {
        await engine.flush();
        const other = await openConnection(engine.url);
        const limiters = [connection, other].map((each) => createRedisRateLimiter({ connection: each }));
        for (const algorithm of ALGORITHMS) {
          const policy: RateLimitPolicy = { name: 'shared', algorithm, limit: 30, windowMs: 60_000 };
          const takes = Array.from({ length: 40 }, () => limiters.map((each) => each.take(policy, 'alice')));
          const decisions = await Promise.all(takes.flat());
          assert.equal(decisions.filter(({ allowed }) => allowed).length, 30, algorithm);
        }
        await other.close();
      });

      it('forgets a key once it is as one that never took anything', async () => {
        await engine.flush();
        const limiter = createRedisRateLimiter({ connection });
        for (const algorithm of ALGORITHMS) {
          const policy: RateLimitPolicy = { name: 'short', algorithm, limit: 2, windowMs: 60_000 };
          const { resetS } = await limiter.take(policy, 'alice');
          assert.ok(resetS > 0 && resetS <= 60, algorithm);
        }
        const keysOf = async () => (await Promise.all(engine.primaries.map((one) => one.keys('*')))).flat();
        assert.equal((await keysOf()).length, ALGORITHMS.length);
        await engine.advance(60_000);
        assert.deepEqual(await keysOf(), []);
      });
    });
  });
}
