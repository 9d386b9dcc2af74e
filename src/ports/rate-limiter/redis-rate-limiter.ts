/**
 * Counts in a Redis, or a Redis Cluster, for all processes together: one script for each take, by the server's clock. A key
 * lives until it is as one that never took anything.
 */

import { createHash } from 'node:crypto';
import type { Clock } from '../../core/clock.ts';
import type { RedisConnection } from '../redis/redis-connection.ts';
import { type RedisScript, redisScript } from '../redis/redis-script.ts';
import {
  assertTake,
  type RateLimitAlgorithm,
  type RateLimiter,
  type RateLimitPolicy,
} from './rate-limiter.ts';

export interface RedisRateLimiterOptions {
  readonly connection: RedisConnection;
  /** For tests: by this one, and not by the server's. */
  readonly clock?: Pick<Clock, 'nowMs'>;
}

/** By a clock that is not the server's own, nobody but the script knows when a key ends. */
const TOLD_TIME_LIFE_MS = 3_600_000;

export function createRedisRateLimiter({ connection, clock }: RedisRateLimiterOptions): RateLimiter {
  return {
    async take(policy, key, cost = 1) {
      assertTake(policy, cost);
      const { algorithm, limit, windowMs } = policy;
      const told = clock === undefined ? [-1, 0] : [clock.nowMs(), TOLD_TIME_LIFE_MS];
      const answer = await connection.run(TAKES[algorithm], keyOf(policy, key), [
        limit,
        windowMs,
        cost,
        ...told,
      ]);
      const [remaining = 0, resetMs = 0, waitMs = 0] = String(answer).split(' ').map(Number);
      return {
        allowed: waitMs === 0,
        limit,
        remaining,
        resetS: resetMs / 1_000,
        retryAfterS: waitMs / 1_000,
      };
    },
  };
}

/** Of any characters and length; of a policy whose numbers were changed it is another. */
function keyOf({ name, algorithm, limit, windowMs }: RateLimitPolicy, key: string): string {
  const digest = createHash('sha1')
    .update([name, algorithm, limit, windowMs, key].join('\n'))
    .digest('base64url');
  return `groundswell:limit:${digest}`;
}

/** ARGV: limit, window, cost, the time or -1 for the server's, life beyond the end. As `rate-limit-algorithms.ts` has it. */
const HEAD_LUA = `
local limit, window, cost = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local now = tonumber(ARGV[4])
if now < 0 then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end
local state = redis.call('GET', KEYS[1])

local function keep(text, reset)
  if reset > 0 then
    redis.call('SET', KEYS[1], text, 'PX', string.format('%.0f', reset + tonumber(ARGV[5])))
  elseif state then
    redis.call('DEL', KEYS[1])
  end
end

local function answer(remaining, reset, wait)
  return string.format('%.0f %.0f %.0f', remaining, reset, wait)
end
`;

const TAKES: Readonly<Record<RateLimitAlgorithm, RedisScript>> = {
  token_bucket: redisScript(`${HEAD_LUA}
local full = limit * window
local count, since = full, now
if state then count, since = struct.unpack('<dd', state) end
now = math.max(now, since)
count = math.min(full, count + math.min(now - since, window) * limit)
local wait = math.ceil(math.max(0, cost * window - count) / limit)
if wait == 0 then count = count - cost * window end
local reset = math.ceil((full - count) / limit)
keep(struct.pack('<dd', count, now), reset)
return answer(math.floor(count / window), reset, wait)
`),

  sliding_window: redisScript(`${HEAD_LUA}
local takes, count, expired = state or '', 0, 0
local n = #takes / 16
local function take(place) return struct.unpack('<dd', takes, place * 16 - 15) end
if n > 0 then now = math.max(now, (take(n))) end
for place = 1, n do
  local at, taken = take(place)
  if now - at < window then count = count + taken else expired = place end
end
takes, n = string.sub(takes, expired * 16 + 1), n - expired
local wait, missing = 0, count + cost - limit
for place = 1, n do
  if missing <= 0 then break end
  local at, taken = take(place)
  missing = missing - taken
  wait = at + window - now
end
if wait == 0 then
  takes, count, n = takes .. struct.pack('<dd', now, cost), count + cost, n + 1
end
local reset = take(n) + window - now
keep(takes, reset)
return answer(limit - count, reset, wait)
`),

  fixed_window: redisScript(`${HEAD_LUA}
local count, since = 0, now
if state then count, since = struct.unpack('<dd', state) end
now = math.max(now, since)
if now - since >= window then count = 0 end
local wait = 0
if count + cost > limit then
  wait = since + window - now
else
  if count == 0 then since = now end
  count = count + cost
end
local reset = count == 0 and 0 or since + window - now
keep(struct.pack('<dd', count, since), reset)
return answer(limit - count, reset, wait)
`),
};
