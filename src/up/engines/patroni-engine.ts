/**
 * Several PostgreSQL servers for a topology: a primary, a synchronous standby and further replicas, each run by a Patroni,
 * which promotes the standby when the primary is lost. Of the programs that are installed: those inside cannot copy a server.
 */
import { createHash } from 'node:crypto';
import { chmod, chown, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { systemRandomness } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import { PATRONI_PORT, type PlannedProcess } from '../../planner/topology-plan.ts';
import { SUPERUSER } from '../../ports/sql-store/embedded-postgres/cluster.ts';
import { clearOrphans } from '../../ports/sql-store/embedded-postgres/orphans.ts';
import { isRoot, ownClusterFolder } from '../../ports/sql-store/embedded-postgres/user.ts';
import { withClient } from '../../ports/sql-store/postgres-connection.ts';
import { createCounterFigures } from '../figures.ts';
import type { Launch, ProcessSpec } from '../process-spec.ts';
import { findProgram, installCommand, type MissingProgram } from '../programs.ts';
import { ENGINE_HOST, type EngineDeps, engineEnvironment } from './engine.ts';
import { createEtcdEngine, missingEtcd } from './etcd-engine.ts';
import { type PatroniNode, renderPatroniConfig } from './patroni-config.ts';
import { describeMember, readPatroniMembers } from './patroni-members.ts';
import { createDatabase, DATABASE, findInstalledPrograms } from './postgres-engine.ts';
import { countCommits, isInRecovery } from './postgres-engine-queries.ts';
import { keepSecret } from './secret-file.ts';

export interface PatroniEngine {
  /** etcd, and one a server. */
  readonly specs: readonly ProcessSpec[];
  /** Of all servers, with the password. */
  readonly url: string;
  /** Waits until there is a synchronous standby; to be called when all of them answer. */
  join(): Promise<void>;
}

export interface PatroniDeps extends Omit<EngineDeps, 'planned'> {
  readonly etcd: PlannedProcess;
  /** The servers. */
  readonly planned: readonly PlannedProcess[];
}

const PROGRAM = 'patroni';
/** Of PostgreSQL's: it copies a server. */
const COPYING_PROGRAM = 'pg_basebackup';
const CONFIG_FILE = 'patroni.yml';
/** As root, servers run as somebody else, who cannot pass through the folders above the data. */
const FOLDER_AS_ROOT = '/var/lib/groundswell';
const STOP_MS = 60_000;
const CHECK_MS = 2_000;
const JOIN_MS = 60_000;
const POLL_MS = 100;

export function missingPatroni({ environment }: Pick<EngineDeps, 'environment'>): MissingProgram[] {
  const patroni = installCommand({ debian: 'patroni python3-etcd', homebrew: PROGRAM });
  return [
    ...(findProgram(PROGRAM, environment) === undefined
      ? [{ what: 'patroni (3.0 or later, with etcd)', remedy: patroni }]
      : []),
    ...missingEtcd({ environment }),
  ];
}

/** `connectionsMax`: of all processes together, to each server. */
export async function createPatroniEngine(deps: PatroniDeps, connectionsMax: number): Promise<PatroniEngine> {
  const { planned, etcd, folder, portOf, clock } = deps;
  const programs = await findInstalledPrograms(deps.environment, COPYING_PROGRAM);
  if (programs === undefined) {
    const remedy = installCommand({ debian: 'postgresql', homebrew: 'postgresql@18' });
    throw new AppError('unavailable', `PostgreSQL with ${COPYING_PROGRAM} is not installed: ${remedy}`);
  }
  const password = await keepSecret(folder, systemRandomness);
  const shared = {
    ...{ etcd: `${ENGINE_HOST}:${portOf(etcd.name)}`, clients: `${ENGINE_HOST}/32` },
    ...{ superuser: SUPERUSER, password, connectionsMax, database: undefined },
  };
  const hosts = planned.map(({ name }) => `${ENGINE_HOST}:${portOf(name)}`);
  const replicas = hosts.map((host) => `replica=${host}`).join('&');
  const specs = await Promise.all(
    planned.map(async (each) => {
      const home = await homeOf(folder, each.name);
      const node = { ...nodeOf(deps, each.name, home.path), programs };
      return nodeSpec(
        { ...deps, planned: each },
        { ...home, node, password, config: renderPatroniConfig(node, shared) },
      );
    }),
  );
  return {
    specs: [createEtcdEngine({ ...deps, planned: etcd, folder: path.join(folder, etcd.name) }), ...specs],
    url: `postgres://${SUPERUSER}:${password}@${hosts.join(',')}/${DATABASE}?${replicas}`,
    async join() {
      const [first] = planned;
      const deadlineMs = clock.monotonicMs() + JOIN_MS;
      while (!(await hasStandby(deps, first)) && clock.monotonicMs() < deadlineMs) await clock.sleep(POLL_MS);
    },
  };
}

async function hasStandby({ portOf }: PatroniDeps, node: PlannedProcess | undefined): Promise<boolean> {
  if (node === undefined) return true;
  const members = await readPatroniMembers(portOf(`${node.name} ${PATRONI_PORT}`)).catch(() => []);
  return members.some(({ role }) => role === 'sync_standby');
}

interface NodeHome {
  readonly path: string;
  readonly user: Launch['user'];
}

async function homeOf(folder: string, name: string): Promise<NodeHome> {
  const parent = isRoot()
    ? path.join(FOLDER_AS_ROOT, createHash('sha256').update(folder).digest('hex').slice(0, 16))
    : folder;
  await mkdir(parent, { recursive: true, mode: 0o711 });
  if (isRoot()) for (const each of [FOLDER_AS_ROOT, parent]) await chmod(each, 0o711);
  const home = path.join(parent, name);
  return { path: home, user: await ownClusterFolder(home) };
}

function nodeOf({ portOf }: PatroniDeps, name: string, home: string): Omit<PatroniNode, 'programs'> {
  return {
    ...{ name, port: portOf(name), patroniPort: portOf(`${name} ${PATRONI_PORT}`) },
    ...{ listenHost: ENGINE_HOST, connectHost: ENGINE_HOST },
    ...{ dataFolder: path.join(home, 'cluster'), passwordFile: path.join(home, 'pgpass') },
  };
}

interface NodeParts extends NodeHome {
  readonly node: PatroniNode;
  readonly password: string;
  readonly config: string;
}

function nodeSpec(deps: EngineDeps, { path: home, user, node, password, config }: NodeParts): ProcessSpec {
  const { planned, clock, log, environment } = deps;
  const address = `${ENGINE_HOST}:${node.port}`;
  const connection = { url: `postgres://${SUPERUSER}:${password}@${address}/postgres` };
  const status = `http://${ENGINE_HOST}:${node.patroniPort}`;
  return {
    ...planned,
    port: node.port,
    async prepare() {
      // Patroni removes the folder where a copy is begun anew.
      await ownClusterFolder(node.dataFolder);
      // A PostgreSQL goes on when its Patroni is killed.
      await clearOrphans(node.dataFolder, clock, log);
      const file = path.join(home, CONFIG_FILE);
      await writeFile(file, config, { mode: 0o600 });
      if (user !== undefined) await chown(file, user.uid, user.gid);
      return {
        ...{ file: findProgram(PROGRAM, environment) ?? PROGRAM, args: [file], folder: home, user },
        // Some of its libraries look for a home of their user.
        environment: { ...engineEnvironment(environment), HOME: home },
      };
    },
    async check() {
      const response = await fetch(`${status}/health`, { signal: AbortSignal.timeout(CHECK_MS) });
      if (!response.ok) throw new AppError('unavailable', 'PostgreSQL does not run there');
    },
    makeUsable: () => createDatabaseOnPrimary(connection),
    describe: async () => {
      const member = (await readPatroniMembers(node.patroniPort)).find(({ name }) => name === planned.name);
      return member && describeMember(member);
    },
    figures: createCounterFigures(() => withClient(connection, countCommits), 'tx', clock),
    readyUrl: undefined,
    // It stops its PostgreSQL in order.
    stopSignal: 'SIGTERM',
    stopMs: STOP_MS,
    // A copy of much data takes its time.
    readyMs: undefined,
  };
}

async function createDatabaseOnPrimary(connection: { readonly url: string }): Promise<void> {
  if (await withClient(connection, isInRecovery)) return;
  await createDatabase(connection);
}
