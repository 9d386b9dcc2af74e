/** The product with the people of its demo, for tests and pictures that want something to look at. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { type Environment, readEnvironment } from '../../src/config/env.ts';
import { packageRoot } from '../../src/config/package-info.ts';

export interface DemoServer {
  readonly url: string;
  /** Who reads, and who moderates. */
  readonly reader: DemoAccount;
  readonly administrator: DemoAccount;
  close(): Promise<void>;
}

export interface DemoAccount {
  readonly username: string;
  readonly password: string;
}

/** `sign in as demo_admin, the administrator, with the password … (shown only now)` */
const ACCOUNT = /sign in as (\w+)\b.* with the password (\S+)/;

/** `prepare` is given its data folder before it starts. */
export async function startDemo(
  settings: Environment = {},
  prepare: (dataFolder: string) => Promise<unknown> = async () => undefined,
): Promise<DemoServer> {
  const data = await mkdtemp(path.join(tmpdir(), 'groundswell-demo-'));
  await prepare(data);
  const program = path.join(packageRoot(), 'dist/src/main.js');
  const server = spawn(process.execPath, [program, 'serve', '--demo', '--port', '0', '--data', data], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      ...readEnvironment(),
      GROUNDSWELL_LOG_LEVEL: 'warn',
      GROUNDSWELL_LINKS_CHECKS: 'off',
      ...settings,
    },
  });
  const ended = new Promise((resolve) => server.once('exit', resolve));

  async function close(): Promise<void> {
    server.kill('SIGTERM');
    await ended;
    await rm(data, { recursive: true, force: true });
  }

  let url = '';
  const accounts: DemoAccount[] = [];
  for await (const line of createInterface({ input: server.stdout })) {
    url ||= /http:\/\/[\d.]+:\d+/.exec(line)?.[0] ?? '';
    const [, username, password] = ACCOUNT.exec(line) ?? [];
    if (username !== undefined && password !== undefined) accounts.push({ username, password });
    const [reader, administrator] = accounts;
    if (reader !== undefined && administrator !== undefined) return { url, reader, administrator, close };
  }
  await close();
  throw new Error('The demo did not start.');
}
