/**
 * The data-folder port: the one folder that holds everything the embedded engines keep. One process holds it at
 * a time, because two would corrupt what is in it.
 */
import { mkdir, realpath } from 'node:fs/promises';
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
  path: string,
  { clock, command = 'groundswell', kernelLock = process.platform === 'linux' }: DataFolderDependencies,
): Promise<DataFolder> {
  try {
    await mkdir(path, { recursive: true, mode: FOLDER_MODE });
    const folder = await realpath(path);
    const lock = await acquireFolderLock({ folder, clock, command, kernelLock });
    return { path: folder, describe: ({ url }) => lock.describe(url), close: () => lock.release() };
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw unusable(path, error);
  }
}

function unusable(path: string, cause: unknown): AppError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new AppError(
    'unavailable',
    `The data folder ${path} cannot be used: ${reason}. ` +
      'Give this user the right to write there, or name another folder in GROUNDSWELL_DATA.',
    { cause },
  );
}
