/** nginx, if there is one, which serves files of ours as they lie on the disk: what serving them costs at least. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Clock } from '../core/clock.ts';
import type { Address } from './http-client.ts';
import type { Cores } from './pinned-process.ts';
import { findFreePort } from './server-process.ts';

export interface NginxFiles {
  readonly address: Address;
  readonly pid: number;
  close(): Promise<void>;
}

export interface NginxFilesOptions {
  /** By name, which is their path. */
  readonly files: Readonly<Record<string, Uint8Array>>;
  readonly type: string;
  readonly cores: Cores;
  readonly clock: Clock;
}

const POLL_MS = 20;
const START_MS_MAX = 10_000;

/** On one process, as the product's. `undefined`: nginx is not installed. */
export async function startNginxFiles(options: NginxFilesOptions): Promise<NginxFiles | undefined> {
  if (spawnSync('nginx', ['-v']).status !== 0) return undefined;
  const { files, type, cores, clock } = options;
  const folder = await mkdtemp(path.join(tmpdir(), 'groundswell-nginx-'));
  const port = await findFreePort();
  for (const [name, bytes] of Object.entries(files)) await writeFile(path.join(folder, name), bytes);
  const configuration = path.join(folder, 'nginx.conf');
  await writeFile(configuration, configurationOf(folder, port, type));
  const nginx = ['nginx', '-p', folder, '-c', configuration, '-e', path.join(folder, 'error.log')];
  const [command = '', ...args] = cores === undefined ? nginx : ['taskset', '-c', cores, ...nginx];
  const child = spawn(command, args, { stdio: 'ignore' });
  const { pid } = child;
  if (pid === undefined) throw new Error('nginx cannot be started');
  const close = async (): Promise<void> => {
    if (child.exitCode === null && child.kill('SIGKILL')) await once(child, 'exit');
    await rm(folder, { recursive: true, force: true });
  };
  const deadlineMs = clock.monotonicMs() + START_MS_MAX;
  while (!(await answers(`http://127.0.0.1:${port}/`))) {
    if (child.exitCode !== null || clock.monotonicMs() > deadlineMs) {
      await close();
      throw new Error('nginx did not start');
    }
    await clock.sleep(POLL_MS);
  }
  return { address: { host: '127.0.0.1', port }, pid, close };
}

async function answers(url: string): Promise<boolean> {
  return fetch(url).then(
    () => true,
    () => false,
  );
}

/** In the foreground and without workers: one process, which dies when it is killed. */
function configurationOf(folder: string, port: number, type: string): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `  ${name}_temp_path ${folder}/${name};`,
  );
  return [
    'daemon off;',
    'master_process off;',
    `pid ${folder}/nginx.pid;`,
    'events { worker_connections 1024; }',
    'http {',
    ...temporary,
    '  access_log off;',
    '  sendfile on;',
    '  tcp_nopush on;',
    '  keepalive_requests 1000000000;',
    '  etag on;',
    `  default_type ${type};`,
    `  server { listen 127.0.0.1:${port}; location / { root ${folder}; add_header Cache-Control "public, max-age=31536000, immutable"; } }`,
    '}',
    '',
  ].join('\n');
}
