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
import { systemClock, systemRandomness } from '../../core/clock.ts';
import { hasCode } from '../../core/errors.ts';
import { ID_MAX, type Id } from '../../core/ids.ts';
import { parseRedisUrl } from '../../core/redis-address.ts';
import { createLog } from '../../telemetry/log.ts';
import { openRedisConnection } from '../redis/redis-connection.ts';
import {
  createRedisTimelineStore,
  type RedisTimelineStore,
  VISIT_NOTED_EVERY_MS,
} from './redis-timeline-store.ts';
import { timelineStoreContract } from './timeline-store.contract.ts';
import { TIMELINE_ENTRIES_MAX, TIMELINE_IDLE_MS } from './timeline-store.ts';

const log = createLog({ level: 'silent', pretty: false });
/** Between what a test does and what it looks at. */
const BUSY_MS = 5_000;

const reader = (n: number): Id => 1_500_000_000_000_000 + n;
const entry = (n: number): Id => 1_600_000_000_000_000 + n;
const READERS = Array.from({ length: 200 }, (_, n) => reader(n));

async function openStore(url: string): Promise<RedisTimelineStore> {
  const address = parseRedisUrl(url);
  assert(address !== undefined, `${url} is no address`);
  const connection = await openRedisConnection({ address, log });
  return createRedisTimelineStore({ connection, randomness: systemRandomness });
}

for (const backend of ['redis', 'redis-cluster'] as const) {
  describeOnBackend('redis-timeline-store', redisBackend(backend), (program) => {
    let engine: RedisEngine;
    let store: RedisTimelineStore;
    before(async () => {
      engine = await (backend === 'redis' ? startRedis(program) : startRedisCluster(program));
      store = await openStore(engine.url);
    });
    after(async () => {
      await store.close();
      await engine.close();
    });

    timelineStoreContract(`redis-timeline-store on ${backend}`, async () => {
      await engine.flush();
      const { advance } = engine;
      return {
        store,
        advance,
        buildImprecisionMs: BUSY_MS,
        idleImprecisionMs: VISIT_NOTED_EVERY_MS,
        modelRuns: 40,
      };
    });

    describe('what it leaves in Redis', () => {
      it('expires, every key of it', async () => {
        await engine.flush();
        for (const readerId of READERS) await build(store, readerId);
        await store.begin(reader(1_000));
        await store.deliver([{ entryId: entry(2), readerIds: READERS }], await store.generation());
        let keys = 0;
        for (const primary of engine.primaries) {
          for (const key of await primary.keys('*')) {
            keys += 1;
            const leftMs = await primary.pttl(key);
            assert.ok(leftMs > 0 && leftMs <= 2 * TIMELINE_IDLE_MS, `${key} lives for ${leftMs} ms`);
          }
        }
        assert.equal(keys, READERS.length + 2);
      });

      it('is seen by every process, as are generations and what was delivered', async () => {
        await engine.flush();
        const other = await openStore(engine.url);
        const heard: Id[] = [];
        other.onDelivered((entryIds) => heard.push(...entryIds));
        const generation = await build(store, reader(1));
        assert.equal(await other.generation(), generation);
        assert.equal(await other.deliver([{ entryId: entry(2), readerIds: [reader(1)] }], generation), 1);
        assert.deepEqual((await store.read(reader(1), ID_MAX, 5))?.entryIds, [entry(2), entry(1)]);
        await until(() => {
          store.announceDelivered([entry(2), entry(1)]);
          return heard.length > 0;
        });
        assert.deepEqual(heard.slice(0, 2), [entry(2), entry(1)]);
        await other.close();
      });
    });
  });
}

describeOnBackend('a redis-timeline-store that loses its server', redisBackend('redis'), (program) => {
  it('fails at once while it is away, and takes nothing for whole when it comes back with less', async () => {
    const engine = await startRedis(program, '--enable-debug-command', 'yes');
    const store = await openStore(engine.url);
    const [server] = engine.primaries;
    const generation = await build(store, reader(1));
    await server?.save();
    await store.deliver([{ entryId: entry(2), readerIds: [reader(1)] }], generation);
    // As a server that was killed and read its last snapshot.
    await server?.call('DEBUG', 'RELOAD', 'NOSAVE').catch(() => undefined);
    await server?.call('DEBUG', 'CHANGE-REPL-ID');
    assert.equal(await store.read(reader(1), ID_MAX, 5), undefined);
    assert.deepEqual(await store.cached(), []);
    assert.equal(await store.deliver([{ entryId: entry(3), readerIds: [reader(1)] }], generation), 0);
    assert.ok((await store.generation()) > generation);
    await build(store, reader(1));
    assert.deepEqual((await store.read(reader(1), ID_MAX, 5))?.entryIds, [entry(1)]);

    await engine.close();
    const startMs = systemClock.monotonicMs();
    await until(() =>
      store.generation().then(
        () => false,
        (error) => hasCode(error, 'unavailable'),
      ),
    );
    for (let call = 0; call < 100; call += 1) {
      await assert.rejects(store.read(reader(1), ID_MAX, 5), (error) => hasCode(error, 'unavailable'));
    }
    assert.ok(systemClock.monotonicMs() - startMs < BUSY_MS);
    await store.close();
  });

  it('forgets whom it cannot deliver to when memory is full, and goes on', async () => {
    const engine = await startRedis(program);
    const store = await openStore(engine.url);
    const generation = await build(store, reader(1));
    await engine.primaries[0]?.config('SET', 'maxmemory', '1');
    assert.equal(await store.deliver([{ entryId: entry(2), readerIds: [reader(1)] }], generation), 0);
    assert.equal(await store.read(reader(1), ID_MAX, 5), undefined);
    await assert.rejects(store.begin(reader(1)), (error) => hasCode(error, 'unavailable'));
    await store.close();
    await engine.close();
  });
});

describeOnBackend(
  'a redis-timeline-store whose primary is killed',
  redisBackend('redis-cluster'),
  (program) => {
    it('goes on with the others, then with the replica, and never shows less than was delivered', async () => {
      const engine: RedisClusterEngine = await startRedisCluster(program);
      const store = await openStore(engine.url);
      for (const readerId of READERS) await build(store, readerId);
      let delivered = 1;
      let failed = 0;
      let absent = 0;
      const work = async (): Promise<void> => {
        const entryId = entry(delivered + 1);
        try {
          await store.deliver([{ entryId, readerIds: READERS }], await store.generation());
          delivered += 1;
        } catch (error) {
          assert.ok(hasCode(error, 'unavailable') || hasCode(error, 'timeout'), String(error));
          failed += 1;
        }
        for (const readerId of READERS.slice(0, 20)) {
          const page = await store.read(readerId, ID_MAX, TIMELINE_ENTRIES_MAX).catch(() => undefined);
          if (page === undefined) absent += 1;
          // What is on its way may be there in part.
          else assert.ok((page.entryIds[0] ?? 0) >= entry(delivered), `${readerId} lacks entries`);
        }
      };
      for (let round = 0; round < 50; round += 1) await work();
      assert.equal(failed + absent, 0);
      engine.killPrimary();
      await until(async () => {
        await work();
        return (
          failed > 0 &&
          (await store.generation().then(
            () => true,
            () => false,
          )) &&
          delivered > 60
        );
      }, 30_000);
      assert.ok(absent > 0);
      const generations = await Promise.all(READERS.map((readerId) => build(store, readerId)));
      assert.equal(new Set(generations).size, READERS.length);
      assert.equal((await store.cached()).length, READERS.length);
      await store.close();
      await engine.close();
    });
  },
);

async function build(store: RedisTimelineStore, readerId: Id): Promise<number> {
  const generation = await store.begin(readerId);
  assert.ok(await store.complete(readerId, generation, [entry(1)], 0));
  return generation;
}
