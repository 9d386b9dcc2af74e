/** The product as a process group of its own on a temporary data folder, for tests that stop, kill and restart it. */
import { mkdtemp, readlink, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type ServerProcess, startServerProcess } from '../../src/bench/server-process.ts';
import { type Environment, readEnvironment } from '../../src/config/env.ts';
import { systemClock } from '../../src/core/clock.ts';
import { type ProcessStat, processTree, readAllStats } from '../../src/telemetry/process-cpu.ts';

export interface ServerHome {
  readonly dataFolder: string;
  /** Starts `groundswell serve` there and resolves when it is ready. Settings are environment variables; by default on a free port. */
  start(settings?: Environment, port?: number): Promise<ServerProcess>;
  /** Kills whatever still runs, and removes the folder. */
  close(): Promise<void>;
}

/** The folder is made in `parent`. */
export async function createServerHome(parent = tmpdir()): Promise<ServerHome> {
  const dataFolder = await mkdtemp(path.join(parent, 'groundswell-server-'));
  const started: ServerProcess[] = [];
  return {
    dataFolder,
    async start(settings = {}, port) {
      const server = await startServerProcess({
        dataFolder,
        environment: readEnvironment(),
        settings: {
          GROUNDSWELL_LOG_LEVEL: 'info',
          GROUNDSWELL_LOG_FORMAT: 'json',
          // Tests have no internet.
          GROUNDSWELL_LINKS_CHECKS: 'off',
          ...enginesOf(),
          ...settings,
        },
        ownGroup: true,
        ...(port !== undefined && { port }),
        clock: systemClock,
      });
      started.push(server);
      return server;
    },
    async close() {
      for (const server of started) await server.kill();
      await rm(dataFolder, { recursive: true, force: true });
    },
  };
}

/** So that any of these suites runs on other engines: GROUNDSWELL_TEST_EVENT_LOG_URL=kafka://… for all servers of a run. */
function enginesOf(): Environment {
  const url = readEnvironment()['GROUNDSWELL_TEST_EVENT_LOG_URL'];
  return url === undefined ? {} : { GROUNDSWELL_EVENT_LOG_URL: `${url}?prefix=run-${process.pid}.` };
}

/** Processes as they are at one moment, to see later which of them are still there. */
export interface ProcessSnapshot {
  readonly pids: readonly number[];
  /** Those of them that still run: the same processes, not others with their ids. */
  survivors(): readonly ProcessStat[];
  /** All processes that now work in a folder in which a PostgreSQL of the snapshot worked. */
  successors(): Promise<readonly ProcessStat[]>;
}

/** The process and all that it has started. Undefined where the system does not tell (no /proc). */
export async function snapshotProcesses(pid: number): Promise<ProcessSnapshot | undefined> {
  const tree = processTree([pid]);
  if (tree === undefined) return undefined;
  const databases = tree.filter(({ name }) => name === 'postgres');
  const folders = new Set(await Promise.all(databases.map(workingFolder)));
  return {
    pids: tree.map((stat) => stat.pid),
    survivors: () =>
      (readAllStats() ?? []).filter(
        (stat) =>
          !stat.zombie && tree.some((one) => one.pid === stat.pid && one.startTicks === stat.startTicks),
      ),
    async successors() {
      const all = readAllStats() ?? [];
      const places = await Promise.all(all.map(workingFolder));
      return all.filter((_, index) => places[index] !== undefined && folders.has(places[index]));
    },
  };
}

async function workingFolder({ pid }: ProcessStat): Promise<string | undefined> {
  return readlink(`/proc/${pid}/cwd`).catch(() => undefined);
}
