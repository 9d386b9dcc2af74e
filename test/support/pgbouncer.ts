/** A PgBouncer of a test's own before a PostgreSQL, configured as `groundswell render pgbouncer` says. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
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
export const POOLER_SESSIONS = 8;

export interface RunningPooler {
  /** Of the same database, through it. */
  readonly url: string;
  /** How many transactions of this database it has passed on since it started, as its own statistics say. */
  transactions(): Promise<number>;
  /** Cuts everyone off, and takes nobody any more. */
  stop(): Promise<void>;
  /** At the same port. */
  start(): Promise<void>;
}

/** Before the same database. `edit` changes the configuration first. Stopped when the test ends. */
export async function startPgbouncer(
  test: TestContext,
  program: string,
  databaseUrl: string,
  edit: (configuration: string) => string = (configuration) => configuration,
): Promise<RunningPooler> {
  const [port = 0] = await freePorts(1);
  const folder = await temporaryFolder(test);
  const users = path.join(folder, 'userlist.txt');
  const args = ['render', 'pgbouncer', '--database-url', databaseUrl, '--port', String(port)];
  const rendered = await runCommand([...args, '--sessions', String(POOLER_SESSIONS), '--users', users]);
  assert.equal(rendered.code, 0, rendered.stderr);
  const { username, password, pathname } = new URL(databaseUrl);
  const user = decodeURIComponent(username);
  await writeFile(users, `"${user}" "${decodeURIComponent(password)}"\n`);
  const file = path.join(folder, 'pgbouncer.ini');
  // The server of a test run knows no passwords.
  const open = rendered.stdout.replace('scram-sha-256', 'trust');
  await writeFile(file, `${edit(open)}unix_socket_dir =\nstats_users = ${user}\n`);
  for (const [each, mode] of [
    [folder, 0o755],
    [users, 0o644],
    [file, 0o644],
  ] as const)
    await chmod(each, mode);
  const runAs = isRoot() ? await userAt(databaseUrl) : {};
  const urlOf = (database: string) => `postgres://${username}:${password}@127.0.0.1:${port}${database}`;
  const url = urlOf(pathname);
  let child: ChildProcess | undefined;
  const pooler: RunningPooler = {
    url,
    async transactions() {
      const rows = await askConsole(urlOf('/pgbouncer'), 'SHOW STATS');
      return Number(rows.find(({ database }) => `/${database}` === pathname)?.['total_xact_count'] ?? 0);
    },
    async stop() {
      const running = child;
      if (running === undefined) return;
      child = undefined;
      const exited = once(running, 'exit');
      running.kill('SIGKILL');
      await exited;
    },
    async start() {
      child = spawn(program, ['-q', file], { stdio: 'ignore', ...runAs });
      await until(() =>
        withClient({ url }, (client) => client.query('SELECT 1')).then(
          () => true,
          () => false,
        ),
      );
    },
  };
  atEnd(test, () => pooler.stop());
  await pooler.start();
  return pooler;
}

/** It has a database of its own for those who look after it. */
async function askConsole(url: string, command: string): Promise<Readonly<Record<string, string>>[]> {
  const { rows } = await withClient({ url }, (client) => client.query<Record<string, string>>(command));
  return rows;
}

const NOBODY = 65_534;

/** It refuses to be root; a socket it reaches as whoever has the folder of it. */
async function userAt(databaseUrl: string): Promise<{ readonly uid: number; readonly gid: number }> {
  const socketFolder = new URL(databaseUrl).searchParams.get('host');
  const { uid, gid } = socketFolder === null ? { uid: 0, gid: 0 } : await stat(socketFolder);
  return uid === 0 ? { uid: NOBODY, gid: NOBODY } : { uid, gid };
}
