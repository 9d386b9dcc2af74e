/** A PgBouncer of a test's own before a PostgreSQL, configured as `groundswell render pgbouncer` says. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { TestContext } from 'node:test';
import type { Environment } from '../../src/config/env.ts';
import { isRoot } from '../../src/ports/sql-store/embedded-postgres/user.ts';
import { withClient } from '../../src/ports/sql-store/postgres-connection.ts';
import { findProgram } from '../../src/up/programs.ts';
import { atEnd } from './at-end.ts';
import { runCommand } from './command.ts';
import { freePorts } from './free-ports.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { until } from './until.ts';

/** For `describeOnBackend`. */
export function pgbouncerBackend(environment: Environment) {
  return {
    backend: 'pgbouncer',
    engine: findProgram('pgbouncer', environment),
    remedy: 'install pgbouncer',
  };
}

/** Few, so that transactions meet in them. */
const SESSIONS = 8;

/** The URL of the same database through it. `edit` changes the configuration first. Stopped when the test ends. */
export async function startPgbouncer(
  test: TestContext,
  program: string,
  databaseUrl: string,
  edit: (configuration: string) => string = (configuration) => configuration,
): Promise<string> {
  const [port = 0] = await freePorts(1);
  const folder = await temporaryFolder(test);
  const users = path.join(folder, 'userlist.txt');
  const args = ['render', 'pgbouncer', '--database-url', databaseUrl, '--port', String(port)];
  const rendered = await runCommand([...args, '--sessions', String(SESSIONS), '--users', users]);
  assert.equal(rendered.code, 0, rendered.stderr);
  const { username, password, pathname } = new URL(databaseUrl);
  await writeFile(users, `"${decodeURIComponent(username)}" "${decodeURIComponent(password)}"\n`);
  const file = path.join(folder, 'pgbouncer.ini');
  // The server of a test run knows no passwords.
  const open = rendered.stdout.replace('scram-sha-256', 'trust');
  await writeFile(file, `${edit(open)}unix_socket_dir =\n`);
  for (const [each, mode] of [
    [folder, 0o755],
    [users, 0o644],
    [file, 0o644],
  ] as const)
    await chmod(each, mode);
  const user = isRoot() ? await userAt(databaseUrl) : {};
  const child = spawn(program, ['-q', file], { stdio: 'ignore', ...user });
  const exited = once(child, 'exit');
  atEnd(test, async () => {
    child.kill('SIGKILL');
    await exited;
  });
  const url = `postgres://${username}:${password}@127.0.0.1:${port}${pathname}`;
  await until(() =>
    withClient({ url }, (client) => client.query('SELECT 1')).then(
      () => true,
      () => false,
    ),
  );
  return url;
}

const NOBODY = 65_534;

/** It refuses to be root; a socket it reaches as whoever has the folder of it. */
async function userAt(databaseUrl: string): Promise<{ readonly uid: number; readonly gid: number }> {
  const socketFolder = new URL(databaseUrl).searchParams.get('host');
  const { uid, gid } = socketFolder === null ? { uid: 0, gid: 0 } : await stat(socketFolder);
  return uid === 0 ? { uid: NOBODY, gid: NOBODY } : { uid, gid };
}
