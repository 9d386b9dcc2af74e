/** Servers are killed again and again while people write and read, and no home timeline may lack anything afterwards. */
import assert from 'node:assert/strict';
import path from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import type { ServerProcess } from '../../src/bench/server-process.ts';
import { systemClock } from '../../src/core/clock.ts';
import { attachEmbeddedPostgres } from '../../src/ports/sql-store/embedded-postgres/attach.ts';
import { readStatement, type SqlStore } from '../../src/ports/sql-store/sql-store.ts';
import { atEnd } from '../support/at-end.ts';
import type { ServerUrls } from '../support/moving-client.ts';
import { type PostgresEngine, separatePostgres } from '../support/postgres-engines.ts';
import { describeOnBackend } from '../support/required-backends.ts';
import { PULL_LIMITS } from '../support/timeline-cast.ts';
import {
  assertContent,
  assertOutcome,
  assertVerified,
  cacheAll,
  figuresOf,
  openHome,
  openSql,
  type Run,
  settingsOf,
  startRun,
  WAIT_MS_MAX,
  writesOf,
} from '../support/timeline-run.ts';
import { until } from '../support/until.ts';

const KILLS = 5;
/** Acknowledged writes between a start and a kill: from right away to a few seconds. */
const WRITES_MAX = 200;
/** Losses of the connection on which one of two servers is the keeper of the timelines. */
const PARTINGS = 2;
/** As long may one that was parted from the database believe that it is the keeper. */
const UNAWARE_MS = 1_000;
const TAKE_OVER_MS = 30_000;
const clock = systemClock;

const pulledAuthors = readStatement<[], { readonly count: number }>(
  'pulled_authors',
  "SELECT count(*) AS count FROM author_modes WHERE mode = 'pulled'",
);

async function pulledCount(sql: SqlStore): Promise<number> {
  return (await sql.query(pulledAuthors, []))[0]?.count ?? 0;
}

describe('home timelines, with everything in one process', () => {
  it(`lack nothing after ${KILLS} times kill -9 and one SIGTERM under load`, async (test) => {
    const home = await openHome(test);
    const start = (epoch: number) => home.start(settingsOf(PULL_LIMITS[epoch < 2 ? 0 : 1] ?? 0));
    const attached = async () => {
      const connection = await attachEmbeddedPostgres(path.join(home.dataFolder, 'postgres'));
      assert(connection);
      return openSql(test, connection);
    };
    let server = await start(0);
    const sum = { memory: 0, page: 0, continuation: 0 };
    const count = async (): Promise<void> => {
      const figures = await figuresOf(server.url);
      for (const name of ['memory', 'page', 'continuation'] as const) sum[name] += figures[name];
    };
    const urls: ServerUrls = [server.url];
    const run = await startRun(test, urls, await attached());
    const { load, recorder, fraction } = run;
    for (let epoch = 1; epoch <= KILLS; epoch += 1) {
      await writesOf(run, 1 + Math.floor(fraction() * WRITES_MAX));
      await count();
      const group = fraction() < 0.5;
      recorder.mark('kill', { epoch, group });
      if (!group) process.kill(server.pid, 'SIGKILL');
      await (group ? server.kill() : server.ended);
      urls[0] = undefined;
      server = await start(epoch);
      urls[0] = server.url;
      recorder.mark('restart');
    }
    await until(async () => (await figuresOf(server.url)).memory > 0, WAIT_MS_MAX);
    await writesOf(run, WRITES_MAX / 2);
    const cut = load.tally.cut.length;
    await count();
    assert.equal(await stopUnderLoad(server, urls, 0), 0, server.logs());
    assert.deepEqual(load.tally.cut.slice(cut), [], 'SIGTERM has cut requests');
    server = await start(KILLS + 1);
    urls[0] = server.url;

    const sql = await attached();
    const hasBoth = async () =>
      (await figuresOf(server.url)).continuation > 0 && (await pulledCount(sql)) === 2;
    await until(hasBoth, WAIT_MS_MAX);
    await load.stop();
    await count();
    assertContent(run);
    assert(sum.memory > 0 && sum.page > 0 && sum.continuation > 0, JSON.stringify(sum));
    test.diagnostic(JSON.stringify(sum));
    await cacheAll(run);
    await assertVerified(['--data', home.dataFolder], run.members.length);
    await assertOutcome(test, run, sql);
    assert.equal(await server.stop(), 0);
  });
});

/** Clients go on until there is nobody any more. */
async function stopUnderLoad(
  server: ServerProcess,
  urls: ServerUrls,
  index: number,
): Promise<number | undefined> {
  process.kill(server.pid, 'SIGTERM');
  const code = await server.ended;
  urls[index] = undefined;
  return code;
}

const loseHold = readStatement<[], { readonly ended: boolean }>(
  'lose_hold',
  `SELECT pg_terminate_backend(pid) AS ended FROM pg_locks
   WHERE locktype = 'advisory' AND granted
     AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
     AND (classid::bigint << 32) | objid::bigint = hashtextextended('hold home timelines in memory', 0)`,
);

/** Which of the servers answers from memory now, more than it had by `before`. */
async function keeperAmong(urls: ServerUrls, before: readonly number[]): Promise<number> {
  const now = await memoryReads(urls);
  return now.findIndex((count, index) => count > (before[index] ?? 0));
}

function memoryReads(urls: ServerUrls): Promise<number[]> {
  return Promise.all(urls.map(async (url) => (url === undefined ? 0 : (await figuresOf(url)).memory)));
}

/** Waits for one, and answers which it is. */
async function findKeeper(urls: ServerUrls): Promise<number> {
  const before = await memoryReads(urls);
  let keeper = -1;
  await until(async () => {
    keeper = await keeperAmong(urls, before);
    return keeper >= 0;
  }, TAKE_OVER_MS);
  return keeper;
}

/** Two servers on one database, and a load on both. */
interface Pair extends Run {
  readonly servers: ServerProcess[];
  readonly start: (index: number) => Promise<void>;
  readonly verify: () => Promise<void>;
  readonly sql: SqlStore;
}

async function startPair(test: TestContext, engine: PostgresEngine): Promise<Pair> {
  const database = await engine.createDatabase();
  atEnd(test, () => database.drop());
  const homes = [await openHome(test), await openHome(test)];
  const settings = settingsOf(PULL_LIMITS[0], { GROUNDSWELL_DATABASE_URL: database.url });
  const servers: ServerProcess[] = [];
  const urls: ServerUrls = [undefined, undefined];
  const start = async (index: number): Promise<void> => {
    const server = await (homes[index] ?? assert.fail()).start(settings);
    servers[index] = server;
    urls[index] = server.url;
  };
  await start(0);
  await start(1);
  const sql = openSql(test, database.connection);
  const verify = () => assertVerified(['--database-url', database.url], 1);
  return { ...(await startRun(test, urls, sql)), servers, start, verify, sql };
}

/** Verifies while everybody rests; what is wrong in memory stays as it is. */
async function verifyAtRest({ load, verify }: Pair): Promise<void> {
  await load.pause();
  await verify();
  load.resume();
}

/** Nobody notices but those who were at that server, and they once each. */
async function killKeeper(test: TestContext, pair: Pair): Promise<void> {
  const { urls, servers, load, recorder, fraction } = pair;
  const keeper = await findKeeper(urls);
  await writesOf(pair, 1 + Math.floor(fraction() * WRITES_MAX));
  recorder.mark('kill', { keeper });
  const killedUrl = urls[keeper];
  await servers[keeper]?.kill();
  const killedMs = clock.monotonicMs();
  urls[keeper] = undefined;
  assert.equal(await findKeeper(urls), 1 - keeper);
  const tookMs = Math.round(clock.monotonicMs() - killedMs);
  test.diagnostic(`the other server keeps the timelines ${tookMs} ms after the kill`);
  await writesOf(pair, WRITES_MAX / 2);
  const { cut } = load.tally;
  assert.deepEqual(
    cut.filter(({ url }) => url !== killedUrl),
    [],
    'requests of the other server were cut',
  );
  assert(cut.length <= pair.members.length, `${cut.length} requests were cut`);
  assertContent(pair);
  await verifyAtRest(pair);
  await pair.start(keeper);
  recorder.mark('restart');
}

/** The keeper loses the connection on which it is that, and both go on. */
async function partKeeper(pair: Pair): Promise<void> {
  await findKeeper(pair.urls);
  await writesOf(pair, 1 + Math.floor((pair.fraction() * WRITES_MAX) / 2));
  assert.deepEqual(await pair.sql.query(loseHold, []), [{ ended: true }]);
  pair.recorder.mark('part');
  // Whoever answers from memory after that has become the keeper since.
  await clock.sleep(UNAWARE_MS);
  await findKeeper(pair.urls);
  await verifyAtRest(pair);
}

async function stopKeeper(pair: Pair): Promise<void> {
  const { urls, servers, load, recorder } = pair;
  const keeper = await findKeeper(urls);
  const cutBefore = load.tally.cut.length;
  const server = servers[keeper] ?? assert.fail();
  recorder.mark('stop', { keeper });
  assert.equal(await stopUnderLoad(server, urls, keeper), 0, server.logs());
  assert.equal(await findKeeper(urls), 1 - keeper);
  assert.deepEqual(load.tally.cut.slice(cutBefore), [], 'SIGTERM has cut requests');
  await pair.start(keeper);
  recorder.mark('restart');
}

describeOnBackend(
  'home timelines of two servers on one database',
  { backend: 'postgres', engine: separatePostgres(), remedy: 'set GROUNDSWELL_TEST_POSTGRES_URL' },
  (engine: PostgresEngine) => {
    it('are taken over by the other when the keeper is killed, stopped or parted from the database', async (test) => {
      const pair = await startPair(test, engine);
      await killKeeper(test, pair);
      for (let parting = 0; parting < PARTINGS; parting += 1) await partKeeper(pair);
      await stopKeeper(pair);
      await writesOf(pair, WRITES_MAX / 2);
      await pair.load.stop();
      assertContent(pair);
      assert((await pulledCount(pair.sql)) > 0, 'nobody was pulled');
      await pair.verify();
      await assertOutcome(test, pair, pair.sql);
    });
  },
);
