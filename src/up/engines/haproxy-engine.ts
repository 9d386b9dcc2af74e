/** HAProxy for a topology, in front of its api processes. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { AppError } from '../../core/errors.ts';
import { type HaproxyOptions, renderHaproxyConfig } from '../../planner/haproxy-config.ts';
import { ENTRANCE } from '../../planner/haproxy-entrance.ts';
import type { BalancerMode, StartedHaproxy } from '../../planner/topology-balancer.ts';
import { HAPROXY_STATISTICS_PORT } from '../../planner/topology-plan.ts';
import { runProgram } from '../../ports/sql-store/embedded-postgres/program.ts';
import { isRoot } from '../../ports/sql-store/embedded-postgres/user.ts';
import { createCounterFigures, readMetricSum } from '../figures.ts';
import type { Launch, ProcessSpec } from '../process-spec.ts';
import { findProgram, installCommand, type MissingProgram } from '../programs.ts';
import { ENGINE_HOST, type EngineDeps, engineEnvironment } from './engine.ts';
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
  const config = renderHaproxyConfig({
    ...{ haproxy, pools, publicHost, statisticsPort },
    certificateFile: makesCertificate(haproxy)
      ? await keepSelfMadeCertificate({ folder, host: haproxy.host, environment, clock })
      : haproxy.tls?.certificate,
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
    stopMs: STOP_MS,
    readyMs: READY_MS,
  };
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
