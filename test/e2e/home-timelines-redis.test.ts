/**
 * Two processes that answer and one that delivers share the home timelines of a Redis Cluster, while people write and read. All
 * that is in it is lost, the worker is killed, and then a primary: nobody may miss anything, neither then nor afterwards.
 */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { atEnd } from '../support/at-end.ts';
import type { ServerUrls } from '../support/moving-client.ts';
import { postgresOfRun } from '../support/postgres-engines.ts';
import { redisBackend, startRedisCluster } from '../support/redis-engines.ts';
import { describeOnBackend } from '../support/required-backends.ts';
import { startRoleProcess } from '../support/role-process.ts';
import { PULL_LIMITS } from '../support/timeline-cast.ts';
import {
  assertContent,
  assertOutcome,
  assertVerified,
  cacheAll,
  figuresOf,
  openHome,
  openSql,
  settingsOf,
  startRun,
  writesOf,
} from '../support/timeline-run.ts';
import { until } from '../support/until.ts';

const SERVERS = 2;
const WRITES = 40;
/** On a busy machine the worker has much to catch up with, and until it has SQL answers. */
const SHARED_MS_MAX = 150_000;

describeOnBackend('home timelines that processes share', redisBackend('redis-cluster'), (program) => {
  it('lack nothing after Redis was emptied, the worker killed and a primary killed', async (test) => {
    const postgres = postgresOfRun();
    if (postgres === undefined) return test.skip('set GROUNDSWELL_TEST_DATABASE_URL, or use npm test');
    const redis = await startRedisCluster(program);
    atEnd(test, () => redis.close());
    const database = await postgres.createDatabase();
    atEnd(test, () => database.drop());
    const settings = settingsOf(PULL_LIMITS[0], {
      GROUNDSWELL_DATABASE_URL: database.url,
      GROUNDSWELL_DATABASE_POOL_SIZE: '6',
      GROUNDSWELL_REDIS_URL: redis.url,
    });
    const urls: ServerUrls = [];
    const memoryReads = async () => {
      const figures = await Promise.all(urls.map((url) => figuresOf(url ?? '')));
      return figures.map(({ memory }) => memory);
    };
    for (let n = 0; n < SERVERS; n += 1) {
      const home = await openHome(test);
      urls[n] = (await home.start({ ...settings, GROUNDSWELL_ROLES: 'api' })).url;
    }
    let worker = startRoleProcess(test, 'worker', settings);
    const sql = openSql(test, database.connection);
    const run = await startRun(test, urls, sql);

    /** Every server answers from the shared timelines, more than it had by then. */
    async function untilShared(): Promise<void> {
      const before = await memoryReads();
      await until(async () => {
        const now = await memoryReads();
        return now.every((count, n) => count > (before[n] ?? 0));
      }, SHARED_MS_MAX);
      assertContent(run);
    }

    await writesOf(run, WRITES);
    await untilShared();
    await redis.flush();
    await writesOf(run, WRITES);
    await untilShared();
    await worker.kill();
    await writesOf(run, WRITES);
    assertContent(run);
    worker = startRoleProcess(test, 'worker', settings);
    redis.killPrimary();
    await writesOf(run, WRITES);
    assertContent(run);
    await untilShared();
    await run.load.stop();
    assertContent(run);
    assert.deepEqual(run.load.tally.cut, [], 'requests were cut');
    await cacheAll(run);
    await assertVerified(['--database-url', database.url], run.members.length);
    await assertOutcome(test, run, sql);
    await worker.kill();
  });
});
