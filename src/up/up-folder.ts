/** The folder of `up` in the data folder: one `up` has it at a time, and what an earlier one left running is stopped. */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { Clock } from '../core/clock.ts';
import { assert } from '../core/errors.ts';
import { openDataFolder } from '../ports/data-folder/data-folder.ts';
import { choosePorts, type PortWish } from './ports.ts';
import { clearLeftProcesses } from './process-records.ts';

export interface UpFolder {
  /** Absolute. */
  readonly path: string;
  /** Where processes write what they have to say. */
  readonly logs: string;
  readonly portOf: (name: string) => number;
  /** Records where it is reached, so that a second start can say it. */
  describe(url: string): Promise<void>;
  close(): Promise<void>;
}

export interface UpFolderOptions {
  /** Absolute. */
  readonly dataFolder: string;
  readonly ports: readonly PortWish[];
  readonly clock: Clock;
  /** Told the name of what was left running. */
  readonly onLeft: (process: string) => void;
}

const LOGS_FOLDER = 'logs';

export function upFolderIn(dataFolder: string): string {
  return path.join(dataFolder, 'up');
}

/** Fails with `conflict` when another `up` has it, or another program has a port that the topology names. */
export async function openUpFolder(options: UpFolderOptions): Promise<UpFolder> {
  const { dataFolder, clock, onLeft } = options;
  const folder = await openDataFolder(upFolderIn(dataFolder), { clock, command: 'groundswell up' });
  try {
    for (const name of await clearLeftProcesses(folder.path, clock)) onLeft(name);
    const logs = path.join(folder.path, LOGS_FOLDER);
    await mkdir(logs, { recursive: true, mode: 0o700 });
    const ports = await choosePorts(options.ports, folder.path, { keep: true });
    return {
      ...{ path: folder.path, logs },
      portOf(name) {
        const port = ports.get(name);
        assert(port !== undefined, `there is a port for ${name}`);
        return port;
      },
      describe: (url) => folder.describe({ url }),
      close: () => folder.close(),
    };
  } catch (error) {
    await folder.close();
    throw error;
  }
}
