/** etcd for a topology: where Patroni keeps who the primary is. One node, on this machine, for servers that are on it too. */
import { mkdir } from 'node:fs/promises';
import { AppError } from '../../core/errors.ts';
import { ETCD_PEER_PORT } from '../../planner/topology-plan.ts';
import type { ProcessSpec } from '../process-spec.ts';
import { findProgram, installCommand, type MissingProgram } from '../programs.ts';
import { ENGINE_HOST, type EngineDeps, engineEnvironment } from './engine.ts';

const PROGRAM = 'etcd';
const STOP_MS = 5_000;
const READY_MS = 30_000;
const CHECK_MS = 2_000;

export function missingEtcd({ environment }: Pick<EngineDeps, 'environment'>): MissingProgram[] {
  if (findProgram(PROGRAM, environment) !== undefined) return [];
  return [
    { what: 'etcd (3.4 or later)', remedy: installCommand({ debian: 'etcd-server', homebrew: PROGRAM }) },
  ];
}

export function createEtcdEngine({ planned, folder, portOf, environment }: EngineDeps): ProcessSpec {
  const port = portOf(planned.name);
  const clients = `http://${ENGINE_HOST}:${port}`;
  const peers = `http://${ENGINE_HOST}:${portOf(`${planned.name} ${ETCD_PEER_PORT}`)}`;
  return {
    ...planned,
    port,
    async prepare() {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      return {
        ...{ file: findProgram(PROGRAM, environment) ?? PROGRAM, folder, user: undefined },
        args: [
          ...['--name', planned.name, '--data-dir', folder],
          ...['--listen-client-urls', clients, '--advertise-client-urls', clients],
          ...['--listen-peer-urls', peers, '--initial-advertise-peer-urls', peers],
          ...['--initial-cluster', `${planned.name}=${peers}`, '--logger', 'zap', '--log-level', 'warn'],
        ],
        environment: engineEnvironment(environment),
      };
    },
    async check() {
      const response = await fetch(`${clients}/health`, { signal: AbortSignal.timeout(CHECK_MS) });
      if (!response.ok) throw new AppError('unavailable', `etcd says ${response.status}`);
    },
    figures: undefined,
    readyUrl: undefined,
    stopSignal: 'SIGTERM',
    stopMs: STOP_MS,
    readyMs: READY_MS,
  };
}
