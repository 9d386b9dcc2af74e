/** A topology with replicas under load, whose primary is killed, and whose replicas fail and lag. */
import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import type { TestContext } from 'node:test';
import { systemClock } from '../../src/core/clock.ts';
import { createPostgresCluster } from '../../src/ports/sql-store/postgres-cluster.ts';
import { createPostgresSqlStore } from '../../src/ports/sql-store/postgres-sql-store.ts';
import { createLog } from '../../src/telemetry/log.ts';
import { readUpRecord } from '../../src/up/process-records.ts';
import { upFolderIn } from '../../src/up/up-folder.ts';
import { atEnd } from '../support/at-end.ts';
import { createJourneyClient } from '../support/journey-client.ts';
import { createUpHome } from '../support/running-up.ts';
import { until } from '../support/until.ts';
import { openPatroniCluster, type PatroniCluster } from './patroni-cluster.ts';
import { startTokenTaker } from './tokens.ts';
import { startWriters, type Writers } from './writers.ts';

export interface FailoverOptions {
  /** How often the primary is killed. */
  readonly kills: number;
  /** Writes that must be acknowledged before and after each fault. */
  readonly writes: number;
}

const TOPOLOGY = `
name: failover
engines: { postgres: { nodes: 3 } }
processes:
  api: { roles: [api], count: 2 }
  worker: { roles: [worker] }
settings: { GROUNDSWELL_RATE_LIMITS: off, GROUNDSWELL_DATABASE_POOL_SIZE: 4 }
`;
const PEOPLE = 3;
const HELD_UP_MS = 7_000;
const SETTLED_MS_MAX = 60_000;

export async function runFailover(test: TestContext, options: FailoverOptions): Promise<void> {
  const home = await createUpHome(test, TOPOLOGY);
  const folders: string[] = [];
  atEnd(test, () => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))));
  const up = await home.start();
  const record = await readUpRecord(upFolderIn(home.dataFolder));
  const urls = (record?.processes ?? [])
    .filter(({ name }) => name.startsWith('api'))
    .map(({ port }) => `http://127.0.0.1:${port}`);
  assert.equal(urls.length, 2);
  const cluster = openPatroniCluster(up.record.database_url ?? '');
  folders.push(await cluster.folder());
  const sql = openStore(test, cluster);
  let turn = 0;
  const client = createJourneyClient(() => {
    turn += 1;
    return urls[turn % urls.length] ?? '';
  });
  const people = [];
  for (let count = 0; count < PEOPLE; count += 1) people.push(await client.signUp('alice'));
  const tokens = startTokenTaker(sql);
  const writers = startWriters(people);
  await writers.acknowledge(options.writes);

  for (let kill = 1; kill <= options.kills; kill += 1)
    await killPrimary(test, cluster, writers, options.writes);
  await failReplicas(test, cluster, writers);

  await writers.stop();
  await tokens.stop();
  const all = [...writers.acknowledged].flatMap(([, ids]) => ids);
  assert.equal(new Set(all).size, all.length, 'no id was given twice');
  await nothingLost(cluster, all);
  test.diagnostic(
    `acknowledged: ${all.length} posts, all there; ${tokens.taken()} tokens, none twice; ${writers.reads()} reads`,
  );
  test.diagnostic(`failed writes, each done when asked again: ${JSON.stringify(writers.failedWrites)}`);
  test.diagnostic(`failed reads: ${JSON.stringify(writers.failedReads)}`);
}

function openStore(test: TestContext, { nodes }: PatroniCluster) {
  const log = createLog({ level: 'silent', pretty: false });
  const cluster = createPostgresCluster({ nodes, clock: systemClock, log });
  const store = createPostgresSqlStore({
    connection: { primary: cluster.primary },
    clock: systemClock,
    log,
    poolSize: 2,
  });
  atEnd(test, async () => {
    await store.close();
    await cluster.close();
  });
  return store;
}

async function killPrimary(
  test: TestContext,
  cluster: PatroniCluster,
  writers: Writers,
  writes: number,
): Promise<void> {
  // Only with a standby on which everything is.
  await cluster.find('synchronous standby');
  const primary = await cluster.find('primary');
  writers.longestPauseMs();
  const killedMs = systemClock.monotonicMs();
  await cluster.kill(primary);
  await writers.acknowledge(writes);
  const next = await cluster.find('primary');
  assert.notEqual(next.name, primary.name, 'another one has been promoted');
  const pauseS = writers.longestPauseMs() / 1_000;
  const passedS = (systemClock.monotonicMs() - killedMs) / 1_000;
  test.diagnostic(
    `primary killed: ${pauseS.toFixed(1)} s without an acknowledged write, ${writes} more after ${passedS.toFixed(1)} s`,
  );
  // It comes back as a replica of the new one.
  await cluster.find('synchronous standby');
}

async function failReplicas(test: TestContext, cluster: PatroniCluster, writers: Writers): Promise<void> {
  const failed = () => JSON.stringify([writers.failedReads, writers.failedWrites]);
  const replica = await cluster.find('replica');
  const before = failed();
  await cluster.kill(replica);
  await writers.acknowledge(20);
  await until(
    () =>
      cluster.run(replica, 'SELECT 1').then(
        () => true,
        () => false,
      ),
    SETTLED_MS_MAX,
  );
  await cluster.run(replica, 'SELECT pg_wal_replay_pause()');
  const heldUpMs = systemClock.monotonicMs();
  while (systemClock.monotonicMs() - heldUpMs < HELD_UP_MS) await writers.acknowledge(5);
  await cluster.run(replica, 'SELECT pg_wal_replay_resume()');
  await writers.acknowledge(20);
  assert.equal(failed(), before, 'a replica that fails or lags costs no request');
  test.diagnostic('a replica was killed and came back, and was held up for 7 s: no request failed');
}

/** On every server, once it has come up to the others. */
async function nothingLost(cluster: PatroniCluster, ids: readonly string[]): Promise<void> {
  for (const node of cluster.nodes) {
    await until(async () => {
      const rows = await cluster
        .run(node, `SELECT count(*)::int AS found FROM posts WHERE post_id IN (${ids.join(',')})`)
        .catch(() => []);
      return rows[0]?.['found'] === ids.length;
    }, SETTLED_MS_MAX);
  }
}
