/** Programs that `up` starts, where they are, and what to do where they are not. */
import { accessSync, constants, statSync } from 'node:fs';
import path from 'node:path';
import type { Environment } from '../config/env.ts';
import { AppError } from '../core/errors.ts';

/** Something that must be installed before anything is started. */
export interface MissingProgram {
  /** What is missing, and for what. */
  readonly what: string;
  /** The command that installs it, or what else to do. */
  readonly remedy: string;
}

/** Where systems keep servers that are not for everyone's PATH. */
const FURTHER_FOLDERS = ['/usr/sbin', '/usr/local/sbin', '/opt/homebrew/bin'];

/** The absolute path of a program on PATH. */
export function findProgram(name: string, environment: Environment): string | undefined {
  const folders = [...(environment['PATH'] ?? '').split(path.delimiter), ...FURTHER_FOLDERS];
  return folders.map((folder) => path.join(folder, name)).find(isExecutable);
}

export function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return path.isAbsolute(file) && statSync(file).isFile();
  } catch {
    return false;
  }
}

export interface PackageNames {
  /** Of Debian and what comes from it. */
  readonly debian: string;
  readonly homebrew: string;
}

/** How the program of a package is had on this system. */
export function installCommand({ debian, homebrew }: PackageNames, platform = process.platform): string {
  return platform === 'darwin' ? `brew install ${homebrew}` : `apt-get install ${debian}`;
}

export function refuseMissing(topology: string, missing: readonly MissingProgram[]): void {
  if (missing.length === 0) return;
  const lines = missing.map(({ what, remedy }) => `  - ${what}: ${remedy}`);
  throw new AppError(
    'unavailable',
    [`${topology} needs what is not installed here. Nothing was started.`, ...lines].join('\n'),
  );
}
