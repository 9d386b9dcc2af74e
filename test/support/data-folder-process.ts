/**
 * A process that holds a data folder, for tests that kill it: `node data-folder-process.js FOLDER [postgres]`.
 * Prints one line of JSON, a `HeldFolder`, once it holds it, and closes in order on SIGTERM.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { systemClock } from '../../src/core/clock.ts';
import { openDataFolder } from '../../src/ports/data-folder/data-folder.ts';
import { openEmbeddedPostgres } from '../../src/ports/sql-store/embedded-postgres/embedded-postgres.ts';
import type { SocketConnection } from '../../src/ports/sql-store/embedded-postgres/server.ts';
import { createLog } from '../../src/telemetry/log.ts';

export interface HeldFolder {
  readonly pid: number;
  readonly connection?: SocketConnection;
}

export interface DataFolderProcess {
  readonly child: ChildProcess;
  /** Resolves once the folder, and the database if asked for, is open. */
  readonly held: Promise<HeldFolder>;
  /** kill -9 of the process alone, which leaves its children. */
  killAlone(): Promise<void>;
  /** kill -9 of the process group, as `docker kill` or a terminal that closes does. */
  killGroup(): Promise<void>;
}

const FILE = fileURLToPath(import.meta.url);

export function startDataFolderProcess(folder: string, engine?: 'postgres'): DataFolderProcess {
  const args = ['--enable-source-maps', FILE, folder, ...(engine === undefined ? [] : [engine])];
  // A process group of its own, so that the test survives what it does to it.
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'], detached: true });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const kill = async (pid: number): Promise<void> => {
    process.kill(pid, 'SIGKILL');
    await ended;
  };
  const pid = child.pid ?? Number.NaN;
  return { child, held: firstLine(child), killAlone: () => kill(pid), killGroup: () => kill(-pid) };
}

function firstLine(child: ChildProcess): Promise<HeldFolder> {
  return new Promise((resolve) => {
    if (child.stdout === null) return;
    createInterface({ input: child.stdout }).once('line', (line) => resolve(JSON.parse(line)));
  });
}

async function holdFolder(folder: string, engine: string | undefined): Promise<void> {
  const log = createLog({ level: 'silent', pretty: false });
  const dataFolder = await openDataFolder(folder, { clock: systemClock, command: 'test holder' });
  const postgres =
    engine === 'postgres'
      ? await openEmbeddedPostgres({ folder: path.join(dataFolder.path, engine), log, clock: systemClock })
      : undefined;
  const stayAlive = setInterval(() => undefined, 60_000);
  process.once('SIGTERM', async () => {
    clearInterval(stayAlive);
    await postgres?.close();
    await dataFolder.close();
  });
  console.log(JSON.stringify({ pid: process.pid, connection: postgres?.connection }));
}

const [, program, folder, engine] = process.argv;
if (program === FILE && folder !== undefined) await holdFolder(folder, engine);
