/** nginx, if there is one, which serves files of ours as they lie on the disk, or one redirect: what either costs at least. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Address } from '../client/http-client.ts';
import type { Clock } from '../core/clock.ts';
import type { Cores } from './pinned-process.ts';
import { findFreePort } from './server-process.ts';

export interface Nginx {
  readonly address: Address;
  readonly pid: number;
  close(): Promise<void>;
}

/** What it answers. */
export type NginxContent =
  /** By name, which is their path. */
  | { readonly files: Readonly<Record<string, Uint8Array>>; readonly type: string }
  /** With status 302, whatever it is asked for. */
  | { readonly redirectTo: string };

const POLL_MS = 20;
const START_MS_MAX = 10_000;

/** On one process, as the product's. `undefined`: nginx is not installed. */
export async function startNginx(
  content: NginxContent,
  { cores, clock }: { readonly cores: Cores; readonly clock: Clock },
): Promise<Nginx | undefined> {
  if (spawnSync('nginx', ['-v']).status !== 0) return undefined;
  const folder = await mkdtemp(path.join(tmpdir(), 'groundswell-nginx-'));
  const port = await findFreePort();
  const files = 'files' in content ? content.files : {};
  for (const [name, bytes] of Object.entries(files)) await writeFile(path.join(folder, name), bytes);
  const configuration = path.join(folder, 'nginx.conf');
  await writeFile(configuration, configurationOf(folder, port, locationOf(content, folder)));
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
  return fetch(url, { redirect: 'manual' }).then(
    () => true,
    () => false,
  );
}

function locationOf(content: NginxContent, folder: string): string {
  if ('redirectTo' in content) return `return 302 ${content.redirectTo};`;
  const keep = 'add_header Cache-Control "public, max-age=31536000, immutable";';
  return `root ${folder}; default_type ${content.type}; ${keep}`;
}

/** In the foreground and without workers: one process, which dies when it is killed. */
function configurationOf(folder: string, port: number, location: string): string {
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
    `  server { listen 127.0.0.1:${port}; location / { ${location} } }`,
    '}',
    '',
  ].join('\n');
}
