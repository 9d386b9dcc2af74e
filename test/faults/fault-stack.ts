/**
 * What faults are tried on: stage 4 with an S3 server, as `groundswell up` runs it. A component is any process of it by its
 * name (`api-1`, `postgres`, …) or `s3`; what a topology will run besides is one, too.
 */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { findFreePort } from '../../src/bench/server-process.ts';
import { type Environment, readEnvironment } from '../../src/config/env.ts';
import { systemClock } from '../../src/core/clock.ts';
import { parseTopology } from '../../src/planner/parse-topology.ts';
import { createLog } from '../../src/telemetry/log.ts';
import { createUp, type Up } from '../../src/up/up.ts';
import { upFolderIn } from '../../src/up/up-folder.ts';
import { kafkaJars } from '../support/kafka-broker.ts';
import { type S3Server, s3Backend, startS3Server } from '../support/s3-server.ts';
import { until } from '../support/until.ts';

export interface FaultStack {
  /** Where clients come in. */
  readonly url: string;
  /** Of all processes and engines. */
  readonly dataFolder: string;
  readonly databaseUrl: string;
  /** What moves the clocks of the product; `undefined` where it was not asked for. */
  readonly clockFile: string | undefined;
  /** Whose trees of processes are all of it. */
  pidsOf(component: string): readonly number[];
  portOf(component: string): number;
  /** Kills it by `signal`, which is told its ids one by one, and resolves when it is gone. */
  kill(component: string, signal: (pid: number) => void): Promise<void>;
  /** Sees to it that it runs again; what is supervised does so by itself. */
  restart(component: string): Promise<void>;
  /** What a command beside the processes is told of the engines. */
  commandEnvironment(): Promise<Environment>;
  /** Whether everything runs and says that it is ready. */
  isWhole(): Promise<boolean> | boolean;
  close(): Promise<void>;
}

export interface FaultStackOptions {
  /** On a disk that may be filled; by default in the folder for temporary files. */
  readonly folder?: string;
  /** A library that is loaded into every process of the product, and moves its clock. */
  readonly clockLibrary?: string | undefined;
  readonly onEvent: (text: string) => void;
}

const READY_MS = 60_000;

const TOPOLOGY = (s3Url: string, port: number): string => `
name: faults
engines:
  postgres: {}
  redis: { nodes: 1 }
  kafka: { heap_mb: 384 }
  s3: { url: ${JSON.stringify(s3Url)} }
  haproxy: { port: ${port} }
processes:
  api: { roles: [api], count: 2 }
  worker: { roles: [worker], count: 2 }
  dispatch: { roles: [dispatch], count: 2 }
settings: { GROUNDSWELL_LOG_LEVEL: warn }
`;

export async function openFaultStack(options: FaultStackOptions): Promise<FaultStack> {
  const folder = options.folder ?? (await mkdtemp(path.join(tmpdir(), 'groundswell-faults-')));
  await mkdir(folder, { recursive: true });
  const program = s3Backend().engine;
  const jars = kafkaJars();
  assert(
    program !== undefined && jars !== undefined,
    'fault runs need the S3 server and the jars of .ci/run',
  );
  const s3 = await startS3Server(program);
  const clockFile = options.clockLibrary === undefined ? undefined : path.join(folder, 'clock');
  if (clockFile !== undefined) await writeFile(clockFile, '+0s\n');
  let up: Up | undefined;
  const close = async (): Promise<void> => {
    await up?.close();
    await s3.close();
    await rm(folder, { recursive: true, force: true }).catch(() => undefined);
  };
  try {
    const environment: Environment = {
      ...readEnvironment(),
      KAFKA_HOME: jars,
      ...(clockFile !== undefined && {
        LD_PRELOAD: options.clockLibrary,
        FAKETIME_TIMESTAMP_FILE: clockFile,
        FAKETIME_CACHE_DURATION: '1',
        FAKETIME_DONT_FAKE_MONOTONIC: '1',
      }),
    };
    const text = TOPOLOGY(await s3.newBucket(), await findFreePort());
    up = createUp({
      topology: parseTopology({ text, name: 'faults', environment, overrides: [] }),
      dataFolder: folder,
      environment,
      clock: systemClock,
      log: createLog({ level: 'silent', pretty: false }),
      restoreFrom: undefined,
      onLine: () => undefined,
      onEvent: (name, what) => options.onEvent(`${name} ${what}`),
    });
    await up.start(new AbortController().signal);
    return stackOf(up, s3, {
      dataFolder: folder,
      clockFile,
      close,
      databaseUrl: await databaseUrlOf(folder),
    });
  } catch (error) {
    await close();
    throw error;
  }
}

async function databaseUrlOf(folder: string): Promise<string> {
  const record: { readonly database_url: string } = JSON.parse(
    await readFile(path.join(upFolderIn(folder), 'processes.json'), 'utf8'),
  );
  return record.database_url;
}

function stackOf(
  up: Up,
  s3: S3Server,
  rest: Pick<FaultStack, 'dataFolder' | 'clockFile' | 'close' | 'databaseUrl'>,
): FaultStack {
  const find = (name: string) => {
    const found = up.processes().find((process) => process.name === name);
    assert(found !== undefined, `${name} is a component`);
    return found;
  };

  async function kill(component: string, signal: (pid: number) => void): Promise<void> {
    if (component === 's3') return s3.kill();
    const pid = find(component).status.pid;
    assert(pid !== undefined, `${component} runs`);
    signal(pid);
    await until(() => find(component).status.pid !== pid, READY_MS);
  }

  return {
    ...rest,
    url: up.url(),
    pidsOf(component) {
      const pid = component === 's3' ? s3.pid() : find(component).status.pid;
      assert(pid !== undefined, `${component} runs`);
      return [pid];
    },
    portOf(component) {
      if (component === 's3') return Number(new URL(s3.endpoint).port);
      const { port } = find(component);
      assert(port !== undefined, `${component} has a port`);
      return port;
    },
    kill,
    async commandEnvironment() {
      const launch = await find('worker-1').spec?.prepare();
      assert(launch !== undefined);
      return launch.environment;
    },
    async restart(component) {
      if (component === 's3') await s3.restart();
    },
    isWhole: () => up.processes().every(({ status }) => status.state === 'ready'),
  };
}
