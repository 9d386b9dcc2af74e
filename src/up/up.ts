/** A topology that runs: engines first, then the product's processes, then the balancer; and down the other way round. */
import type { Environment } from '../config/env.ts';
import type { Clock } from '../core/clock.ts';
import type { Topology } from '../planner/topology.ts';
import { type PlannedProcess, plannedProcesses, planTopology } from '../planner/topology-plan.ts';
import type { Log } from '../telemetry/log.ts';
import { createCpuQuotas } from './cpu-quotas.ts';
import { HAPROXY_DRAIN_SIGNAL } from './engines/haproxy-engine.ts';
import { openProcessRecords } from './process-records.ts';
import { createProcessSet, type ProcessSet } from './process-set.ts';
import type { ProcessSpec } from './process-spec.ts';
import { portWishes } from './requirements.ts';
import { restoreBackup } from './restore-backup.ts';
import { interrupted, type ProcessStatus } from './supervised-process.ts';
import { createBalancer, createServeProcesses, entranceUrl, prepareEngines } from './topology-processes.ts';
import { openUpFolder } from './up-folder.ts';

export interface UpOptions {
  readonly topology: Topology;
  /** Absolute. */
  readonly dataFolder: string;
  readonly environment: Environment;
  readonly clock: Clock;
  readonly log: Log;
  /** A backup to begin with, put into the empty database before anyone uses it. */
  readonly restoreFrom: string | undefined;
  /** What a process has written. */
  readonly onLine: (process: string, line: string) => void;
  /** What happened to one, in a few words after its name. */
  readonly onEvent: (process: string, text: string, level: 'info' | 'warn') => void;
}

export interface Up {
  /** Where clients come in; empty until ports are chosen. */
  url(): string;
  /** All that shall run, whether it does yet or not. */
  processes(): readonly UpProcess[];
  /**
   * Resolves when everything is ready. Fails with `conflict` if another `up` has the data folder or another program a
   * port, with `unavailable` if a process does not start. Whatever comes of it, `close` must follow.
   */
  start(signal: AbortSignal): Promise<void>;
  /** Finishes what is being answered and stops everything, the databases last. */
  close(): Promise<void>;
}

export interface UpProcess {
  readonly name: string;
  readonly role: string;
  /** `undefined` until it is chosen. */
  readonly port: number | undefined;
  readonly spec: ProcessSpec | undefined;
  readonly status: ProcessStatus;
}

/** Without a request it drains at once; with WebSockets it waits until their servers let go of them. */
const BALANCER_DRAIN_MS = 2_000;
const POLL_MS = 20;
const NOT_STARTED: ProcessStatus = { state: 'waiting', pid: undefined, restarts: 0, problem: undefined };

export function createUp(options: UpOptions): Up {
  const { topology, dataFolder, clock, onEvent } = options;
  const plan = planTopology(topology);
  const closers: (() => Promise<void>)[] = [];
  let set: ProcessSet | undefined;
  let url = '';

  async function start(signal: AbortSignal): Promise<void> {
    const folder = await openUpFolder({
      ...{ dataFolder, clock },
      ports: portWishes(plan, topology),
      onLeft: (name) => onEvent(name, 'was left behind by an up that was killed; it is stopped', 'warn'),
    });
    closers.push(() => folder.close());
    const deps = { ...options, plan, upFolder: folder.path, portOf: folder.portOf };
    url = entranceUrl(deps);
    const cpuQuotas = createCpuQuotas(String(process.pid));
    closers.push(() => cpuQuotas.close());
    const engines = await prepareEngines(deps);
    const records = openProcessRecords(folder.path, {
      ...{ topology: topology.name, url, database_url: engines.urls.postgres },
      ...{ event_log_url: engines.urls.kafka, blobs_url: engines.urls.s3 },
    });
    closers.push(() => records.clear());
    const processes = createProcessSet({ ...options, records, cpuQuotas, logs: folder.logs });
    closers.push(() => processes.closeLogs());
    set = processes;

    if (signal.aborted) throw interrupted();
    await processes.open(engines.specs, signal);
    await engines.join();
    const serves = createServeProcesses(deps, engines.urls);
    if (options.restoreFrom !== undefined) {
      await restoreBackup(options.restoreFrom, {
        ...deps,
        engineUrls: engines.urls,
        logs: folder.logs,
        signal,
      });
    }
    await processes.open(serves, signal);
    const balancer = await createBalancer(deps);
    if (balancer !== undefined) await processes.open([balancer], signal);
    await folder.describe(url);
    await records.markReady();
  }

  /** What has come in is passed on and answered; nothing new is taken. */
  async function drainBalancer(): Promise<void> {
    const balancer = set?.get(plan.balancer?.name ?? '');
    if (balancer === undefined) return;
    balancer.drain(HAPROXY_DRAIN_SIGNAL);
    const deadlineMs = clock.monotonicMs() + BALANCER_DRAIN_MS;
    while (balancer.status().pid !== undefined && clock.monotonicMs() < deadlineMs)
      await clock.sleep(POLL_MS);
  }

  return {
    url: () => url,
    processes: () =>
      plannedProcesses(plan).map(({ name, role, port }) => {
        const member = set?.get(name);
        const status = member?.status() ?? NOT_STARTED;
        return { name, role, port: member?.spec.port ?? port, spec: member?.spec, status };
      }),
    start,
    async close() {
      await drainBalancer();
      await set?.close(namesOf(plan.serves));
      await set?.close(namesOf(plan.balancer === undefined ? [] : [plan.balancer]));
      // Patroni hands over and takes leave there.
      const isEtcd = ({ kind }: PlannedProcess) => kind === 'etcd';
      await set?.close(namesOf(plan.engines.filter((engine) => !isEtcd(engine))));
      await set?.close(namesOf(plan.engines.filter(isEtcd)));
      for (const closePart of closers.splice(0).reverse()) await closePart();
    },
  };
}

function namesOf(planned: readonly PlannedProcess[]): string[] {
  return planned.map(({ name }) => name);
}
