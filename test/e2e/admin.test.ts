/** `groundswell admin`, as its user starts it: beside a running server, without one, and called wrongly. */
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import pg from 'pg';
import type { ServerProcess } from '../../src/bench/server-process.ts';
import { type CommandOptions, type CommandResult, runCommand } from '../support/command.ts';
import { createTestDatabase } from '../support/database.ts';
import { createServerHome, type ServerHome } from '../support/server-process.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { until } from '../support/until.ts';

const PASSWORD = 'correct horse battery staple';

describe('groundswell admin', () => {
  let home: ServerHome;
  let server: ServerProcess;
  before(async () => {
    home = await createServerHome();
    server = await home.start({ GROUNDSWELL_RATE_LIMITS: 'off' });
  });
  after(() => home.close());

  function admin(args: readonly string[], options?: CommandOptions): Promise<CommandResult> {
    return runCommand(['admin', ...args, '--data', home.dataFolder], options);
  }

  /** What it prints; it must not fail. */
  async function adminText(args: readonly string[], options?: CommandOptions): Promise<string> {
    const { code, stdout, stderr } = await admin(args, options);
    assert.equal(code, 0, stderr);
    return stdout;
  }

  async function createUser(username: string, role = 'user'): Promise<string> {
    await adminText(['create-user', username, '--role', role, '--password-stdin'], {
      input: `${PASSWORD}\n`,
    });
    return signIn(server, username, PASSWORD);
  }

  it('makes the first administrator, with a password of its own making that is shown once', async () => {
    const text = await adminText(['create-user', 'alice', '--role', 'administrator']);
    const [, password = ''] = /^Created the administrator alice\.\nPassword: (\S+)\n$/.exec(text) ?? [];
    const token = await signIn(server, 'alice', password);
    assert.equal(await statusOf(server, '/moderation/audit', token), 200);
  });

  it('changes what somebody may do on the running server at once', async () => {
    const token = await createUser('bob');
    assert.equal(await statusOf(server, '/moderation/reports', token), 403);
    assert.equal(await adminText(['promote', 'bob', 'moderator']), 'bob is a moderator now.\n');
    await until(async () => (await statusOf(server, '/moderation/reports', token)) === 200);
    assert.equal(await adminText(['promote', 'BOB', 'user']), 'bob is a user now.\n');
    await until(async () => (await statusOf(server, '/moderation/reports', token)) === 403);
  });

  it('signs out whom it suspends on the running server, until they are restored', async () => {
    const token = await createUser('mallory');
    assert.equal(await statusOf(server, '/users/me', token), 200);
    await adminText(['suspend', 'mallory', '--reason', 'spam']);
    await until(async () => (await statusOf(server, '/users/me', token)) === 401);
    await assert.rejects(signIn(server, 'mallory', PASSWORD), /403/);
    await adminText(['restore', 'mallory']);
    await signIn(server, 'mallory', PASSWORD);
  });

  it('prints a link to the running server that sets a new password once, and nothing else', async () => {
    const before = await createUser('carol');
    const link = await adminText(['reset-password', 'carol']);
    assert.match(link, /^\S+#\S+\n$/);
    assert.ok(link.startsWith(`${server.url}/`), link);
    const token = new URL(link).hash.slice(1);
    const use = () => send(server, 'PUT', `/password-resets/${token}`, { password: 'another one' });
    assert.equal((await use()).status, 204);
    assert.equal((await use()).status, 404);
    await signIn(server, 'carol', 'another one');
    await until(async () => (await statusOf(server, '/users/me', before)) === 401);
  });

  it('lists users and acts in pages, for people and for programs', async () => {
    await createUser('dave');
    const first = JSON.parse(await adminText(['users', '--limit', '1', '--json']));
    assert.deepEqual(
      [first.items.length, first.items[0].username, first.items[0].suspended_at],
      [1, 'dave', null],
    );
    const rest = JSON.parse(await adminText(['users', '--json', '--page-token', first.next_page_token]));
    assert.ok(!rest.items.some(({ username }: { username: string }) => username === 'dave'));
    assert.equal(rest.next_page_token, null);
    const { stdout, stderr } = await admin(['audit', '--limit', '1']);
    assert.match(
      stdout,
      /^TIME \(UTC\) +BY +ACTION +USER +DETAIL\n\S+ \S+ +command line +user_created +dave/,
    );
    assert.match(stderr, /--page-token \d{16}/);
  });

  it('says what is wrong on standard error and exits with 1, without a stack', async () => {
    const complaints = [
      {
        args: ['promote', 'nobody_here', 'user'],
        complaint: /^groundswell: There is no such user as nobody_here\.\n$/,
      },
      { args: ['create-user', 'x'], complaint: /^groundswell: username: must be 3 to 30 letters/ },
      { args: ['create-user', 'alice'], complaint: /^groundswell: username: is taken/ },
    ];
    const results = await Promise.all(complaints.map(({ args }) => admin(args)));
    for (const [index, { code, stdout, stderr }] of results.entries()) {
      assert.deepEqual([code, stdout], [1, '']);
      assert.match(stderr, complaints[index]?.complaint ?? /$^/);
    }
  });

  it('exits with 2 when it is called wrongly', async () => {
    const wrong = [['promote', 'alice', 'king'], ['suspend', 'alice'], ['users', '--limit', '101'], []];
    const results = await Promise.all(wrong.map((args) => runCommand(['admin', ...args])));
    for (const { code, stdout, stderr } of results) assert.deepEqual([code, stdout], [2, ''], stderr);
  });

  it('works without a server, and leaves nothing running', async () => {
    assert.equal(await server.stop(), 0, server.logs());
    const users = JSON.parse(await adminText(['users', '--json']));
    assert.ok(users.items.length > 0);
    const { code, stderr } = await admin(['create-user', 'erin']);
    assert.deepEqual([code, stderr], [0, '']);
    const left = await readdir(path.join(home.dataFolder, 'postgres', 'cluster'));
    assert.ok(!left.includes('postmaster.pid'));
    server = await home.start({ GROUNDSWELL_RATE_LIMITS: 'off' });
    assert.match(await adminText(['users', '--limit', '1']), /erin/);
  });

  it('makes no database only to find nothing in it', async (test) => {
    const folder = path.join(await temporaryFolder(test), 'mistyped');
    const { code, stderr } = await runCommand(['admin', 'users', '--data', folder]);
    assert.equal(code, 1);
    assert.match(stderr, /There is no database in .*mistyped/);
    await assert.rejects(readdir(folder), { code: 'ENOENT' });
  });

  it('leaves the database of a newer release alone', async () => {
    const database = await createTestDatabase();
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    await client.query("INSERT INTO schema_migrations VALUES (9999, '9999-later', 'x')");
    await client.end();
    const { code, stderr } = await runCommand([
      'admin',
      'create-user',
      'frank',
      '--database-url',
      database.url,
    ]);
    await database.close();
    assert.equal(code, 1);
    assert.match(stderr, /^groundswell: The database was written by a newer release: .* 9999-later/);
  });
});

async function send(server: ServerProcess, method: string, route: string, body: object): Promise<Response> {
  const headers = { 'content-type': 'application/json' };
  return fetch(`${server.url}/api/v1${route}`, { method, headers, body: JSON.stringify(body) });
}

async function signIn(server: ServerProcess, username: string, password: string): Promise<string> {
  const answer = await send(server, 'POST', '/sessions', { username, password });
  if (answer.status !== 201) throw new Error(`${username} was answered with ${answer.status}`);
  const { access_token: token } = (await answer.json()) as { access_token: string }; // As the API promises.
  return token;
}

async function statusOf(server: ServerProcess, route: string, token: string): Promise<number> {
  const headers = { authorization: `Bearer ${token}` };
  return (await fetch(`${server.url}/api/v1${route}`, { headers })).status;
}
