/**
 * Two processes that answer, on a primary with a replica: whoever carries the token reads from the replica, and finds what
 * they have just written, at whichever process.
 */
import assert from 'node:assert/strict';
import { it, type TestContext } from 'node:test';
import { createHttpClient } from '../../src/client/http-client.ts';
import { readMetrics, sumBy } from '../../src/client/prometheus-text.ts';
import { atEnd } from '../support/at-end.ts';
import { createJourneyClient, type Person } from '../support/journey-client.ts';
import {
  type ReplicatedPostgres,
  replicatedPostgresBackend,
  startReplicatedPostgres,
} from '../support/replicated-postgres.ts';
import { describeOnBackend } from '../support/required-backends.ts';
import { createServerHome } from '../support/server-process.ts';
import { until } from '../support/until.ts';

const HEADER = 'consistency-token';
const POSTS = 12;
/** Read by SQL, and of what may be stale. */
const PAGE = '/tags/walk/posts?limit=40';

describeOnBackend('two processes on a primary and a replica', replicatedPostgresBackend(), (programs) => {
  it('show everyone what they have just written, whichever process and server answers', async (test) => {
    const postgres = await startReplicatedPostgres(programs, 1);
    atEnd(test, () => postgres.close());
    const [replica] = postgres.replicas;
    assert(replica !== undefined);
    const urls = await Promise.all([startServer(test, postgres), startServer(test, postgres)]);
    let turn = 0;
    const people = createJourneyClient(() => urls[turn % urls.length] ?? '');
    const alice = await people.signUp('alice');
    let token = '';

    /** At the other process each time. */
    async function call(person: Person, method: string, path: string, body?: object) {
      turn += 1;
      const answer = await person.call(method, path, {
        ...(body === undefined ? {} : { body }),
        headers: token === '' ? {} : { [HEADER]: token },
      });
      assert(answer.status < 300, JSON.stringify(answer.body));
      const given = answer.headers.get(HEADER) ?? '';
      if (given > token) token = given;
      return answer;
    }

    const written: string[] = [];
    for (let count = 0; count < POSTS; count += 1) {
      // The replica stands still for some of them.
      if (count % 4 === 1) await replica.run('SELECT pg_wal_replay_pause()');
      if (count % 4 === 3) await replica.run('SELECT pg_wal_replay_resume()');
      const { body } = await call(alice, 'POST', '/posts', { text: `walk ${count} #walk` });
      written.push(body.post_id);
      const page = await call(alice, 'GET', PAGE);
      const shown = page.body.items.map((post: { post_id: string }) => post.post_id);
      assert.deepEqual(shown, written.toReversed());
    }
    await replica.run('SELECT pg_wal_replay_resume()');
    assert.match(token, /^[0-9a-f]{24}$/);
    const readsOf = async (node: string) => (await readsByNode(urls))[node] ?? 0;
    await until(async () => {
      await call(alice, 'GET', PAGE);
      return (await readsOf(replica.name)) > 0;
    });

    await readsForward(alice, urls);

    // Without a token she is answered by the primary, so that a program that knows nothing of it reads what it wrote.
    const before = await readsOf(replica.name);
    assert.equal((await alice.get(PAGE)).items.length, POSTS);
    assert.equal(await readsOf(replica.name), before);

    await replica.kill();
    for (let count = 0; count < 10; count += 1) await call(alice, 'GET', PAGE);
    await until(async () => (await readiness(urls[0])).checks['sql-replicas']?.status === 'down');
    assert.equal((await readiness(urls[0])).status, 'ready');

    // Without the primary, a write says when to try again, and nothing of how far anything is; what may be old is read.
    await replica.start();
    await until(async () => (await readiness(urls[0])).checks['sql-replicas']?.status === 'up');
    await call(alice, 'GET', PAGE);
    await until(async () => {
      const before = await readsOf(replica.name);
      await call(alice, 'GET', PAGE);
      return (await readsOf(replica.name)) > before;
    });
    await postgres.primary.kill();
    const refused = await alice.call('POST', '/posts', { body: { text: 'to nobody' } });
    assert.equal(refused.status, 503);
    assert(Number(refused.headers.get('retry-after')) > 0);
    assert.equal(refused.headers.get(HEADER), null);
    // A balancer goes on sending what can be answered so.
    await until(async () => (await readiness(urls[0])).status === 'limited');
    assert.equal((await fetch(`${urls[0]}/health/ready`)).status, 200);
    for (let count = 0; count < 6; count += 1) {
      turn += 1;
      const answer = await people.call('GET', PAGE);
      assert.equal(answer.status, 200, JSON.stringify(answer.body));
      assert.equal(answer.body.items.length, POSTS);
    }
  });
});

describeOnBackend('home timelines', replicatedPostgresBackend(), (programs) => {
  it('go on without the primary, for as long as it is away, and are right when it is back', async (test) => {
    const postgres = await startReplicatedPostgres(programs, 1);
    atEnd(test, () => postgres.close());
    const { primary, replicas } = postgres;
    await primary.run("ALTER SYSTEM SET synchronous_standby_names = '*'");
    await primary.run('SELECT pg_reload_conf()');
    const url = await startServer(test, postgres);
    const people = createJourneyClient(() => url);
    const [alice, bob] = [await people.signUp('alice'), await people.signUp('bob')];
    await bob.put(`/users/${alice.userId}/follow`);
    const written: string[] = [];
    const write = async (): Promise<boolean> => {
      const text = `number ${written.length}`;
      const headers = { 'idempotency-key': text.replace(' ', '-') };
      const answer = await alice.call('POST', '/posts', { body: { text }, headers });
      if (answer.status === 201) written.unshift(answer.body.post_id);
      return answer.status === 201;
    };
    while (written.length < POSTS) assert(await write());
    const shown = async (): Promise<string[]> =>
      (await bob.get('/feed')).items.map((post: { post_id: string }) => post.post_id);
    await until(async () => (await shown()).length === POSTS);

    atEnd(test, () => primary.signal('SIGCONT'));
    primary.signal('SIGSTOP');
    const readsOf = async () => (await readsByNode([url]))[replicas[0]?.name ?? ''] ?? 0;
    const before = await readsOf();
    // Memory is not sure to have heard everything any more, and the replica is.
    await until(async () => {
      assert.deepEqual(await shown(), written);
      assert.equal((await bob.get(`/posts/${written[0]}`)).post_id, written[0]);
      return (await readsOf()) > before + POSTS && (await readiness(url)).status === 'limited';
    });
    assert.equal(await write(), false);

    primary.signal('SIGCONT');
    await until(write);
    await until(async () => (await shown()).length > POSTS);
    assert.deepEqual(await shown(), written);
  });
});

const NEWEST = 30;

/** Somebody reads at one process and the other in turn, also from what they keep in memory, while somebody posts. */
async function readsForward(alice: Person, urls: readonly string[]): Promise<void> {
  let turn = 0;
  const reader = await createJourneyClient(() => urls[turn % urls.length] ?? '').signUp('reader');
  let posting = true;
  const posts = (async () => {
    for (let count = 0; count < NEWEST; count += 1) {
      await alice.call('POST', '/posts', { body: { text: `further ${count}` } });
    }
  })().finally(() => {
    posting = false;
  });
  const path = `/users/${alice.userId}/posts?limit=1`;
  let [token, newest, reads] = ['', '', 0];
  const passed = new Set<string>();
  while (posting) {
    turn += 1;
    const answer = await reader.call('GET', path, { headers: token === '' ? {} : { [HEADER]: token } });
    assert.equal(answer.status, 200);
    const given = answer.headers.get(HEADER) ?? '';
    if (given > token) token = given;
    const shown: string = answer.body.items[0].post_id;
    if (shown !== newest) assert(!passed.has(shown), `${shown} came back after ${newest}, which is newer`);
    passed.add(shown);
    newest = shown;
    reads += 1;
  }
  await posts;
  assert(reads > 0);
}

async function startServer(test: TestContext, { url }: ReplicatedPostgres): Promise<string> {
  const home = await createServerHome();
  atEnd(test, () => home.close());
  const server = await home.start({
    GROUNDSWELL_DATABASE_URL: url,
    GROUNDSWELL_DATABASE_POOL_SIZE: '4',
    GROUNDSWELL_ROLES: 'api,worker',
    GROUNDSWELL_RATE_LIMITS: 'off',
  });
  return server.url;
}

async function readsByNode(urls: readonly string[]): Promise<Record<string, number>> {
  const total: Record<string, number> = {};
  for (const url of urls) {
    const http = createHttpClient({ url, connectionsMax: 1, timeoutMs: 5_000 });
    const reads = sumBy(await readMetrics(http), 'sql_stale_reads_total', 'node');
    http.close();
    for (const [node, count] of Object.entries(reads)) total[node] = (total[node] ?? 0) + count;
  }
  return total;
}

interface Readiness {
  readonly status: string;
  readonly checks: Readonly<Record<string, { readonly status: string } | undefined>>;
}

async function readiness(url = ''): Promise<Readiness> {
  // Its shape is the route's schema.
  return (await (await fetch(`${url}/health/ready`)).json()) as Readiness;
}
