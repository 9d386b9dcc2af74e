import assert from 'node:assert/strict';
import { after, before, it, type TestContext } from 'node:test';
import fc from 'fast-check';
import { atEnd } from '../../../test/support/at-end.ts';
import {
  type PostgresServer,
  type ReplicatedPostgres,
  replicatedPostgresBackend,
  startReplicatedPostgres,
} from '../../../test/support/replicated-postgres.ts';
import { describeOnBackend } from '../../../test/support/required-backends.ts';
import { until } from '../../../test/support/until.ts';
import { systemClock } from '../../core/clock.ts';
import { hasCode } from '../../core/errors.ts';
import { parseClusterUrl } from '../../core/postgres-cluster.ts';
import { createLog } from '../../telemetry/log.ts';
import { createPostgresCluster, type PostgresCluster } from './postgres-cluster.ts';
import { createPostgresSqlStore } from './postgres-sql-store.ts';
import { createReplicaReads, type FallBack } from './replica-reads.ts';
import { type CommitPosition, isAtLeast, type Seen, type SqlSessions } from './sql-sessions.ts';
import { type SqlStoreLimits, sqlStoreContract } from './sql-store.contract.ts';
import { readStatement, type SqlStore, writeStatement } from './sql-store.ts';

const log = createLog({ level: 'silent', pretty: false });
const clock = systemClock;

const createTable = writeStatement<[]>(
  'reads_create',
  'CREATE TABLE counters (id int PRIMARY KEY, version int NOT NULL)',
);
const increase = writeStatement<[number], { version: number }>(
  'reads_increase',
  `INSERT INTO counters VALUES ($1, 1) ON CONFLICT (id) DO UPDATE SET version = counters.version + 1 RETURNING version`,
);
const latest = readStatement<[], { id: number; version: number }>(
  'reads_latest',
  'SELECT id, version FROM counters',
  { outlivesPrimary: true },
);
const versions = readStatement<[], { id: number; version: number }>(
  'reads_versions',
  'SELECT id, version FROM counters',
  { mayBeStale: true },
);

describeOnBackend('reads from replicas', replicatedPostgresBackend(), (programs) => {
  let postgres: ReplicatedPostgres;
  before(async () => {
    postgres = await startReplicatedPostgres(programs, 2);
    await postgres.primary.run(createTable.text);
  });
  after(() => postgres.close());

  sqlStoreContract('PostgreSQL with replicas', {
    async open(limits) {
      const { store, close } = openProduct(postgres.url, limits);
      return { ...store, close };
    },
  });

  it('shows each session its own writes, and nothing older than it has seen, while replicas stop and go on', async (test) => {
    const { store, sessions, answeredBy } = await openForTest(test, postgres);
    const step = fc.oneof(
      fc.record({ kind: fc.constant('write'), session: fc.nat(2), counter: fc.nat(2) }),
      fc.record({ kind: fc.constant('read'), session: fc.nat(2), counter: fc.nat(2) }),
      fc.record({ kind: fc.constantFrom('pause', 'resume'), session: fc.nat(1), counter: fc.constant(0) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 24 }), async (steps) => {
        const seen = new Map<number, Seen>();
        const least = new Map<string, number>();
        const note = (session: number, id: number, version: number): void => {
          const known = least.get(`${session} ${id}`) ?? 0;
          assert(version >= known, `session ${session} had seen ${known} of ${id} and now sees ${version}`);
          least.set(`${session} ${id}`, version);
        };
        for (const { kind, session, counter } of steps) {
          if (kind === 'pause' || kind === 'resume') {
            await postgres.replicas[session]?.run(`SELECT pg_wal_replay_${kind}()`);
            continue;
          }
          const visit = sessions.visit(seen.get(session) ?? 'nothing', { writes: kind === 'write' });
          if (kind === 'write') {
            const [row] = await visit.run(() => store.query(increase, [counter]));
            note(session, counter, row?.version ?? 0);
          } else {
            for (const { id, version } of await visit.run(() => store.query(versions, [])))
              note(session, id, version);
          }
          seen.set(session, (await visit.seen()) ?? seen.get(session) ?? 'nothing');
        }
        for (const replica of postgres.replicas) await replica.run('SELECT pg_wal_replay_resume()');
      }),
      { numRuns: 20 },
    );
    for (const { name } of postgres.replicas)
      assert((answeredBy.get(name) ?? 0) > 0, `${name} has answered nothing`);
  });

  it('reads from one replica in a visit, also at the same time', async (test) => {
    const { store, sessions, cluster, answeredBy } = await openForTest(test, postgres);
    await until(() => postgres.replicas.every(({ name }) => isUsable(cluster, name)));
    const visit = sessions.visit('nothing', { writes: false });
    await visit.run(() => Promise.all(Array.from({ length: 8 }, () => store.query(versions, []))));
    assert.equal(answeredBy.size, 1);
  });

  it('reads from the primary outside of a visit, of a session of which nothing is known, and where it writes', async (test) => {
    const { store, sessions, answeredBy, fellBack } = await openForTest(test, postgres);
    await store.query(versions, []);
    await sessions.visit('everything', { writes: false }).run(() => store.query(versions, []));
    await sessions.visit('nothing', { writes: true }).run(() => store.query(versions, []));
    await sessions.visit('nothing', { writes: false }).run(async () => {
      await store.transaction((transaction) => transaction.query(increase, [7]));
      assert.equal((await store.query(versions, [])).find(({ id }) => id === 7)?.version, 1);
    });
    assert.deepEqual([...answeredBy.keys()], ['primary']);
    assert.deepEqual(fellBack, ['unknown', 'writing', 'writing']);
  });

  it('answers a place that never was from the primary, and puts a true one in its stead', async (test) => {
    const { store, sessions, fellBack } = await openForTest(test, postgres);
    const invented: CommitPosition = { timeline: 4_000_000_000, position: Number.MAX_SAFE_INTEGER };
    const visit = sessions.visit(invented, { writes: false });
    await visit.run(() => store.query(versions, []));
    assert.deepEqual(fellBack, ['behind']);
    const seen = await visit.seen();
    assert(seen !== undefined && seen.timeline === 1 && seen.position < invented.position);
  });

  it('counts what memory has answered as seen, up to where the primary is then', async (test) => {
    const { store, sessions, cluster } = await openForTest(test, postgres);
    const early = await cluster.primaryNode()?.ask();
    assert(early?.at !== undefined);
    const visit = sessions.visit(early.at, { writes: false });
    assert(visit.run(() => sessions.hadSeenBy(clock.monotonicMs())));
    // What memory heard may be as new as this.
    await store.query(increase, [9]);
    const committed = await cluster.primaryNode()?.ask();
    const seen = await visit.seen();
    assert(committed?.at !== undefined && seen !== undefined && isAtLeast(seen, committed.at));
    // So memory that had heard everything before that does not answer the session any more.
    const next = sessions.visit(seen, { writes: false });
    assert.equal(
      next.run(() => sessions.hadSeenBy(early.askedMs)),
      false,
    );
    assert.equal(await next.seen(), undefined, 'it has been shown nothing');
    const first = sessions.visit('everything', { writes: false });
    assert(first.run(() => sessions.hadSeenBy(early.askedMs)));
    assert(isAtLeast((await first.seen()) ?? early.at, seen), 'it has a place from now on');
  });

  it('answers from the primary alone what says in words of its own what it has seen', async (test) => {
    const { store, sessions, answeredBy, fellBack } = await openForTest(test, postgres);
    const visit = sessions.visit('unreadable', { writes: false });
    assert.equal(
      visit.run(() => sessions.hadSeenBy(clock.monotonicMs())),
      false,
    );
    await visit.run(() => store.query(versions, []));
    assert.deepEqual([[...answeredBy.keys()], fellBack], [['primary'], ['unknown']]);
    assert((await visit.seen()) !== undefined);
  });

  it('goes on while a replica is killed, and reads from it again when it is back', async (test) => {
    const { store, sessions, answeredBy, cluster } = await openForTest(test, postgres);
    const [victim] = postgres.replicas;
    assert(victim !== undefined);
    const read = () => sessions.visit('nothing', { writes: false }).run(() => store.query(versions, []));
    const answers = async (name: string) => {
      answeredBy.clear();
      await read();
      return answeredBy.has(name);
    };
    await until(() => answers(victim.name));
    await victim.kill();
    for (let count = 0; count < 50; count += 1) assert.equal((await read()).length > 0, true);
    await until(() =>
      cluster.nodes.every((node) => node.name !== victim.name || node.status() === undefined),
    );
    answeredBy.clear();
    for (let count = 0; count < 10; count += 1) await read();
    assert.equal(answeredBy.has(victim.name), false);
    await victim.start();
    await until(() => answers(victim.name));
  });

  it('leaves out a replica that is far behind, and takes it back when it is not', async (test) => {
    const { store, sessions, answeredBy, cluster } = await openForTest(test, postgres);
    const [slow] = postgres.replicas;
    assert(slow !== undefined);
    const node = cluster.nodes.find(({ name }) => name === slow.name);
    assert(node !== undefined);
    const answers = async (): Promise<boolean> => {
      answeredBy.clear();
      for (let count = 0; count < 4; count += 1) {
        await sessions.visit('nothing', { writes: false }).run(() => store.query(versions, []));
      }
      return answeredBy.has(slow.name);
    };
    await until(answers);
    await slow.run('SELECT pg_wal_replay_pause()');
    await store.query(increase, [8]);
    await until(async () => !(await answers()));
    assert((cluster.lagMs(node) ?? 0) > 5_000);
    await slow.run('SELECT pg_wal_replay_resume()');
    await until(answers);
    assert((cluster.lagMs(node) ?? 0) < 5_000);
  });
});

describeOnBackend('a primary that is lost', replicatedPostgresBackend(), (programs) => {
  it('is followed to the one that is promoted, and never written to again', async (test) => {
    const postgres = await startReplicatedPostgres(programs, 1);
    atEnd(test, () => postgres.close());
    const { primary, replicas } = postgres;
    const [standby] = replicas;
    assert(standby !== undefined);
    await primary.run(createTable.text);
    await primary.run("ALTER SYSTEM SET synchronous_standby_names = '*'");
    await primary.run('SELECT pg_reload_conf()');
    const { store, cluster, sessions } = await openForTest(test, postgres);
    const heard: string[] = [];
    let reconnects = 0;
    await store.listen(
      'news',
      (message) => heard.push(message),
      () => {
        reconnects += 1;
      },
    );
    const [first] = await store.query(increase, [1]);
    assert.equal(first?.version, 1);

    await primary.kill();
    const failedMs = clock.monotonicMs();
    await assert.rejects(store.query(increase, [1]), (error) => hasCode(error, 'unavailable'));
    assert(clock.monotonicMs() - failedMs < 4_000, 'a write fails soon');
    const refused = await store.query(increase, [1]).catch((error: unknown) => error);
    assert(hasCode(refused, 'unavailable') && refused.retryAfterS === 1 && refused.outcome === 'not_applied');
    // The read goes on, from what is left, also when that has noticed.
    await until(async () => (await standby.run('SELECT FROM pg_stat_wal_receiver')).length === 0);
    const asked = cluster.nodes.find(({ name }) => name === standby.name);
    await asked?.ask();
    const rows = await sessions.visit('nothing', { writes: false }).run(() => store.query(versions, []));
    assert.deepEqual(rows, [{ id: 1, version: 1 }]);

    await standby.run('SELECT pg_promote()');
    await until(async () =>
      store.query(increase, [1]).then(
        () => true,
        () => false,
      ),
    );
    assert.equal(cluster.promotions(), 1);
    await until(async () => {
      await store.notify('news', 'hello').catch(() => undefined);
      return heard.includes('hello');
    });
    assert(reconnects > 0);

    // It comes back and still thinks that it is the primary.
    await primary.start();
    const versionOfOld = async () =>
      ((await primary.run('SELECT version FROM counters')) as [{ version: number }])[0].version;
    // A server of a process that was killed may have ended what it had begun, for which nobody had an answer.
    const version = await versionOfOld();
    const old = cluster.nodes.find(({ name }) => name === primary.name);
    await until(() => old?.status()?.role === 'primary');
    for (let count = 0; count < 20; count += 1) await store.query(increase, [1]);
    assert.equal(cluster.primaryNode()?.name, standby.name);
    assert.equal(await versionOfOld(), version);
  });
});

describeOnBackend('reads while the primary is away', replicatedPostgresBackend(), (programs) => {
  it('are answered by a replica that shows all that was acknowledged, whatever is known of the session', async (test) => {
    const { store, sessions, cluster, answeredBy, replicas, stopPrimary } = await openDurable(programs, test);
    const [one, other] = replicas;
    // It goes on receiving, and shows none of it.
    await one.run('SELECT pg_wal_replay_pause()');
    const pauseState = async () => (await one.run('SELECT pg_get_wal_replay_pause_state() AS state'))[0];
    await until(async () => (await pauseState())?.['state'] === 'paused');
    const write = sessions.visit('nothing', { writes: true });
    await write.run(() => store.query(increase, [1]));
    const token = await write.seen();
    assert(token !== undefined);

    await stopPrimary();
    const acknowledged = await cluster.acknowledgedUpTo();
    assert(acknowledged !== undefined && isAtLeast(acknowledged, token));
    await until(() => shows(cluster, other, acknowledged));
    const read = (seen: Seen) => {
      const visit = sessions.visit(seen, { writes: false });
      return { rows: visit.run(() => store.query(versions, [])), seen: visit.seen };
    };
    for (const seen of [token, 'everything', 'unreadable', token, 'everything', 'unreadable'] as const) {
      const { rows, seen: next } = read(seen);
      assert.deepEqual(await rows, [{ id: 1, version: 1 }]);
      assert(isAtLeast(acknowledged, (await next()) ?? token), 'no guess keeps the session from replicas');
    }
    assert.deepEqual([...answeredBy.keys()], [other.name]);

    // Any of them may have been waited for. So without one, nobody can say what was acknowledged.
    await other.kill();
    await until(async () => (await cluster.acknowledgedUpTo()) === undefined);
    await one.run('SELECT pg_wal_replay_resume()');
    await until(() => shows(cluster, one, acknowledged));
    await assert.rejects(read('everything').rows, (error) => hasCode(error, 'unavailable'));
    assert.deepEqual(await read(token).rows, [{ id: 1, version: 1 }]);
  });

  it('show all that was acknowledged where that is asked for, and go to the primary as long as it answers', async (test) => {
    const { store, sessions, cluster, answeredBy, replicas, stopPrimary } = await openDurable(programs, test);
    const [one, other] = replicas;
    const early = (await cluster.primaryNode()?.ask())?.at;
    assert(early !== undefined);
    await until(() => isUsable(cluster, one.name) && isUsable(cluster, other.name));
    const read = (seen: Seen) => sessions.visit(seen, { writes: false }).run(() => store.query(latest, []));
    await one.run('SELECT pg_wal_replay_pause()');
    await store.query(increase, [1]);
    assert.deepEqual(await read('nothing'), [{ id: 1, version: 1 }]);
    assert.deepEqual([...answeredBy.keys()], []);

    await stopPrimary();
    const acknowledged = await cluster.acknowledgedUpTo();
    assert(acknowledged !== undefined);
    await until(() => shows(cluster, other, acknowledged));
    // The other one has all that these sessions have seen, and none of what was acknowledged since.
    for (const seen of ['nothing', early, 'everything', 'nothing', early, 'everything'] as const)
      assert.deepEqual(await read(seen), [{ id: 1, version: 1 }]);
    assert.deepEqual([...answeredBy.keys()], [other.name]);
    await assert.rejects(store.query(latest, []), (error) => hasCode(error, 'unavailable'));
    await other.kill();
    await until(async () => (await cluster.acknowledgedUpTo()) === undefined);
    for (const seen of ['nothing', early] as const)
      await assert.rejects(read(seen), (error) => hasCode(error, 'unavailable'));
  });

  it('are answered by a replica as soon as the primary is silent, and not when it gives up', async (test) => {
    const { store, sessions, primary, replicas, answeredBy } = await openDurable(programs, test);
    const write = sessions.visit('nothing', { writes: true });
    await write.run(() => store.query(increase, [1]));
    const token = await write.seen();
    assert(token !== undefined);
    // On connections that are open.
    await Promise.all([store.query(versions, []), store.query(versions, [])]);
    atEnd(test, () => primary.signal('SIGCONT'));
    primary.signal('SIGSTOP');
    const events: string[] = [];
    const blocked = store
      .query(increase, [2])
      .catch(() => undefined)
      .finally(() => events.push('given up'));
    for (const seen of ['everything', 'everything', 'unreadable', token] as const) {
      const visit = sessions.visit(seen, { writes: false });
      assert.deepEqual(await visit.run(() => store.query(versions, [])), [{ id: 1, version: 1 }]);
      assert(isAtLeast((await visit.seen()) ?? token, token));
      events.push('read');
    }
    assert.equal(events[0], 'read');
    await blocked;
    assert(replicas.some(({ name }) => answeredBy.has(name)));
    assert.equal(answeredBy.has('primary'), false);
  });

  it('are answered by a replica where the primary is there, and only calls of it fail', async (test) => {
    const { store, primaryStore, sessions, cluster, replicas, answeredBy } = await openDurable(
      programs,
      test,
    );
    await store.query(increase, [1]);
    await primaryStore.close();
    const visit = sessions.visit('everything', { writes: false });
    assert.deepEqual(await visit.run(() => store.query(versions, [])), [{ id: 1, version: 1 }]);
    assert.equal(cluster.isPrimaryAway(), false);
    assert(replicas.some(({ name }) => answeredBy.has(name)));
    // In a request that writes, nothing is read from elsewhere.
    const write = sessions.visit('nothing', { writes: true });
    await assert.rejects(
      write.run(() => store.query(versions, [])),
      (error) => hasCode(error, 'unavailable'),
    );
  });

  it('are not answered where commits wait for no standby, unless the session says what it has seen', async (test) => {
    const { store, sessions, cluster, primary, replicas, stopPrimary } = await openDurable(programs, test);
    await primary.run("ALTER SYSTEM SET synchronous_standby_names = ''");
    await primary.run('SELECT pg_reload_conf()');
    await until(async () => (await cluster.acknowledgedUpTo()) === undefined);
    const visit = sessions.visit('nothing', { writes: true });
    await visit.run(() => store.query(increase, [1]));
    const token = await visit.seen();
    assert(token !== undefined);
    await stopPrimary();
    await until(() => replicas.every((replica) => shows(cluster, replica, token)));
    const blind = sessions.visit('everything', { writes: false });
    await assert.rejects(
      blind.run(() => store.query(versions, [])),
      (error) => hasCode(error, 'unavailable'),
    );
    const placed = sessions.visit(token, { writes: false });
    assert.deepEqual(await placed.run(() => store.query(versions, [])), [{ id: 1, version: 1 }]);
  });
});

function isUsable(cluster: PostgresCluster, name: string): boolean {
  const node = cluster.nodes.find((one) => one.name === name);
  return node !== undefined && cluster.lagMs(node) === 0;
}

function shows(cluster: PostgresCluster, { name }: PostgresServer, place: CommitPosition): boolean {
  const at = cluster.nodes.find((node) => node.name === name)?.status()?.at;
  return at !== undefined && isAtLeast(at, place);
}

/** Two replicas, for both of which each commit waits. */
async function openDurable(programs: string, test: TestContext) {
  const postgres = await startReplicatedPostgres(programs, 2);
  atEnd(test, () => postgres.close());
  const { primary, replicas } = postgres;
  const [one, other] = replicas;
  assert(one !== undefined && other !== undefined);
  await primary.run(createTable.text);
  await primary.run("ALTER SYSTEM SET synchronous_standby_names = '2 (*)'");
  await primary.run('SELECT pg_reload_conf()');
  const product = await openForTest(test, postgres);
  const { cluster, answeredBy } = product;
  await until(async () => (await cluster.acknowledgedUpTo()) !== undefined);
  return {
    ...product,
    ...{ primary, replicas: [one, other] as const },
    async stopPrimary() {
      // What is on its way is not lost with it.
      await until(() => new Set(cluster.nodes.map((node) => node.status()?.receivedTo)).size === 1);
      await primary.kill();
      await until(() => cluster.isPrimaryAway());
      answeredBy.clear();
    },
  };
}

async function openForTest(test: TestContext, postgres: ReplicatedPostgres) {
  const product = openProduct(postgres.url, { poolSize: 4, tryTimeoutMs: 5_000, acquireTimeoutMs: 2_000 });
  atEnd(test, product.close);
  await product.store.ping();
  return product;
}

interface OpenProduct {
  readonly store: SqlStore;
  /** To the primary alone. */
  readonly primaryStore: SqlStore;
  readonly sessions: SqlSessions;
  readonly cluster: PostgresCluster;
  readonly answeredBy: Map<string, number>;
  readonly fellBack: FallBack[];
  readonly close: () => Promise<void>;
}

function openProduct(url: string, limits: SqlStoreLimits): OpenProduct {
  const parsed = parseClusterUrl(url);
  assert('nodes' in parsed);
  const cluster = createPostgresCluster({ nodes: parsed.nodes, clock, log });
  const primary = createPostgresSqlStore({ connection: { primary: cluster.primary }, clock, log, ...limits });
  const replicas = cluster.nodes.map((node) => {
    const store = createPostgresSqlStore({ connection: { url: node.url }, clock, log, ...limits });
    return [node.name, store] as const;
  });
  const answeredBy = new Map<string, number>();
  const fellBack: FallBack[] = [];
  const observer = {
    read: (node: string) => void answeredBy.set(node, (answeredBy.get(node) ?? 0) + 1),
    fellBack: (reason: FallBack) => void fellBack.push(reason),
  };
  const { sessions, route } = createReplicaReads({ cluster, clock, observer });
  return {
    ...{ store: route(primary, new Map(replicas)), primaryStore: primary },
    ...{ sessions, cluster, answeredBy, fellBack },
    async close() {
      await Promise.all([primary, ...replicas.map(([, store]) => store)].map((store) => store.close()));
      await cluster.close();
    },
  };
}
