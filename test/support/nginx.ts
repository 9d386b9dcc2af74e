/** An nginx of a test's own as the edge before a server, configured as `groundswell render nginx` says. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { findFreePort } from '../../src/bench/server-process.ts';
import { runCommand } from './command.ts';
import { until } from './until.ts';

const PLACES = [process.env['GROUNDSWELL_TEST_NGINX'], '/usr/sbin/nginx', '/usr/local/bin/nginx'];

/** For `describeOnBackend`. */
export function nginxBackend() {
  return {
    backend: 'nginx',
    engine: PLACES.find((place) => place !== undefined && existsSync(place)),
    remedy: 'install nginx, or set GROUNDSWELL_TEST_NGINX to its path',
  };
}

/** As long as one may be. */
const SECRET = 'the-secret-of-it'.repeat(8);

export interface NginxProcess {
  readonly url: string;
  /** As in GROUNDSWELL_EDGE_URLS. */
  readonly edgeUrl: string;
  /** The files of its cache, each with the answer that it keeps. */
  kept(): Promise<Buffer[]>;
  stop(): Promise<void>;
  /** With what it has kept. */
  start(): Promise<void>;
  close(): Promise<void>;
}

export interface NginxPlace {
  readonly url: string;
  readonly edgeUrl: string;
}

/** Known before it is started, so that the server behind it can be told. */
export async function findNginxPlace(): Promise<NginxPlace> {
  const host = `127.0.0.1:${await findFreePort()}`;
  return { url: `http://${host}`, edgeUrl: `http://:${SECRET}@${host}` };
}

export async function startNginx(
  program: string,
  { url, edgeUrl }: NginxPlace,
  serverUrl: string,
): Promise<NginxProcess> {
  const folder = await mkdtemp(path.join(tmpdir(), 'groundswell-nginx-'));
  // Started by root, its workers are somebody else.
  await chmod(folder, 0o755);
  const [listen, to] = [url, serverUrl].map((each) => new URL(each).host);
  assert.ok(listen !== undefined && to !== undefined);
  const args = ['render', 'nginx', '--listen', listen, '--to', to, '--folder', folder, '--cache-gb', '1'];
  const rendered = await runCommand(args, { prefix: ['env', `GROUNDSWELL_EDGE_URLS=${edgeUrl}`] });
  assert.equal(rendered.code, 0, rendered.stderr);
  const configuration = path.join(folder, 'nginx.conf');
  await writeFile(configuration, rendered.stdout);
  let child: ChildProcess | undefined;

  async function start(): Promise<void> {
    const started = spawn(program, ['-p', folder, '-c', configuration, '-g', 'daemon off;'], {
      stdio: 'ignore',
    });
    child = started;
    await until(async () => {
      assert.equal(started.exitCode, null, `nginx ended: ${await errorsIn(folder)}`);
      return (await fetch(`${url}/health/ready`).catch(() => undefined))?.status === 200;
    });
  }

  async function stop(): Promise<void> {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGTERM');
    await once(child, 'exit');
  }

  async function close(): Promise<void> {
    await stop();
    await rm(folder, { recursive: true, force: true });
  }

  await start().catch(async (error: unknown) => {
    await close();
    throw error;
  });
  return {
    url,
    edgeUrl,
    async kept() {
      const cache = path.join(folder, 'cache');
      const entries = await readdir(cache, { recursive: true, withFileTypes: true });
      const files = entries.filter((entry) => entry.isFile());
      return Promise.all(files.map((file) => readFile(path.join(file.parentPath, file.name))));
    },
    start,
    stop,
    close,
  };
}

function errorsIn(folder: string): Promise<string> {
  return readFile(path.join(folder, 'error.log'), 'utf8').catch(() => 'it wrote nothing');
}
