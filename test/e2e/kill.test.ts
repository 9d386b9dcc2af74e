/** Everything is killed while 2,000 people post at once, and nothing that was acknowledged may be lost or doubled. */
import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { ServerProcess } from '../../src/bench/server-process.ts';
import { createApiClient, type Member } from '../../src/client/api-client.ts';
import { createHttpClient, type HttpClient } from '../../src/client/http-client.ts';
import { seededFraction, systemClock, systemRandomness } from '../../src/core/clock.ts';
import { concurrently } from '../../src/core/concurrently.ts';
import { formatReport } from '../../src/history/check-report.ts';
import { readHistory } from '../../src/history/history-event.ts';
import { type HistoryRecorder, openHistoryRecorder } from '../../src/history/history-recorder.ts';
import { checkPosts } from '../../src/history/post-checker.ts';
import { createRecordedPosts, type PostIntent } from '../support/recorded-posts.ts';
import { createServerHome, type ServerHome, snapshotProcesses } from '../support/server-process.ts';
import { until } from '../support/until.ts';

const USERS = 20;
const POSTS = 2000;
/** A few requests are turned away while the server comes back, or while a key's first attempt still runs. */
const ATTEMPTS_MAX = 50;
const RETRY_AFTER_MS = 100;
const CALLS_AT_ONCE = 32;
const SETTINGS = { GROUNDSWELL_RATE_LIMITS: 'off' };
const clock = systemClock;

function connect(url: string, connectionsMax: number): HttpClient {
  return createHttpClient({ url, connectionsMax, timeoutMs: 60_000 });
}

function intend(members: readonly Member[]): PostIntent[] {
  return Array.from({ length: POSTS }, (_, n) => {
    const member = members[n % members.length];
    assert(member);
    return { authorId: member.userId, token: member.token, text: `post ${n} of 2000`, idem: `kill-${n}` };
  });
}

/** Asks until there is an answer. */
async function insist<Answer>(ask: () => Promise<Answer | undefined>): Promise<Answer> {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await clock.sleep(RETRY_AFTER_MS);
  }
  throw new Error(`no answer in ${ATTEMPTS_MAX} attempts`);
}

interface Run {
  readonly intents: readonly PostIntent[];
  readonly recorder: HistoryRecorder;
}

/** Sends all posts at once and kills everything when `killAfter` are acknowledged. Answers those that were. */
async function killAmidPosts(server: ServerProcess, http: HttpClient, run: Run, killAfter: number) {
  const posts = createRecordedPosts(http, run.recorder);
  const acknowledged = new Map<string, PostIntent>();
  let settled = 0;
  const all = run.intents.map(async (intent) => {
    const postId = await posts.create(intent);
    if (postId !== undefined) acknowledged.set(postId, intent);
    settled += 1;
  });
  await until(() => acknowledged.size >= killAfter || settled === POSTS);
  const processes = await snapshotProcesses(server.pid);
  run.recorder.mark('kill', { acknowledged: acknowledged.size });
  await server.kill();
  await Promise.all(all);
  assert(acknowledged.size > 0, `no post was acknowledged:\n${server.logs()}`);
  assert(acknowledged.size < POSTS, 'the kill came after every post was acknowledged');
  return { acknowledged, processes };
}

/** Reads what was acknowledged, retries everything with the same keys, and reads all there is. */
async function retryEverything(http: HttpClient, run: Run, acknowledged: ReadonlyMap<string, PostIntent>) {
  const { intents, recorder } = run;
  const posts = createRecordedPosts(http, recorder);
  const found = [...acknowledged].map(([postId, { token }]) => ({ postId, token }));
  const there = await eachOf(found, ({ postId, token }) => insist(() => posts.read(postId, token, false)));
  assert(!there.includes(false), 'a 201 is not there after the restart');
  const made = await eachOf(intents, async (intent) => ({
    ...intent,
    postId: await insist(() => posts.create(intent)),
  }));
  assert.equal(new Set(made.map(({ postId }) => postId)).size, POSTS);
  await eachOf(made, ({ postId, token }) => insist(() => posts.read(postId, token, true)));
  const authors = new Map(intents.map(({ authorId, token }) => [authorId, token]));
  const counts = await eachOf([...authors], ([authorId, token]) =>
    insist(() => posts.list(authorId, token, true)),
  );
  assert.deepEqual(counts, new Array(USERS).fill(POSTS / USERS));
}

function eachOf<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  return concurrently(items.length, (n) => work(items[n] ?? assert.fail()), CALLS_AT_ONCE);
}

describe('kill -9 of the whole process group', () => {
  let home: ServerHome;
  before(async () => {
    home = await createServerHome();
  });
  after(() => home.close());

  it('amid 2,000 concurrent posts loses no 201, doubles nothing under retries and leaves no orphan', async (test) => {
    const seed = systemRandomness.bytes(4).readUInt32LE();
    const killAfter = 1 + Math.floor(seededFraction(seed)() * (POSTS / 2));
    test.diagnostic(`seed ${seed}: killed after ${killAfter} acknowledged posts`);
    const historyFile = path.join(home.dataFolder, 'history.jsonl');
    const recorder = openHistoryRecorder({ path: historyFile, clock });
    recorder.moveTo({ node: 'primary', stage: '1', epoch: 1 });

    const first = await home.start(SETTINGS);
    const crowd = connect(first.url, POSTS);
    const members = await concurrently(USERS, (n) => createApiClient(crowd, clock).signUp(`member_${n}`));
    const run = { intents: intend(members), recorder };
    const { acknowledged, processes } = await killAmidPosts(first, crowd, run, killAfter);
    crowd.close();

    const second = await home.start(SETTINGS);
    recorder.mark('restart');
    assert.deepEqual(processes?.survivors() ?? [], [], 'processes of the killed server still run');
    const http = connect(second.url, CALLS_AT_ONCE);
    await retryEverything(http, run, acknowledged);
    http.close();
    recorder.close();

    const report = checkPosts(await readHistory(historyFile), { finalViews: ['post', 'author'] });
    test.diagnostic(formatReport(report));
    assert.equal(report.verdict, 'valid', formatReport(report));
    assert.equal(await second.stop(), 0, second.logs());
    await until(async () => ((await processes?.successors()) ?? []).length === 0);
  });
});
