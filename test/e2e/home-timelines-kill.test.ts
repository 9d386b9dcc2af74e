/** Servers are killed again and again while people write and read, and no home timeline may lack anything afterwards. */
import assert from 'node:assert/strict';
import path from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { createHttpClient } from '../../src/bench/http-client.ts';
import type { ServerProcess } from '../../src/bench/server-process.ts';
import type { Environment } from '../../src/config/env.ts';
import { seededFraction, systemClock, systemRandomness } from '../../src/core/clock.ts';
import { formatReport } from '../../src/history/check-report.ts';
import { readHistory } from '../../src/history/history-event.ts';
import { type HistoryRecorder, openHistoryRecorder } from '../../src/history/history-recorder.ts';
import { checkPosts } from '../../src/history/post-checker.ts';
import { attachEmbeddedPostgres } from '../../src/ports/sql-store/embedded-postgres/attach.ts';
import type { PostgresConnection } from '../../src/ports/sql-store/postgres-connection.ts';
import { createPostgresSqlStore } from '../../src/ports/sql-store/postgres-sql-store.ts';
import { readStatement, type SqlStore } from '../../src/ports/sql-store/sql-store.ts';
import { createLog } from '../../src/telemetry/log.ts';
import { atEnd } from '../support/at-end.ts';
import { runCommand } from '../support/command.ts';
import { createMovingClient, type ServerUrls } from '../support/moving-client.ts';
import { type PostgresEngine, separatePostgres } from '../support/postgres-engines.ts';
import { createRecordedPosts } from '../support/recorded-posts.ts';
import { describeOnBackend } from '../support/required-backends.ts';
import { createServerHome, type ServerHome } from '../support/server-process.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { type CastOnStage, PULL_LIMITS, stageCast } from '../support/timeline-cast.ts';
import { startTimelineLoad, type TimelineLoad } from '../support/timeline-load.ts';
import { checkOutcome } from '../support/timeline-outcome.ts';
import { until } from '../support/until.ts';

const KILLS = 5;
/** Acknowledged writes between a start and a kill: from right away to a few seconds. */
const WRITES_MAX = 200;
/** Losses of the connection on which one of two servers is the keeper of the timelines. */
const PARTINGS = 2;
/** As long may one that was parted from the database believe that it is the keeper. */
const UNAWARE_MS = 1_000;
/** On a machine that is very busy. */
const WAIT_MS_MAX = 60_000;
const TAKE_OVER_MS = 30_000;
const PAGES = 10;
const clock = systemClock;

interface Figures {
  readonly memory: number;
  readonly page: number;
  readonly continuation: number;
}

/** What the server has counted since it was started; noughts of one that is away. */
async function figuresOf(url: string): Promise<Figures> {
  const text = await fetch(`${url}/metrics`).then(
    (answer) => answer.text(),
    () => '',
  );
  const count = (name: string) => Number(new RegExp(`^${name}\\} (\\d+)$`, 'm').exec(text)?.[1] ?? 0);
  return {
    memory: count('home_timeline_reads_total\\{source="memory"'),
    page: count('fan_out_deliveries_total\\{lane="page"'),
    continuation: count('fan_out_deliveries_total\\{lane="continuation"'),
  };
}

function openSql(test: TestContext, connection: PostgresConnection): SqlStore {
  const log = createLog({ level: 'silent', pretty: false });
  const sql = createPostgresSqlStore({ connection, poolSize: 4, clock, log });
  atEnd(test, () => sql.close());
  return sql;
}

async function openHome(test: TestContext): Promise<ServerHome> {
  const home = await createServerHome();
  atEnd(test, () => home.close());
  return home;
}

interface Run extends CastOnStage {
  readonly urls: ServerUrls;
  readonly load: TimelineLoad;
  readonly recorder: HistoryRecorder;
  readonly historyFile: string;
  readonly fraction: () => number;
}

async function startRun(test: TestContext, urls: ServerUrls, sql: SqlStore): Promise<Run> {
  const seed = systemRandomness.bytes(4).readUInt32LE();
  test.diagnostic(`seed ${seed}`);
  const historyFile = path.join(await temporaryFolder(test), 'history.jsonl');
  const recorder = openHistoryRecorder({ path: historyFile, clock });
  recorder.moveTo({ node: 'primary', stage: '1', epoch: 1 });
  const staged = await stageCast(urls[0] ?? '', sql);
  const load = startTimelineLoad({ ...staged, urls, recorder, seed });
  atEnd(test, load.abandon);
  return { ...staged, urls, load, recorder, historyFile, fraction: seededFraction(seed) };
}

async function writesOf({ load }: Run, count: number): Promise<void> {
  const enough = load.ledger.acknowledged() + count;
  await until(() => load.ledger.acknowledged() >= enough, WAIT_MS_MAX);
}

/** While readers go on, or after it: nobody has missed anything, and nobody has been answered as they should not be. */
function assertContent({ load }: Run): void {
  assert.deepEqual(load.wrong, []);
  assert.deepEqual(load.tally.complaints, []);
}

async function assertVerified(args: readonly string[], readersMin: number): Promise<void> {
  const { code, stdout, stderr } = await runCommand([
    'feeds',
    'verify',
    '--pages',
    String(PAGES),
    '--json',
    ...args,
  ]);
  assert.equal(code, 0, `${stderr}\n${stdout}`);
  const found = JSON.parse(stdout);
  assert.deepEqual([found.differences, found.undecided], [[], false]);
  assert(found.readers_checked >= readersMin, `only ${found.readers_checked} timelines are cached`);
}

/** Everybody reads until all are answered from memory in one round, so that there are timelines to verify. */
async function cacheAll({ members, urls: [url] }: Run): Promise<void> {
  const http = createMovingClient({
    urls: [url],
    home: 0,
    tally: { statuses: new Map(), complaints: [], cut: [] },
  });
  await until(async () => {
    const { memory } = await figuresOf(url ?? '');
    for (const { token } of members) await http.send({ method: 'GET', path: '/api/v1/feed', token });
    return (await figuresOf(url ?? '')).memory - memory >= members.length;
  }, WAIT_MS_MAX);
  http.close();
}

/** Nothing that was acknowledged is lost, and everybody's home timeline is as SQL has it, to its end, from every server. */
async function assertOutcome(test: TestContext, run: Run, sql: SqlStore): Promise<void> {
  const { cast, members, urls, load, recorder } = run;
  for (const [index, url = ''] of urls.entries()) {
    const http = createHttpClient({ url, connectionsMax: 4, timeoutMs: 60_000 });
    const entries = await checkOutcome({ sql, http, members, ledger: load.ledger });
    test.diagnostic(
      `server ${index}: ${entries} entries of ${members.length} home timelines are as they should be`,
    );
    const posts = createRecordedPosts(http, recorder);
    for (const { userId, token } of cast.authors)
      assert((await posts.list(userId, token, true)) !== undefined);
    http.close();
  }
  recorder.close();
  const report = checkPosts(await readHistory(run.historyFile), { finalViews: ['author'] });
  assert.equal(report.verdict, 'valid', formatReport(report));
  test.diagnostic(formatReport(report));
  test.diagnostic(
    `${load.walks()} walks under load; the latest entry came ${Math.round(load.latestMs())} ms late; ` +
      `answers ${JSON.stringify([...load.tally.statuses])}, ${load.tally.cut.length} cut`,
  );
}

const pulledAuthors = readStatement<[], { readonly count: number }>(
  'pulled_authors',
  "SELECT count(*) AS count FROM author_modes WHERE mode = 'pulled'",
);

async function pulledCount(sql: SqlStore): Promise<number> {
  return (await sql.query(pulledAuthors, []))[0]?.count ?? 0;
}

function settingsOf(pullFollowers: number, more: Environment = {}): Environment {
  return { GROUNDSWELL_RATE_LIMITS: 'off', GROUNDSWELL_PULL_FOLLOWERS: String(pullFollowers), ...more };
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
