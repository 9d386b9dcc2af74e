/** How fast something goes by a Redis, and what it costs each side: the server, and the process that calls it. */
import type { BenchOptions } from '../bench-options.ts';
import { median } from '../statistics.ts';
import type { Figure } from './experiment.ts';
import type { BenchRedis } from './redis-server.ts';

export interface RedisSpeed {
  readonly perS: number;
  /** CPU microseconds of each; NaN where the system does not tell. */
  readonly redisUs: number;
  readonly processUs: number;
  /** Of each call, however much it did. */
  readonly callMs: readonly number[];
}

/** Of work that answers how much it did, by so many lanes at once: the medians of all rounds. */
export async function measureSpeed(
  work: () => Promise<number>,
  atOnce: number,
  redis: BenchRedis,
  options: BenchOptions,
): Promise<RedisSpeed> {
  const speeds: RedisSpeed[] = [];
  for (let round = 0; round < options.rounds; round += 1)
    speeds.push(await measureRound(work, atOnce, redis, options));
  const middle = (read: (speed: RedisSpeed) => number) => median(speeds.map(read)) ?? Number.NaN;
  return {
    perS: middle(({ perS }) => perS),
    redisUs: middle(({ redisUs }) => redisUs),
    processUs: middle(({ processUs }) => processUs),
    callMs: speeds.flatMap(({ callMs }) => callMs),
  };
}

async function measureRound(
  work: () => Promise<number>,
  atOnce: number,
  redis: BenchRedis,
  { clock, seconds, signal }: BenchOptions,
): Promise<RedisSpeed> {
  const [startMs, redisMs, before] = [clock.monotonicMs(), redis.cpuMs() ?? Number.NaN, process.cpuUsage()];
  const endMs = startMs + seconds * 1_000;
  const callMs: number[] = [];
  let done = 0;
  const lane = async () => {
    while (clock.monotonicMs() < endMs && !signal.aborted) {
      const calledMs = clock.monotonicMs();
      // Not `done += await`, which would add to what it was before the wait, and lose what other lanes did meanwhile.
      const more = await work();
      done += more;
      callMs.push(clock.monotonicMs() - calledMs);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
  const { user, system } = process.cpuUsage(before);
  return {
    perS: (done / (clock.monotonicMs() - startMs)) * 1_000,
    redisUs: (((redis.cpuMs() ?? Number.NaN) - redisMs) * 1_000) / done,
    processUs: (user + system) / done,
    callMs,
  };
}

export function speedFigures(label: string, { perS, redisUs, processUs }: RedisSpeed): Figure[] {
  return [
    { label, value: perS, unit: '/s' },
    { label: `${label}, of Redis`, value: 1e6 / redisUs, unit: '/s of CPU' },
    { label: `${label}, of this process`, value: 1e6 / processUs, unit: '/s of CPU' },
  ];
}

export function latencyFigures(label: string, { callMs }: RedisSpeed): Figure[] {
  const sorted = callMs.toSorted((one, other) => one - other);
  return [0.5, 0.99].map((part) => ({
    label: `${label}, p${part * 100}`,
    value: sorted[Math.floor(sorted.length * part)],
    unit: 'ms',
  }));
}
