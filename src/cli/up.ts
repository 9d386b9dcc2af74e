/** `groundswell up`: the engines and processes of a topology, started, watched and stopped together. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { Command, Option } from 'commander';
import { type Environment, readEnvironment } from '../config/env.ts';
import { systemClock } from '../core/clock.ts';
import type { Topology } from '../planner/topology.ts';
import { plannedProcesses, planTopology, type TopologyPlan } from '../planner/topology-plan.ts';
import { topologyNotes } from '../planner/topology-rules.ts';
import { requireBackup } from '../ports/backup-folder/backup.ts';
import { createLog } from '../telemetry/log.ts';
import { canTieToUs } from '../up/child-process.ts';
import { choosePorts } from '../up/ports.ts';
import { refuseMissing } from '../up/programs.ts';
import {
  certificateNotes,
  certificateProblems,
  missingPrograms,
  portWishes,
  settingProblems,
} from '../up/requirements.ts';
import { createUp } from '../up/up.ts';
import { upFolderIn } from '../up/up-folder.ts';
import { withExamples } from './examples.ts';
import { gather } from './option-values.ts';
import { listenForStop } from './stop-request.ts';
import { formatTable } from './table.ts';
import { downCommand, statusCommand } from './up-control.ts';
import { createLineOutput, createTableOutput, type UpOutput } from './up-output.ts';
import { restartCommand } from './up-restart.ts';
import { dataFolderOf, loadTopology, STAGES, type TopologyOptions } from './up-topology.ts';

interface UpCommandOptions extends TopologyOptions {
  readonly data?: string;
  readonly restore?: string;
  readonly check?: true;
  readonly plain?: true;
}

const EXPLANATION = `
Stages:
  1  everything in one process, as \`serve\` does; needs nothing
  2  PostgreSQL of its own, a worker apart
  3  Redis for home timelines, caches and limits
  4  HAProxy before several api processes, Kafka, several workers, Redis Cluster
  5  PostgreSQL as a primary, a synchronous standby and a replica, with failover
The files are in deploy/stages; copy one to make your own. docs/growing.md says
what each costs and gives.

Engines are started from the programs of this machine, keep their data below
up/ in the data folder, and listen on 127.0.0.1 only. What is missing is named
before anything is started. A process that ends is started again. Everything
stops with \`up\`, also when that is killed (Linux).`;

export function upCommand(): Command {
  const command = new Command('up')
    .addOption(new Option('--stage <number>', 'one that comes with it').choices(STAGES).conflicts('file'))
    .option('--file <path>', 'your own (topology.yaml, if it is here)')
    .option('--set <name=value>', 'another value for this once, such as processes.api.count=4', gather)
    .option('--data <folder>', 'where everything is kept (GROUNDSWELL_DATA, ./data)')
    .option('--restore <backup>', 'a backup to begin with, for a database that is empty')
    .option('--check', 'say what is wrong with it, or what would be started, and start nothing')
    .option('--plain', 'lines instead of the table, also on a terminal')
    .addHelpText('after', EXPLANATION)
    .action(run);
  for (const each of [statusCommand(), restartCommand(), downCommand()]) command.addCommand(each);
  return withExamples(
    command,
    'groundswell up --stage 2',
    'groundswell up --stage 4 --set processes.api.count=4 --check',
    'groundswell up --file topology.yaml --restore /backups/2026-01-31',
  );
}

async function run(options: UpCommandOptions): Promise<void> {
  const environment = readEnvironment();
  const topology = loadTopology(options, environment, (read) => [
    ...settingProblems(read, environment),
    ...certificateProblems(read, systemClock.nowMs()),
  ]);
  const plan = planTopology(topology);
  refuseMissing(topology.name, missingPrograms(topology, environment));
  if (options.restore !== undefined) await requireBackup(options.restore);
  const dataFolder = dataFolderOf(options.data ?? topology.data, environment);
  if (options.check) return showPlan(topology, plan, dataFolder);
  await runUp({ topology, plan, dataFolder, environment, options });
}

async function showPlan(topology: Topology, plan: TopologyPlan, dataFolder: string): Promise<void> {
  const ports = await choosePorts(portWishes(plan, topology), upFolderIn(dataFolder), { keep: false });
  const rows = plannedProcesses(plan).map(({ name, role, cpu }) => [
    ...[name, role, String(ports.get(name) ?? ''), cpu === undefined ? 'all' : String(cpu)],
  ]);
  console.log(formatTable(['PROCESS', 'ROLE', 'PORT', 'CPU'], rows));
  for (const note of notesOn(topology, dataFolder)) console.log(`\nNote: ${note}`);
  console.log(`\n${topology.name} is right, and all it needs is here. Its data would be in ${dataFolder}.`);
}

function notesOn(topology: Topology, dataFolder: string): string[] {
  const tied = canTieToUs()
    ? []
    : [
        'this system cannot end processes with their parent: after a kill -9 of up, the next start stops them.',
      ];
  const certificate = certificateNotes(topology, systemClock.nowMs());
  return [...topologyNotes(topology), ...certificate, ...otherDatabase(topology, dataFolder), ...tied];
}

/** Whoever goes on to another stage in the same folder may wonder where everything is. */
function otherDatabase({ engines }: Topology, dataFolder: string): string[] {
  const [embedded, started] = [dataFolder, upFolderIn(dataFolder)].map((folder) =>
    path.join(folder, 'postgres', 'cluster'),
  ) as [string, string]; // One for each of the two.
  const [own, other] = engines.postgres.kind === 'embedded' ? [embedded, started] : [started, embedded];
  if (existsSync(own) || !existsSync(other)) return [];
  return [
    `the database in ${path.dirname(other)} is that of another stage and is not used; docs/growing.md says how to move.`,
  ];
}

interface UpTask {
  readonly topology: Topology;
  readonly plan: TopologyPlan;
  readonly dataFolder: string;
  readonly environment: Environment;
  readonly options: UpCommandOptions;
}

async function runUp({ topology, plan, dataFolder, environment, options }: UpTask): Promise<void> {
  const clock = systemClock;
  const output = openOutput(topology, plan, dataFolder, environment, options.plain === true);
  // Beside a table nothing else may be written.
  const log = createLog({ level: 'info', pretty: false, write: (line) => output.line('up', line.trimEnd()) });
  const up = createUp({
    ...{ topology, dataFolder, environment, clock, log },
    restoreFrom: options.restore,
    onLine: output.line,
    onEvent: output.event,
  });
  // A terminal that is closed, or a program that reads no more, is no reason to cut anything.
  process.stdout.on('error', () => undefined);
  // Whatever is to be said is said in the table.
  const stop = listenForStop({ clock, log: log.child({}, { level: 'silent' }) });
  output.open(up);
  for (const note of notesOn(topology, dataFolder)) output.event('up', note, 'info');
  try {
    output.phase('starting');
    await Promise.race([up.start(stop.asked), stop.insisted]);
    output.phase('up');
    await Promise.race([aborted(stop.asked), stop.insisted]);
  } catch (error) {
    // Whoever asked for the end need not be told that it came.
    if (!stop.asked.aborted) throw error;
  } finally {
    output.phase('stopping');
    await Promise.race([up.close(), stop.insisted]).finally(() => output.phase('stopped'));
    output.close();
  }
}

function openOutput(
  topology: Topology,
  plan: TopologyPlan,
  dataFolder: string,
  environment: Environment,
  plain: boolean,
): UpOutput {
  const terminal = process.stdout;
  const isTable = terminal.isTTY && !plain;
  return (isTable ? createTableOutput : createLineOutput)({
    topology: topology.name,
    names: [...plannedProcesses(plan).map(({ name }) => name), 'up'],
    logs: path.relative('', path.join(upFolderIn(dataFolder), 'logs')),
    colour: terminal.isTTY && (environment['NO_COLOR'] ?? '') === '',
    clock: systemClock,
    terminal,
  });
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
