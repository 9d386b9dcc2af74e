/** The product with its statements and transactions through a PgBouncer that shares sessions between them. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { readEnvironment } from '../../src/config/env.ts';
import { atEnd } from '../support/at-end.ts';
import { runCommand } from '../support/command.ts';
import { POOLER_SESSIONS, pgbouncerBackend, startPgbouncer } from '../support/pgbouncer.ts';
import { type EngineDatabase, postgresOfRun } from '../support/postgres-engines.ts';
import { describeOnBackend } from '../support/required-backends.ts';
import { createServerHome } from '../support/server-process.ts';
import { until } from '../support/until.ts';

const POSTS = 40;
/** Of a process, beside the pooler: as docs/growing.md says. */
const DIRECT_SESSIONS_MAX = 3;
/** Those of processes, or of the pooler for them. */
const SESSIONS = `SELECT pid FROM pg_stat_activity
  WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name = 'groundswell' ORDER BY pid`;
const PASSWORD = 'correct horse battery staple';

describeOnBackend('a pooler before the database', pgbouncerBackend(readEnvironment()), (program) => {
  const newDatabase = async (
    test: Parameters<typeof atEnd>[0],
    migrated = false,
  ): Promise<EngineDatabase> => {
    const engine = postgresOfRun();
    assert(engine !== undefined);
    const database = await engine.createDatabase({ migrated });
    atEnd(test, () => database.drop());
    return database;
  };

  it('carries migrations beside it, writes of many at once, retries and what follows from events', async (test) => {
    const database = await newDatabase(test);
    const pooler = await startPgbouncer(test, program, database.url);
    const home = await createServerHome();
    atEnd(test, () => home.close());
    const settings = {
      ...{ GROUNDSWELL_DATABASE_URL: database.url, GROUNDSWELL_DATABASE_POOLED_URL: pooler.url },
      GROUNDSWELL_RATE_LIMITS: 'off',
    };
    const [one, other] = await Promise.all([home.start(settings), home.start(settings)]);
    const call = async (url: string, path: string, { token = '', key = '', body = {} }) => {
      const headers = {
        'content-type': 'application/json',
        ...(token !== '' && { authorization: `Bearer ${token}` }),
        ...(key !== '' && { 'idempotency-key': key }),
      };
      const method = key === '' ? 'GET' : 'POST';
      const sent = key === '' ? {} : { body: JSON.stringify(body) };
      const answer = await fetch(`${url}/api/v1${path}`, { method, headers, ...sent });
      // As the API answers.
      return { status: answer.status, headers: answer.headers, body: (await answer.json()) as Answer };
    };
    const person = { username: 'alice', password: PASSWORD };
    const signUp = await call(one.url, '/users', { key: 'sign-up-of-alice', body: person });
    const { access_token: token = '' } = signUp.body;
    assert.notEqual(token, '', JSON.stringify(signUp.body));
    const posted = await Promise.all(
      Array.from({ length: POSTS }, (_, index) => {
        const { url } = index % 2 === 0 ? one : other;
        return call(url, '/posts', { token, key: `post-number-${index}`, body: { text: `pooled ${index}` } });
      }),
    );
    assert.deepEqual([...new Set(posted.map(({ status }) => status))], [201]);
    const again = await call(other.url, '/posts', {
      ...{ token, key: 'post-number-0', body: { text: 'pooled 0' } },
    });
    assert.equal(again.headers.get('idempotent-replayed'), 'true');
    for (const { url } of [one, other]) {
      // The search hears of posts by the event log, and of news by LISTEN, which goes past the pooler.
      await until(async () => {
        const found = await call(url, '/search?q=pooled&type=posts&limit=50', { token });
        return JSON.stringify(found.body).includes('pooled 39');
      });
    }
    const [row] = await database.run('SELECT count(*)::int AS posts FROM posts');
    assert.equal(row?.['posts'], POSTS);

    // By its own word, each of these went through it.
    const passedOn = await pooler.transactions();
    const post = (url: string, text: string) => call(url, '/posts', { token, key: text, body: { text } });
    for (const text of ['one-after-another', 'another-after-one']) {
      assert.equal((await post(one.url, text)).status, 201);
    }
    await until(async () => (await pooler.transactions()) >= passedOn + 2);

    // Without it nothing is written; what goes past it is as it was, and few.
    const sessions = async () => (await database.run(SESSIONS)).map(({ pid }) => pid);
    const all = await sessions();
    await pooler.stop();
    await until(async () => (await post(one.url, 'without-a-pooler')).status === 503);
    await until(async () => (await sessions()).length <= 2 * DIRECT_SESSIONS_MAX);
    const direct = await sessions();
    assert.ok(direct.length >= 2, 'each process hears of news');
    assert.ok(all.length > direct.length && all.length <= direct.length + POOLER_SESSIONS);
    assert.ok(direct.every((pid) => all.includes(pid)));

    await pooler.start();
    await until(async () => (await post(other.url, 'with-it-again')).status === 201);
    await until(async () => (await post(one.url, 'without-a-pooler')).status === 201);
    assert.deepEqual(
      (await sessions()).filter((pid) => direct.includes(pid)),
      direct,
      'news were heard all the time',
    );
  });

  it('is refused where it leads elsewhere, or to sessions that were not told what they must know', async (test) => {
    const [database, another] = [await newDatabase(test, true), await newDatabase(test)];
    const elsewhere = await startPgbouncer(test, program, another.url);
    const untold = await startPgbouncer(test, program, database.url, (text) =>
      text.replace(/ connect_query='.*'/, ''),
    );
    const refusal = async (pooled: string): Promise<string> => {
      const settings = [
        `GROUNDSWELL_DATABASE_URL=${database.url}`,
        `GROUNDSWELL_DATABASE_POOLED_URL=${pooled}`,
      ];
      const { code, stderr } = await runCommand(['admin', 'service-level'], { prefix: ['env', ...settings] });
      assert.equal(code, 1, stderr);
      return stderr;
    };
    assert.match(await refusal(elsewhere.url), /leads to another database/);
    const named = await refusal(untold.url);
    for (const setting of ['plan_cache_mode', 'statement_timeout', 'idle_in_transaction_session_timeout']) {
      assert.match(named, new RegExp(`${setting} is .*render pgbouncer`));
    }
  });
});

interface Answer {
  readonly access_token?: string;
}
