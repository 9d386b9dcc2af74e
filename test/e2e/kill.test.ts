/** Everything is killed while 2,000 people post at once, and nothing that was acknowledged may be lost or doubled. */
import assert from 'node:assert/strict';
import path from 'node:path';
import { after, describe, it } from 'node:test';
import { createApiClient, type Member } from '../../src/bench/api-client.ts';
import { createHttpClient, type HttpClient } from '../../src/bench/http-client.ts';
import { inBatches } from '../../src/bench/population.ts';
import { seededFraction, systemClock, systemRandomness } from '../../src/core/clock.ts';
import { formatReport } from '../../src/history/check-report.ts';
import { readHistory } from '../../src/history/history-event.ts';
import { openHistoryRecorder } from '../../src/history/history-recorder.ts';
import { checkPosts } from '../../src/history/post-checker.ts';
import { createRecordedPosts, type PostIntent, type RecordedPosts } from '../support/recorded-posts.ts';
import { createServerHome, type ServerHome, snapshotProcesses } from '../support/server-process.ts';
import { until } from '../support/until.ts';

const USERS = 20;
const POSTS = 2000;
/** A few requests are turned away while the server comes back, or while a key's first attempt still runs. */
const ATTEMPTS_MAX = 50;
const RETRY_AFTER_MS = 100;
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

/** Sends it until it is acknowledged. */
async function insist(posts: RecordedPosts, intent: PostIntent): Promise<string> {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
    const postId = await posts.create(intent);
    if (postId !== undefined) return postId;
    await clock.sleep(RETRY_AFTER_MS);
  }
  throw new Error(`${intent.idem} was not acknowledged in ${ATTEMPTS_MAX} attempts`);
}

describe('kill -9 of the whole process group', () => {
  let home: ServerHome;
  after(() => home.close());

  it('amid 2,000 concurrent posts loses no 201, doubles nothing under retries and leaves no orphan', async (test) => {
    const seed = systemRandomness.bytes(4).readUInt32LE();
    const killAfter = 1 + Math.floor(seededFraction(seed)() * (POSTS / 2));
    test.diagnostic(`seed ${seed}: killed after ${killAfter} acknowledged posts`);
    home = await createServerHome();
    const historyFile = path.join(home.dataFolder, 'history.jsonl');
    const recorder = openHistoryRecorder({ path: historyFile, clock });
    recorder.moveTo({ node: 'primary', stage: '1', epoch: 1 });
    const settings = { GROUNDSWELL_RATE_LIMITS: 'off' };

    const first = await home.start(settings);
    let http = connect(first.url, POSTS);
    const members = await inBatches(USERS, (n) => createApiClient(http).signUp(`member_${n}`));
    const intents = intend(members);
    const acknowledged = new Map<string, PostIntent>();

    const doomed = createRecordedPosts(http, recorder);
    let settled = 0;
    const all = intents.map(async (intent) => {
      const postId = await doomed.create(intent);
      if (postId !== undefined) acknowledged.set(postId, intent);
      settled += 1;
    });
    await until(() => acknowledged.size >= killAfter || settled === POSTS);
    const before = await snapshotProcesses(first.pid);
    recorder.mark('kill', { acknowledged: acknowledged.size });
    await first.kill();
    await Promise.all(all);
    http.close();
    assert(acknowledged.size > 0, `no post was acknowledged:\n${first.logs()}`);
    assert(acknowledged.size < POSTS, 'the kill came after every post was acknowledged');
    test.diagnostic(`${acknowledged.size} of ${POSTS} acknowledged before everything was dead`);

    const second = await home.start(settings);
    recorder.mark('restart');
    assert.deepEqual(before?.survivors() ?? [], [], 'processes of the killed server still run');
    http = connect(second.url, 32);
    const posts = createRecordedPosts(http, recorder);
    const found = [...acknowledged];
    await inBatches(
      found.length,
      (n) => posts.read(found[n]?.[0] ?? '', found[n]?.[1].token ?? '', false),
      32,
    );

    const postIds = await inBatches(POSTS, (n) => insist(posts, intents[n] ?? assert.fail()), 32);
    assert.equal(new Set(postIds).size, POSTS);
    await inBatches(POSTS, (n) => posts.read(postIds[n] ?? '', intents[n]?.token ?? '', true), 32);
    for (const { userId, token } of members) {
      assert.equal(await posts.list(userId, token, true), POSTS / USERS);
    }
    http.close();
    recorder.close();

    const report = checkPosts(await readHistory(historyFile), { finalViews: ['post', 'author'] });
    test.diagnostic(formatReport(report));
    assert.equal(report.verdict, 'valid', formatReport(report));

    assert.equal(await second.stop(), 0, second.logs());
    await until(async () => ((await before?.successors())?.length !== 0) === false || before === undefined);
  });
});
