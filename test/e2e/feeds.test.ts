/** `groundswell feeds`, as its user starts it, beside a server that keeps cached timelines, and without one. */
import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { ServerProcess } from '../../src/bench/server-process.ts';
import { systemClock } from '../../src/core/clock.ts';
import { shardOf } from '../../src/core/ids.ts';
import { attachEmbeddedPostgres } from '../../src/ports/sql-store/embedded-postgres/attach.ts';
import { createPostgresSqlStore } from '../../src/ports/sql-store/postgres-sql-store.ts';
import {
  readStatement,
  type SqlStore,
  type SqlValue,
  writeStatement,
} from '../../src/ports/sql-store/sql-store.ts';
import { createLog } from '../../src/telemetry/log.ts';
import { type CommandResult, runCommand, startCommand } from '../support/command.ts';
import { createServerHome, type ServerHome } from '../support/server-process.ts';
import { until } from '../support/until.ts';

interface Person {
  readonly userId: string;
  readonly token: string;
}

interface FoundDifference {
  readonly reader: string;
  readonly in: string;
  readonly kind: string;
  readonly entry_id: string;
  readonly source: string;
}

describe('groundswell feeds', () => {
  let home: ServerHome;
  let server: ServerProcess;
  let sql: SqlStore;
  let alice: Person;
  let bob: Person;
  let carol: Person;
  let byBob: string;
  let byCarol: string;
  before(async () => {
    home = await createServerHome();
    server = await home.start();
    [alice, bob, carol] = [await signUp('alice'), await signUp('bob'), await signUp('carol')];
    byBob = await post(bob, 'by bob');
    byCarol = await post(carol, 'by carol');
    const connection = await attachEmbeddedPostgres(path.join(home.dataFolder, 'postgres'));
    assert.ok(connection);
    const log = createLog({ level: 'silent', pretty: false });
    sql = createPostgresSqlStore({ connection, poolSize: 2, clock: systemClock, log });
  });
  after(async () => {
    await sql.close();
    await home.close();
  });

  // biome-ignore lint/suspicious/noExplicitAny: whatever the call answers
  async function call(method: string, url: string, person?: Person, body?: object): Promise<any> {
    const headers: Record<string, string> = body === undefined ? {} : { 'content-type': 'application/json' };
    if (person !== undefined) headers['authorization'] = `Bearer ${person.token}`;
    const answer = await fetch(`${server.url}/api/v1${url}`, {
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    assert.ok(answer.ok, `${method} ${url}: ${answer.status}`);
    return answer.status === 204 ? undefined : answer.json();
  }

  async function signUp(username: string): Promise<Person> {
    const body = { username, password: 'correct horse battery staple' };
    await call('POST', '/users', undefined, body);
    const { access_token: token, user } = await call('POST', '/sessions', undefined, body);
    return { userId: user.user_id, token };
  }

  async function post(author: Person, text: string): Promise<string> {
    return (await call('POST', '/posts', author, { text })).post_id;
  }

  /** From memory, so there is a cached timeline after it. */
  async function readFeed(reader: Person): Promise<void> {
    await until(async () => {
      const before = await homeReads();
      await call('GET', '/feed', reader);
      return (await homeReads()) > before;
    });
  }

  async function homeReads(): Promise<number> {
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    return Number(/^home_timeline_reads_total\{[^}]*memory[^}]*\} (\d+)$/m.exec(metrics)?.[1] ?? 0);
  }

  function feeds(...args: readonly string[]): Promise<CommandResult> {
    return runCommand(['feeds', ...args, '--data', home.dataFolder]);
  }

  async function differences(...args: readonly string[]): Promise<FoundDifference[]> {
    const { stdout, stderr } = await feeds('verify', '--json', ...args);
    assert.match(stdout, /^\{/, stderr);
    return JSON.parse(stdout).differences;
  }

  const behindItsBack = (text: string, params: readonly SqlValue[]) =>
    sql.query(writeStatement<readonly SqlValue[]>('', text), params);

  async function openChecks(condition: string): Promise<number> {
    const text = `SELECT count(*) AS count FROM timeline_checks WHERE answered_at IS NULL AND ${condition}`;
    return (await sql.query(readStatement<[], { count: number }>('', text), []))[0]?.count ?? 0;
  }

  it('verify finds nothing wrong with what the product wrote itself', async () => {
    await call('PUT', `/users/${bob.userId}/follow`, alice);
    for (const person of [alice, bob]) await readFeed(person);
    const { code, stdout, stderr } = await feeds('verify');
    assert.equal(code, 0, stderr);
    assert.match(
      stdout,
      /^Compared 2 timelines of 2 and \d+ entries in \d+\.\d s(?: \(\d+ a second\))?: no differences\.\n$/,
    );
    const one = await feeds('verify', '--user', 'Carol');
    assert.equal(one.code, 0);
    assert.match(one.stdout, /^Carol has no cached timeline/);
  });

  it('explain says how a post got there, and that the server shows it', async () => {
    const { code, stdout, stderr } = await feeds('explain', 'alice', byBob);
    assert.equal(code, 0, stderr);
    assert.match(
      stdout,
      /^Post \d{16} was written by bob on .* UTC\.\nIt is public\.\nalice follows bob since /,
    );
    assert.match(stdout, /bob has 1 follower and is pushed/);
    assert.match(stdout, /Entry \d{16} is in it\./);
    assert.match(
      stdout,
      /\n\nIt is in alice's home timeline, as entry \d{16}\. The server shows it, number 1 from the top\.\n$/,
    );
  });

  it('explain says why a post is not there', async () => {
    const { stdout } = await feeds('explain', alice.userId, byCarol);
    assert.match(
      stdout,
      /alice does not follow carol\.\nNeither alice nor anybody whom alice follows has reposted/,
    );
    assert.match(stdout, /\n\nIt is not in alice's home timeline: alice does not follow carol\.\n$/);
    const { shown, served, entries } = JSON.parse(
      (await feeds('explain', 'alice', byCarol, '--json')).stdout,
    );
    assert.deepEqual([shown, served, entries[0].verdict], [false, false, 'not_followed']);
  });

  it('verify reports what was written behind the back of the product, and explain agrees', async () => {
    await behindItsBack('INSERT INTO follows VALUES ($1, $2, $3, $4)', [
      Number(alice.userId),
      Number(carol.userId),
      Number(byCarol) + 1,
      shardOf(Number(alice.userId)),
    ]);
    const found = await differences();
    assert.deepEqual(
      found.map(({ reader, in: place, kind, entry_id, source }) => [reader, place, kind, entry_id, source]),
      [
        ['alice', 'cached', 'missing', byCarol, 'carol'],
        ['alice', 'shown', 'missing', byCarol, 'carol'],
      ],
    );
    const { code, stdout, stderr } = await feeds('verify');
    assert.equal(code, 1);
    assert.equal(stderr, 'groundswell: 2 differences found.\n');
    assert.match(
      stdout,
      /^READER +IN +KIND +ENTRY +OF +WHY\nalice +cached +missing +\d{16} +carol +the server has not/,
    );
    const { stdout: explained } = await feeds('explain', 'alice', byCarol);
    assert.match(explained, /is not in it: the server has not heard of the follow\./);
    assert.match(
      explained,
      /It is in alice's home timeline, .* But the server does not show it now, which is wrong/,
    );
  });

  it('verify reports what should not be there any more', async () => {
    await behindItsBack('DELETE FROM follows WHERE follower_id = $1', [Number(alice.userId)]);
    assert.deepEqual(
      (await differences('--user', 'alice', '--pages', '1')).map(({ in: place, kind, entry_id }) => [
        place,
        kind,
        entry_id,
      ]),
      [
        ['cached', 'surplus', byBob],
        ['shown', 'surplus', byBob],
      ],
    );
    assert.deepEqual(await differences('--user', 'bob'), []);
  });

  it('names what it does not know, with exit code 1, and is called wrongly with 2', async () => {
    const user = await feeds('verify', '--user', 'zoe');
    assert.deepEqual([user.code, user.stdout], [1, '']);
    assert.match(user.stderr, /^groundswell: --user: there is no user zoe\. .*groundswell admin users/);
    const empty = await feeds('verify', '--user', '');
    assert.equal(empty.code, 1);
    assert.match(empty.stderr, /^groundswell: --user: must be a username or a user id; it is empty\.\n$/);
    assert.match((await feeds('explain', 'zoe', byBob)).stderr, /^groundswell: USER: there is no user zoe\./);
    const absent = await feeds('explain', 'alice', '1540000000000000');
    assert.equal(absent.code, 1);
    assert.match(absent.stderr, /^groundswell: POST: there is no post or repost 1540000000000000\./);
    assert.match(
      (await feeds('explain', 'alice', 'hello')).stderr,
      /^groundswell: POST: must be the post_id/,
    );
    assert.equal((await feeds('verify', '--pages', '0')).code, 2);
    assert.equal((await feeds('explain', 'alice')).code, 2);
  });

  it('Ctrl-C withdraws the question', async () => {
    await sql.transaction(async (transaction) => {
      // So that the server does not find the answer meanwhile.
      await transaction.query(writeStatement<[]>('', 'LOCK TABLE follows IN ACCESS EXCLUSIVE MODE'), []);
      const running = startCommand(['feeds', 'verify', '--data', home.dataFolder]);
      await until(async () => (await openChecks('claimed_at IS NOT NULL')) === 1);
      running.kill('SIGINT');
      const { code, stderr } = await running.ended;
      assert.equal(code, 1);
      assert.match(stderr, /^groundswell: Interrupted\. The server stops comparing\./);
      assert.equal(await openChecks('cancelled_at IS NOT NULL'), 1);
    });
    await until(async () => (await openChecks('true')) === 0);
  });

  it('without a server verify says so, and explain goes on by SQL', async () => {
    await server.stop();
    const verified = await feeds('verify');
    assert.equal(verified.code, 1);
    assert.match(
      verified.stderr,
      /^groundswell: No server with cached timelines is running for this database/,
    );
    const explained = await feeds('explain', 'alice', byBob);
    assert.equal(explained.code, 0, explained.stderr);
    assert.match(explained.stdout, /No server with cached timelines is running/);
    assert.match(explained.stdout, /\n\nIt is not in alice's home timeline: alice does not follow bob\.\n$/);
  });
});
