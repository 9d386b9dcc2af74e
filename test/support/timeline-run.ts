/** A load on home timelines, whatever happens to the servers meanwhile, and what has to be so after it. */
import assert from 'node:assert/strict';
import path from 'node:path';
import type { TestContext } from 'node:test';
import { createHttpClient } from '../../src/client/http-client.ts';
import type { Environment } from '../../src/config/env.ts';
import { seededFraction, systemClock, systemRandomness } from '../../src/core/clock.ts';
import { formatReport } from '../../src/history/check-report.ts';
import { readHistory } from '../../src/history/history-event.ts';
import { type HistoryRecorder, openHistoryRecorder } from '../../src/history/history-recorder.ts';
import { checkPosts } from '../../src/history/post-checker.ts';
import type { PostgresConnection } from '../../src/ports/sql-store/postgres-connection.ts';
import { createPostgresSqlStore } from '../../src/ports/sql-store/postgres-sql-store.ts';
import type { SqlStore } from '../../src/ports/sql-store/sql-store.ts';
import { createLog } from '../../src/telemetry/log.ts';
import { atEnd } from './at-end.ts';
import { runCommand } from './command.ts';
import { createMovingClient, type ServerUrls } from './moving-client.ts';
import { createRecordedPosts } from './recorded-posts.ts';
import { createServerHome, type ServerHome } from './server-process.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { type CastOnStage, stageCast } from './timeline-cast.ts';
import { startTimelineLoad, type TimelineLoad } from './timeline-load.ts';
import { checkOutcome } from './timeline-outcome.ts';
import { until } from './until.ts';

/** On a machine that is very busy. */
export const WAIT_MS_MAX = 60_000;
const PAGES = 10;
const clock = systemClock;

export interface Figures {
  readonly memory: number;
  readonly page: number;
  readonly continuation: number;
}

/** What the server has counted since it was started; noughts of one that is away. */
export async function figuresOf(url: string): Promise<Figures> {
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

export function openSql(test: TestContext, connection: PostgresConnection): SqlStore {
  const log = createLog({ level: 'silent', pretty: false });
  const sql = createPostgresSqlStore({ connection, poolSize: 4, clock, log });
  atEnd(test, () => sql.close());
  return sql;
}

export async function openHome(test: TestContext): Promise<ServerHome> {
  const home = await createServerHome();
  atEnd(test, () => home.close());
  return home;
}

export interface Run extends CastOnStage {
  readonly urls: ServerUrls;
  readonly load: TimelineLoad;
  readonly recorder: HistoryRecorder;
  readonly historyFile: string;
  readonly fraction: () => number;
}

export async function startRun(test: TestContext, urls: ServerUrls, sql: SqlStore): Promise<Run> {
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

export async function writesOf({ load }: Run, count: number): Promise<void> {
  const enough = load.ledger.acknowledged() + count;
  await until(() => load.ledger.acknowledged() >= enough, WAIT_MS_MAX);
}

/** While readers go on, or after it: nobody has missed anything, and nobody has been answered as they should not be. */
export function assertContent({ load }: Run): void {
  assert.deepEqual(load.wrong, []);
  assert.deepEqual(load.tally.complaints, []);
}

export async function assertVerified(args: readonly string[], readersMin: number): Promise<void> {
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
export async function cacheAll({ members, urls: [url] }: Run): Promise<void> {
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
export async function assertOutcome(test: TestContext, run: Run, sql: SqlStore): Promise<void> {
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

export function settingsOf(pullFollowers: number, more: Environment = {}): Environment {
  return { GROUNDSWELL_RATE_LIMITS: 'off', GROUNDSWELL_PULL_FOLLOWERS: String(pullFollowers), ...more };
}
