/** An S3 server of a test's own: versitygw, on a folder and a port that only this test uses. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import { AwsClient } from 'aws4fetch';
import { findFreePort } from '../../src/bench/server-process.ts';
import { systemRandomness } from '../../src/core/clock.ts';
import { until } from './until.ts';

const PLACES = [
  process.env['GROUNDSWELL_TEST_S3_SERVER'],
  path.join(homedir(), '.cache/groundswell-ci/versitygw'),
  '/usr/local/bin/versitygw',
];

/** For `describeOnBackend`. */
export function s3Backend() {
  return {
    backend: 's3',
    engine: PLACES.find((place) => place !== undefined && existsSync(place)),
    remedy:
      'go install github.com/versity/versitygw/cmd/versitygw@v1.8.0, and set GROUNDSWELL_TEST_S3_SERVER to its path',
  };
}

export interface S3Server {
  readonly endpoint: string;
  /** The URL of a new, empty bucket, as in GROUNDSWELL_BLOBS_URL. */
  newBucket(): Promise<string>;
  /** A signed request, for what no adapter does. */
  fetch(path: string, init?: { method?: string; body?: string }): Promise<Response>;
  /** SIGKILL: as when it crashes. What it has acknowledged stays. */
  kill(): Promise<void>;
  /** `undefined` while it does not run. */
  pid(): number | undefined;
  /** At the same place, with what it had. */
  restart(): Promise<void>;
  /** Stops it and removes its folder. */
  close(): Promise<void>;
}

const ACCESS_KEY = 'groundswell';
const SECRET_KEY = 'a/secret+of the=test';

export async function startS3Server(program: string): Promise<S3Server> {
  const folder = await mkdtemp(path.join(tmpdir(), 'groundswell-s3-'));
  const [data, metadata] = [path.join(folder, 'data'), path.join(folder, 'metadata')];
  await mkdir(data);
  await mkdir(metadata);
  const host = `127.0.0.1:${await findFreePort()}`;
  const endpoint = `http://${host}`;
  const client = new AwsClient({
    accessKeyId: ACCESS_KEY,
    secretAccessKey: SECRET_KEY,
    service: 's3',
    region: 'us-east-1',
    retries: 0,
  });
  let child: ChildProcess | undefined;

  async function start(): Promise<void> {
    const args = ['--port', host, '--health', '/health', 'posix', '--sidecar', metadata, data];
    const env = { PATH: process.env['PATH'], ROOT_ACCESS_KEY: ACCESS_KEY, ROOT_SECRET_KEY: SECRET_KEY };
    const started = spawn(program, args, { env, stdio: 'ignore' });
    child = started;
    await until(async () => {
      assert.equal(started.exitCode, null, 'the S3 server ended');
      const answer = await fetch(`${endpoint}/health`).catch(() => undefined);
      return answer?.status === 200;
    });
  }

  async function kill(): Promise<void> {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  async function close(): Promise<void> {
    await kill();
    await rm(folder, { recursive: true, force: true });
  }

  await start().catch(async (error: unknown) => {
    await close();
    throw error;
  });
  return {
    endpoint,
    fetch: (where, init = {}) => client.fetch(`${endpoint}${where}`, init),
    async newBucket() {
      const bucket = `bucket-${systemRandomness.uuid()}`;
      const answer = await client.fetch(`${endpoint}/${bucket}`, { method: 'PUT' });
      assert.equal(answer.status, 200, await answer.text());
      return `s3://${ACCESS_KEY}:${encodeURIComponent(SECRET_KEY)}@${host}/${bucket}?tls=off`;
    },
    kill,
    pid: () => (child?.exitCode === null && child.signalCode === null ? child.pid : undefined),
    restart: start,
    close,
  };
}
