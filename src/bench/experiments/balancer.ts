/**
 * What HAProxy before the server costs: the same cheap call moments apart without it and through it, as `up` configures it.
 * On the server's core, as the balancer of one machine is.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { API } from '../../client/api-client.ts';
import { type Address, addressOf, createHttpClient } from '../../client/http-client.ts';
import { AppError } from '../../core/errors.ts';
import { renderHaproxyConfig } from '../../planner/haproxy-config.ts';
import { readTreeCpu } from '../../telemetry/process-cpu.ts';
import { pinRunning } from '../pinned-process.ts';
import { findFreePort } from '../server-process.ts';
import { median } from '../statistics.ts';
import { measure, type Slice, type Workshop } from '../workshop.ts';
import type { Experiment, Figure } from './experiment.ts';
import { countErrors } from './own-reads.ts';

/** Needs neither somebody signed in nor the database, so that what is between is seen. */
const PATH = `${API}/registration`;
const HOST = '127.0.0.1';
const START_MS_MAX = 10_000;
const POLL_MS = 20;

export const balancerExperiment: Experiment = {
  name: 'balancer',
  purpose: 'a cheap read without HAProxy and through it',
  async run(workshop) {
    const { options } = workshop;
    const direct = addressOf(options.stage.url);
    const haproxy = await startHaproxy(workshop, direct);
    const [without, through]: [Slice[], Passed[]] = [[], []];
    try {
      await read(workshop, direct);
      await passed(workshop, haproxy);
      for (let round = 0; round < options.rounds; round += 1) {
        options.onProgress(`balancer: round ${round + 1} of ${options.rounds}`);
        without.push(await read(workshop, direct));
        through.push(await passed(workshop, haproxy));
      }
    } finally {
      await haproxy.close();
    }
    const figures = [...figuresOf('direct', without), ...figuresOf('through HAProxy', through)];
    const rates = [without, through].map((slices) => median(slices.map(perS)));
    const own = median(
      through.map(({ haproxyCpuMs, completed }) => haproxyCpuMs && (haproxyCpuMs * 1_000) / completed),
    );
    return {
      name: 'balancer',
      purpose: balancerExperiment.purpose,
      figures: [
        ...figures,
        { label: 'CPU of HAProxy', value: own, unit: 'us a request' },
        { label: 'through it, of direct', value: ratio(rates[1], rates[0]), unit: '%' },
      ],
    };
  },
};

interface BenchHaproxy {
  readonly address: Address;
  readonly pid: number;
  close(): Promise<void>;
}

interface Passed extends Slice {
  readonly haproxyCpuMs: number | undefined;
}

function read(workshop: Workshop, address: Address): Promise<Slice> {
  const { skew, seed, stage } = workshop.options;
  const operations = [[{ method: 'GET', path: PATH } as const]];
  const mix = { operations, tokens: [], skew, seed };
  return measure(workshop, stage.pids, { target: { kind: 'http', address, mix } });
}

async function passed(workshop: Workshop, { address, pid }: BenchHaproxy): Promise<Passed> {
  const before = readTreeCpu([pid])?.serverMs;
  const slice = await read(workshop, address);
  const after = readTreeCpu([pid])?.serverMs;
  return { ...slice, haproxyCpuMs: before === undefined || after === undefined ? undefined : after - before };
}

const perS = ({ completed, durationMs }: Slice): number => (completed / durationMs) * 1_000;

function ratio(part: number | undefined, whole: number | undefined): number | undefined {
  return part === undefined || whole === undefined ? undefined : (part / whole) * 100;
}

function figuresOf(label: string, slices: readonly Slice[]): Figure[] {
  const over = (figure: (slice: Slice) => number | undefined) => median(slices.map(figure));
  return [
    { label, value: over(perS), unit: '/s' },
    { label: `${label}, p50`, value: over(({ latency }) => latency.p50Ms), unit: 'ms' },
    { label: `${label}, p99`, value: over(({ latency }) => latency.p99Ms), unit: 'ms' },
    {
      label: `${label}, CPU of the server`,
      value: over(({ serverCpuMs, completed }) => serverCpuMs && (serverCpuMs * 1_000) / completed),
      unit: 'us a request',
    },
    { label: `${label}, errors`, value: over(countErrors), unit: '' },
  ];
}

/** Fails with `not_found` where there is none. */
async function startHaproxy({ options }: Workshop, server: Address): Promise<BenchHaproxy> {
  const folder = await mkdtemp(path.join(tmpdir(), 'groundswell-bench-haproxy-'));
  const address = { host: HOST, port: await findFreePort() };
  const config = renderHaproxyConfig({
    haproxy: {
      ...{ kind: 'started', ...address, cpu: undefined, mode: 'http', balance: 'leastconn', tls: undefined },
      ...{ trustedProxies: [], trustedWord: 'forwarded' },
    },
    pools: [
      {
        ...{ name: 'pool_all', systems: undefined, hosts: [], balance: 'leastconn' },
        servers: [{ name: 'api', ...server, weight: 1 }],
      },
    ],
    ...{ publicHost: undefined, certificateFile: undefined, adminSocket: undefined, user: undefined },
    statisticsPort: await findFreePort(),
  });
  const file = path.join(folder, 'haproxy.cfg');
  await writeFile(file, config);
  const child = spawn('haproxy', ['-db', '-f', file], { stdio: 'ignore' });
  child.on('error', () => undefined);
  const { pid } = child;
  const close = async (): Promise<void> => {
    if (pid !== undefined && child.exitCode === null && child.kill('SIGKILL')) await once(child, 'exit');
    await rm(folder, { recursive: true, force: true });
  };
  if (pid === undefined) {
    await close();
    throw new AppError('not_found', 'There is no haproxy on the PATH: apt-get install haproxy');
  }
  pinRunning(pid, options.serverCores);
  await awaitAnswer(address, options.clock).catch(async (error: unknown) => {
    await close();
    throw error;
  });
  return { address, pid, close };
}

async function awaitAnswer(address: Address, clock: Workshop['options']['clock']): Promise<void> {
  const url = `http://${address.host}:${address.port}`;
  const http = createHttpClient({ url, connectionsMax: 1, timeoutMs: START_MS_MAX });
  const deadlineMs = clock.monotonicMs() + START_MS_MAX;
  const isThere = () =>
    http.send({ method: 'GET', path: PATH }).then(
      ({ status }) => status === 200,
      () => false,
    );
  try {
    while (!(await isThere())) {
      if (clock.monotonicMs() > deadlineMs) throw new AppError('unavailable', 'HAProxy did not start.');
      await clock.sleep(POLL_MS);
    }
  } finally {
    http.close();
  }
}
