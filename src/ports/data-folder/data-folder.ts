/**
 * The data-folder port: the one folder that holds everything the embedded engines keep. One process holds it at
 * a time, because two would corrupt what is in it.
 */
import { mkdir, realpath } from 'node:fs/promises';
import path from 'node:path';
import type { Clock } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import { acquireFolderLock } from './folder-lock.ts';

export interface DataFolder {
  /** Absolute, with symbolic links resolved. */
  readonly path: string;
  /** Records where this process serves, so that a second start can say it. */
  describe(holder: { readonly url: string }): Promise<void>;
  /** Lets go of the folder. Close first whatever uses it. Calling it again does nothing. */
  close(): Promise<void>;
}

export interface DataFolderDependencies {
  readonly clock: Clock;
  /** What holds the folder, in the words of its user: 'groundswell serve'. */
  readonly command?: string;
  /** Whether the kernel can hold a lock for us: Linux. Elsewhere a file and its heartbeat must do. */
  readonly kernelLock?: boolean;
}

/** Only the owner may read it: it holds passwords' hashes and private messages. */
const FOLDER_MODE = 0o700;

/**
 * Opens the folder, making it and its parents where they are missing. Fails with `conflict` when another process
 * holds it, saying which and what to do; with `unavailable` when it cannot be made or written. A holder that was
 * killed holds nothing: the next start takes over.
 */
export async function openDataFolder(
  folder: string,
  { clock, command = 'groundswell', kernelLock = process.platform === 'linux' }: DataFolderDependencies,
): Promise<DataFolder> {
  try {
    await makeFolder(folder);
    const held = await realpath(folder);
    const lock = await acquireFolderLock({ folder: held, clock, command, kernelLock });
    return { path: held, describe: ({ url }) => lock.describe(url), close: () => lock.release() };
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw unusable(folder, error);
  }
}

/** With its parents. Not by mkdir's own `recursive`, which in a folder that takes none, such as /proc, tries for ever. */
async function makeFolder(folder: string): Promise<void> {
  const make = () => mkdir(folder, { mode: FOLDER_MODE });
  try {
    await make().catch(async (error: unknown) => {
      if (!isCode(error, 'ENOENT')) throw error;
      await makeFolder(path.dirname(folder));
      await make();
    });
  } catch (error) {
    if (!isCode(error, 'EEXIST')) throw error;
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

function unusable(folder: string, cause: unknown): AppError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new AppError(
    'unavailable',
    `The data folder ${folder} cannot be used: ${reason}. ` +
      'Give this user the right to write there, or name another folder in GROUNDSWELL_DATA.',
    { cause },
  );
}
