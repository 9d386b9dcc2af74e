/** The topology that `up` is asked for: one of the stages that come with the program, or a file. */

import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Environment } from '../config/env.ts';
import { packageRoot } from '../config/package-info.ts';
import { SETTINGS } from '../config/settings.ts';
import { AppError } from '../core/errors.ts';
import { parseTopology, type TopologyCheck } from '../planner/parse-topology.ts';
import type { Topology } from '../planner/topology.ts';

export const STAGES = ['1', '2', '3', '4', '5'] as const;

export interface TopologyOptions {
  readonly stage?: string;
  readonly file?: string;
  /** `processes.api.count=4`. */
  readonly set?: readonly string[];
}

export const DEFAULT_FILE = 'topology.yaml';

/** Fails with `invalid` where none is named and none is here, with a `ConfigError` for all that is wrong in it. */
export function loadTopology(
  { stage, file, set = [] }: TopologyOptions,
  environment: Environment,
  check?: TopologyCheck,
): Topology {
  const found = stage === undefined ? (file ?? DEFAULT_FILE) : stageFile(stage);
  if (stage === undefined && file === undefined && !existsSync(found)) {
    throw new AppError(
      'invalid',
      `There is no ${DEFAULT_FILE} here. Name a stage (--stage 2) or a file (--file NAME).`,
    );
  }
  const name = path.relative('', found).startsWith('..') ? path.basename(found) : path.relative('', found);
  return parseTopology({ text: read(found), name, environment, overrides: set }, check);
}

export function stageFile(stage: string): string {
  return path.join(packageRoot(), 'deploy', 'stages', `stage-${stage}.yaml`);
}

/** `named`: by the command line, or else by the file. */
export function dataFolderOf(named: string | undefined, environment: Environment): string {
  return path.resolve(named ?? (environment['GROUNDSWELL_DATA'] || SETTINGS.GROUNDSWELL_DATA.fallback));
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    const isAbsent = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new AppError(
      'invalid',
      `${isAbsent ? `There is no file ${file}.` : `The topology ${file} cannot be read: ${reason}.`} Name one with --file, or one that comes with it with --stage.`,
      { cause },
    );
  }
}
