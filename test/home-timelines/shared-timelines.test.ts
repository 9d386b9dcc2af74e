/** Home timelines that two processes share in a Redis, against the rules, whatever happens and in whatever order. */
import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import fc from 'fast-check';
import { systemRandomness } from '../../src/core/clock.ts';
import { parseRedisUrl } from '../../src/core/redis-address.ts';
import { openRedisConnection } from '../../src/ports/redis/redis-connection.ts';
import {
  createRedisTimelineStore,
  type RedisTimelineStore,
} from '../../src/ports/timeline-store/redis-timeline-store.ts';
import { type RedisEngine, redisBackend, startRedis } from '../support/redis-engines.ts';
import { describeOnBackend } from '../support/required-backends.ts';
import { openSharingProcesses } from './home-process.ts';
import { KNOWN_RACES } from './known-races.ts';
import { simulate } from './simulation.ts';
import { openWorldDatabase, type WorldDatabase } from './small-world.ts';
import { type Scenario, scenarios } from './steps.ts';

const STEPS_MAX = 80;
const RUNS = 10;
/** Whatever is slow, the test file has to end in time. */
const TIME_MAX_MS = 20_000;

describeOnBackend('home timelines that are shared', redisBackend('redis'), (program) => {
  let redis: RedisEngine;
  let store: RedisTimelineStore;
  let database: WorldDatabase;
  const tallied = new Map<string, number>();
  const tally = (what: string, by = 1): void => void tallied.set(what, (tallied.get(what) ?? 0) + by);

  before(async () => {
    database = await openWorldDatabase();
    redis = await startRedis(program);
    const address = parseRedisUrl(redis.url);
    assert(address !== undefined);
    const connection = await openRedisConnection({ address, log: database.log });
    store = createRedisTimelineStore({ connection, randomness: systemRandomness });
  });
  after(async () => {
    await store.close();
    await redis.close();
    await database.close();
  });

  async function hold(scenario: Scenario): Promise<void> {
    await redis.flush();
    await simulate(database, scenario, (parts) => openSharingProcesses(parts, { shared: store, tally }));
  }

  for (const [name, scenario] of Object.entries(KNOWN_RACES)) {
    it(`are right after ${name}`, () => hold(scenario));
  }

  it('are what the rules say, at any moment', async (test) => {
    const property = fc.asyncProperty(scenarios(STEPS_MAX), hold);
    await fc.assert(property, { numRuns: RUNS, interruptAfterTimeLimit: TIME_MAX_MS });
    for (const [what, times] of tallied) test.diagnostic(`${times} ${what}`);
    for (const what of ['pages read by memory', 'entries delivered by page']) {
      assert.ok((tallied.get(what) ?? 0) > 0, `no ${what}`);
    }
  });
});
