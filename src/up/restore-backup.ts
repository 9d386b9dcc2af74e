/** Puts a backup into the engines that have just been started, before anything uses them. */
import path from 'node:path';
import { AppError, assert } from '../core/errors.ts';
import type { EngineUrls } from '../planner/topology-environment.ts';
import { describeExit, startChild } from './child-process.ts';
import { openLogFile } from './log-file.ts';
import { serveLaunch } from './serve-process.ts';
import { servePlace, type TopologyDeps } from './topology-processes.ts';

export interface RestoreDeps extends TopologyDeps {
  readonly engineUrls: EngineUrls;
  readonly logs: string;
  readonly onLine: (process: string, line: string) => void;
  readonly signal: AbortSignal;
}

const NAME = 'restore';
const STOP_MS = 10_000;

/** As `groundswell restore` beside the processes would. Fails with its own words. */
export async function restoreBackup(backup: string, deps: RestoreDeps): Promise<void> {
  const { plan, environment, engineUrls, clock, signal, onLine } = deps;
  const [planned] = plan.serves;
  assert(planned !== undefined, 'a topology has processes');
  const place = servePlace(deps, engineUrls, planned.name);
  const logFile = await openLogFile({
    path: path.join(deps.logs, `${NAME}.log`),
    onLine: (line) => onLine(NAME, line),
  });
  try {
    const child = startChild({
      launch: serveLaunch([NAME, '--from', path.resolve(backup)], { planned, place, environment }),
      outputFile: logFile.descriptor,
      orphanSignal: 'SIGTERM',
      clock,
    });
    const stop = (): void => void child.stop('SIGTERM', STOP_MS);
    signal.addEventListener('abort', stop, { once: true });
    const exit = await child.exited;
    signal.removeEventListener('abort', stop);
    if (exit.exitCode === 0) return;
    const said = (await logFile.lastLines()).join('\n');
    throw new AppError('unavailable', `The backup was not restored: it ${describeExit(exit)}.\n${said}`);
  } finally {
    await logFile.close();
  }
}
