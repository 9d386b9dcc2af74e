/**
 * A stage as its user has it: `groundswell up --stage 5`, started as a command, with its own file. A component is any process
 * of it by its name (`api-1`, `postgres-2`, `haproxy`, …), `up` itself, or `everything`.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { findFreePort } from '../../src/bench/server-process.ts';
import { readEnvironment } from '../../src/config/env.ts';
import { packageRoot } from '../../src/config/package-info.ts';
import {
  isRunning,
  type ProcessRecord,
  readUpRecord,
  startOf,
  type UpRecord,
} from '../../src/up/process-records.ts';
import { checkReady } from '../../src/up/serve-process.ts';
import { upFolderIn } from '../../src/up/up-folder.ts';
import { openPatroniCluster, type ServerRole } from '../failover/patroni-cluster.ts';
import { kafkaJars } from '../support/kafka-broker.ts';
import { until } from '../support/until.ts';
import type { FaultStack } from './fault-stack.ts';

export interface StageStack extends FaultStack {
  /** The name of the process that runs the PostgreSQL which has that role now. */
  serverWith(role: ServerRole): Promise<string>;
}

export interface StageStackOptions {
  readonly stage: string;
  readonly folder: string;
  readonly onEvent: (text: string) => void;
}

export const UP = 'up';
export const EVERYTHING = 'everything';

const START_MS = 240_000;
/** What a killed `up` leaves may finish what it has. */
const END_MS = 60_000;
const PROGRAM = path.join(packageRoot(), 'dist', 'src', 'main.js');
const ROLES: readonly ServerRole[] = ['primary', 'synchronous standby', 'replica'];

export async function openStageStack({ stage, folder, onEvent }: StageStackOptions): Promise<StageStack> {
  const dataFolder = path.join(folder, 'data');
  const upFolder = upFolderIn(dataFolder);
  const settings = [`engines.haproxy.port=${await findFreePort()}`, 'settings.GROUNDSWELL_LOG_LEVEL=warn'];
  const args = ['--stage', stage, '--data', dataFolder, ...settings.flatMap((each) => ['--set', each])];
  let command = startUp(args, onEvent);
  let known = await startedRecord(command, upFolder);
  const planned = known.processes.length;
  const { database_url: databaseUrl = '' } = known;
  const cluster = openPatroniCluster(databaseUrl);
  const clusterFolder = await cluster.folder();

  function find(name: string): ProcessRecord {
    const found = known.processes.find((one) => one.name === name);
    assert(found !== undefined, `${name} is a component`);
    return found;
  }

  function allPids(): readonly number[] {
    return [known.pid, ...known.processes.flatMap(({ name }) => pidsOf(name))];
  }

  /** A PostgreSQL belongs to its Patroni, without being a child of it. */
  function pidsOf(component: string): readonly number[] {
    if (component === UP) return [known.pid];
    if (component === EVERYTHING) return allPids();
    const { pid } = find(component);
    const postmaster = path.join(clusterFolder, component, 'cluster', 'postmaster.pid');
    return existsSync(postmaster) ? [pid, Number(readFileSync(postmaster, 'utf8').split('\n')[0])] : [pid];
  }

  async function isWhole(): Promise<boolean> {
    const found = await readUpRecord(upFolder);
    if (found === undefined || found.processes.length < planned) return false;
    known = found;
    if (!known.processes.every(isRunning)) return false;
    const urls = known.processes.flatMap(({ ready_url: url }) => url ?? []);
    const answers = await Promise.allSettled(urls.map((url) => checkReady(new URL(url).origin)));
    if (answers.some(({ status }) => status === 'rejected')) return false;
    const roles = [...(await cluster.roles()).values()];
    return ROLES.every((role) => roles.includes(role));
  }

  return {
    ...{ url: known.url, dataFolder, databaseUrl, clockFile: undefined },
    pidsOf,
    portOf: (component) => find(component).port,
    isWhole: () => isWhole().catch(() => false),
    async serverWith(role) {
      const port = Number(new URL((await cluster.find(role)).url).port);
      return (
        known.processes.find((one) => one.port === port)?.name ?? assert.fail(`a process runs the ${role}`)
      );
    },
    async kill(component, signal) {
      const wanted = pidsOf(component);
      // Nothing that `up` has started may go on without it.
      const going = endsAll(component) ? allPids() : wanted;
      const started = going.map((pid) => ({ pid, started: startOf(pid) ?? '' }));
      for (const pid of wanted) signal(pid);
      await awaitEnd(started);
    },
    async restart(component) {
      if (!endsAll(component)) return;
      command = startUp(args, onEvent);
      known = await startedRecord(command, upFolder);
    },
    async commandEnvironment() {
      const words = readFileSync(`/proc/${find('worker-1').pid}/environ`, 'utf8').split('\0');
      return Object.fromEntries(
        words.map((word) => splitAt(word, word.indexOf('='))).filter(([name]) => name),
      );
    },
    async close() {
      await stopUp(command);
      await rm(clusterFolder, { recursive: true, force: true });
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function endsAll(component: string): boolean {
  return component === UP || component === EVERYTHING;
}

function splitAt(text: string, index: number): readonly [string, string] {
  return [text.slice(0, Math.max(0, index)), text.slice(index + 1)];
}

function startUp(args: readonly string[], onEvent: (text: string) => void): ChildProcess {
  const jars = kafkaJars();
  assert(jars !== undefined, 'stages with Kafka need its jars: see .ci/run');
  const kept = Object.entries(readEnvironment()).filter(([name]) => !name.startsWith('GROUNDSWELL_'));
  const child = spawn(process.execPath, [PROGRAM, 'up', ...args, '--plain'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...Object.fromEntries(kept), KAFKA_HOME: jars },
  });
  // Its own lines, and what it says when it gives up; those of its processes are in its logs.
  createInterface(child.stdout).on('line', (line) => {
    if (line.startsWith('up ')) onEvent(line.slice(line.indexOf('|') + 2));
  });
  createInterface(child.stderr).on('line', onEvent);
  return child;
}

async function startedRecord(command: ChildProcess, upFolder: string): Promise<UpRecord> {
  let record: UpRecord | undefined;
  await until(async () => {
    assert(command.exitCode === null, `up ended with ${command.exitCode}`);
    record = await readUpRecord(upFolder);
    return record?.ready === true && record.pid === command.pid;
  }, START_MS);
  return record ?? assert.fail();
}

async function stopUp(command: ChildProcess): Promise<void> {
  if (command.exitCode !== null || command.signalCode !== null) return;
  const ended = once(command, 'exit');
  command.kill('SIGTERM');
  await ended;
}

async function awaitEnd(processes: readonly Pick<ProcessRecord, 'pid' | 'started'>[]): Promise<void> {
  const left = () => processes.filter(isRunning).map(({ pid }) => pid);
  await until(() => left().length === 0, END_MS).catch(() => assert.fail(`${left().join(', ')} went on`));
}
