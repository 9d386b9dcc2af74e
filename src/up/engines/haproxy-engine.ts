/** HAProxy for a topology, in front of its api processes. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Environment } from '../../config/env.ts';
import type { Clock } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import { type HaproxyOptions, renderHaproxyConfig } from '../../planner/haproxy-config.ts';
import { ENTRANCE } from '../../planner/haproxy-entrance.ts';
import type { BalancerMode, StartedHaproxy } from '../../planner/topology-balancer.ts';
import { HAPROXY_STATISTICS_PORT } from '../../planner/topology-plan.ts';
import { runProgram } from '../../ports/sql-store/embedded-postgres/program.ts';
import { isRoot } from '../../ports/sql-store/embedded-postgres/user.ts';
import { sendSignal } from '../child-process.ts';
import { createCounterFigures, readMetricSum } from '../figures.ts';
import type { Launch, ProcessReload, ProcessSpec } from '../process-spec.ts';
import { findProgram, installCommand, type MissingProgram } from '../programs.ts';
import { ENGINE_HOST, type EngineDeps, engineEnvironment } from './engine.ts';
import { readOperatorCertificate } from './operator-certificate.ts';
import { checkPort } from './port-check.ts';
import { keepSelfMadeCertificate, missingOpenssl } from './self-made-certificate.ts';

export interface HaproxyDeps extends EngineDeps, Pick<HaproxyOptions, 'haproxy' | 'pools' | 'publicHost'> {}

const PROGRAM = 'haproxy';
const CONFIG_FILE = 'haproxy.cfg';
/** HAProxy makes the socket under a longer name first; the system allows 107 bytes. */
const SOCKET_PATH_BYTES_MAX = 90;
/** Whom it becomes: the package's own user, or one that has nothing. */
const USERS = ['haproxy', 'nobody'];
/** Of requests, or of connections where it sees no more. */
const COUNTERS: Readonly<Record<BalancerMode, string>> = {
  http: 'haproxy_frontend_http_requests_total',
  tcp: 'haproxy_frontend_sessions_total',
};
const STOP_MS = 5_000;
const READY_MS = 15_000;
/** Ends when the last request is answered; what it then has is cut after `hard-stop-after`. */
export const HAPROXY_DRAIN_SIGNAL = 'SIGUSR1';

/** Its master begins a worker that reads everything anew; the one before finishes what it has. */
const RELOAD_SIGNAL = 'SIGUSR2';
const STARTED = 'haproxy_process_start_time_seconds';
const RELOAD_MS = 20_000;
const POLL_MS = 50;

export function missingHaproxy({
  haproxy,
  environment,
}: Pick<HaproxyDeps, 'haproxy' | 'environment'>): MissingProgram[] {
  const remedy = installCommand({ debian: PROGRAM, homebrew: PROGRAM });
  const own =
    findProgram(PROGRAM, environment) === undefined
      ? [{ what: 'haproxy (HAProxy 2.6 or later)', remedy }]
      : [];
  return [...own, ...(makesCertificate(haproxy) ? missingOpenssl(environment) : [])];
}

function makesCertificate({ tls }: StartedHaproxy): boolean {
  return tls !== undefined && tls.certificate === undefined;
}

export async function createHaproxyEngine(deps: HaproxyDeps): Promise<ProcessSpec> {
  const { planned, haproxy, folder, portOf, pools, publicHost, environment, clock } = deps;
  const statisticsPort = portOf(`${planned.name} ${HAPROXY_STATISTICS_PORT}`);
  const host = hostToAsk(haproxy.host);
  const adminSocket = path.join(folder, 'admin.sock');
  const certificateFile = makesCertificate(haproxy)
    ? await keepSelfMadeCertificate({ folder, host: haproxy.host, environment, clock })
    : haproxy.tls?.certificate;
  const config = renderHaproxyConfig({
    ...{ haproxy, pools, publicHost, statisticsPort, certificateFile },
    adminSocket: Buffer.byteLength(adminSocket) > SOCKET_PATH_BYTES_MAX ? undefined : adminSocket,
    user: isRoot() ? await unprivilegedUser() : undefined,
  });
  const metricsUrl = `http://${ENGINE_HOST}:${statisticsPort}`;
  return {
    ...planned,
    port: haproxy.port,
    async prepare(): Promise<Launch> {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await writeFile(path.join(folder, CONFIG_FILE), config, { mode: 0o600 });
      const file = findProgram(PROGRAM, environment) ?? PROGRAM;
      const start = { file, folder, environment: engineEnvironment(environment), user: undefined };
      await refuseBadConfig(file, folder);
      // A worker that becomes somebody else forgets to end with us; its master stays who it is, and ends it.
      return { ...start, args: ['-W', '-db', '-f', CONFIG_FILE] };
    },
    check: () => checkPort(host, haproxy.tls?.port ?? haproxy.port),
    figures: createCounterFigures(
      () => readMetricSum(metricsUrl, COUNTERS[haproxy.mode], 'proxy', ENTRANCE),
      haproxy.mode === 'http' ? 'req' : 'conn',
      clock,
    ),
    readyUrl: undefined,
    stopSignal: 'SIGTERM',
    ...(certificateFile && { reload: { signal: RELOAD_SIGNAL, metricsUrl, certificateFile } }),
    stopMs: STOP_MS,
    readyMs: READY_MS,
  };
}

export interface HaproxyReload extends ProcessReload {
  readonly pid: number;
  /** Where its configuration is. */
  readonly folder: string;
  readonly environment: Environment;
  readonly clock: Clock;
}

/**
 * Has it serve its certificate as that is now: to new connections at once, without refusing one. Fails with `invalid` for
 * one with which it would not start, and with `timeout`; then it goes on as before.
 */
export async function reloadHaproxy(reload: HaproxyReload): Promise<void> {
  const { pid, signal, metricsUrl, certificateFile, folder, environment, clock } = reload;
  const { problem } = readOperatorCertificate({ file: certificateFile, hosts: [], nowMs: clock.nowMs() });
  if (problem !== undefined)
    throw new AppError('invalid', `HAProxy goes on as it is: it has ${certificateFile}, ${problem}`);
  await refuseBadConfig(findProgram(PROGRAM, environment) ?? PROGRAM, folder);
  const sinceS = Math.floor(clock.nowMs() / 1_000);
  const deadlineMs = clock.monotonicMs() + RELOAD_MS;
  sendSignal(pid, signal);
  while ((await readMetricSum(metricsUrl, STARTED, '', '').catch(() => 0)) < sinceS) {
    if (clock.monotonicMs() > deadlineMs)
      throw new AppError('timeout', `HAProxy has not read its certificate anew; its log says why.`);
    await clock.sleep(POLL_MS);
  }
}

/** Where whoever listens on all addresses is asked. */
export function hostToAsk(host: string): string {
  return { '0.0.0.0': '127.0.0.1', '::': '::1' }[host] ?? host;
}

async function refuseBadConfig(file: string, folder: string): Promise<void> {
  const args = ['-c', '-f', CONFIG_FILE];
  const { exitCode, output } = await runProgram({ file, args, folder, user: undefined });
  if (exitCode === 0) return;
  throw new AppError('unavailable', `HAProxy refuses its configuration in ${folder}: ${output.trim()}`);
}

async function unprivilegedUser(): Promise<string | undefined> {
  const names = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':')[0]);
  return USERS.find((name) => names.includes(name));
}
