/** Keeps one process running: starts it, watches whether it is ready, and starts it again when it has ended. */
import type { Clock } from '../core/clock.ts';
import { AppError } from '../core/errors.ts';
import { type ChildExit, describeExit, type RunningChild, startChild } from './child-process.ts';
import type { CpuQuotas } from './cpu-quotas.ts';
import type { LogFile } from './log-file.ts';
import { type ProcessRecords, startOf } from './process-records.ts';
import type { ProcessSpec } from './process-spec.ts';

export type ProcessState =
  | 'waiting'
  | 'starting'
  | 'ready'
  | 'not ready'
  | 'restarting'
  | 'stopping'
  | 'stopped';

export interface ProcessStatus {
  readonly state: ProcessState;
  /** `undefined` while none runs. */
  readonly pid: number | undefined;
  readonly restarts: number;
  /** Why it is not ready. */
  readonly problem: string | undefined;
}

export interface SupervisedProcess {
  readonly spec: ProcessSpec;
  status(): ProcessStatus;
  /** Resolves when it is ready. Fails, with its last lines, when it ends or takes too long: nothing runs then. */
  open(signal: AbortSignal): Promise<void>;
  /** Asks it by a signal of its own to take no more and to end when it can. It is not started again then. */
  drain(name: NodeJS.Signals): void;
  close(): Promise<void>;
}

export interface SupervisorDeps {
  readonly clock: Clock;
  readonly records: ProcessRecords;
  readonly cpuQuotas: CpuQuotas;
  readonly logFile: LogFile;
  /** For a person: something happened to it. */
  readonly onEvent: (text: string, level: 'info' | 'warn') => void;
}

/** At once, because most crashes are singular; then rarer, because the rest need a person. */
export const RESTART_DELAYS_MS = [100, 500, 1_000, 2_000, 5_000, 10_000] as const;
/** What has run this long starts the row of delays anew. */
const STABLE_MS = 30_000;
const START_POLL_MS = 100;
const CHECK_EVERY_MS = 1_000;
/** A single check may fail by chance. */
const FAILURES_MAX = 2;

export function superviseProcess(spec: ProcessSpec, deps: SupervisorDeps): SupervisedProcess {
  const { clock, records, onEvent } = deps;
  const closing = new AbortController();
  let status: ProcessStatus = { state: 'waiting', pid: undefined, restarts: 0, problem: undefined };
  let child: RunningChild | undefined;
  let keeping = Promise.resolve();

  const change = (next: Partial<ProcessStatus>): void => {
    status = { ...status, ...next };
  };

  async function start(signal: AbortSignal): Promise<RunningChild> {
    change({ state: 'starting', problem: undefined });
    const started = await launch(spec, deps);
    child = started;
    change({ pid: started.pid });
    try {
      await awaitReady(spec, started, deps, signal);
      await spec.makeUsable?.();
    } catch (error) {
      await started.stop(spec.stopSignal, spec.stopMs);
      await forget('stopped');
      throw error;
    }
    change({ state: 'ready', problem: undefined });
    return started;
  }

  /** It has ended. */
  async function forget(state: ProcessState): Promise<void> {
    child = undefined;
    change({ pid: undefined, state });
    await records.remove(spec.name);
  }

  /** Until it has ended. */
  async function watch(running: RunningChild): Promise<ChildExit> {
    const ended = new AbortController();
    const exit = running.exited.finally(() => ended.abort());
    for (let failures = 0; !ended.signal.aborted; ) {
      await clock.sleep(CHECK_EVERY_MS, ended.signal);
      if (ended.signal.aborted || closing.signal.aborted) break;
      const problem = await problemOf(spec);
      failures = problem === undefined ? 0 : failures + 1;
      if (closing.signal.aborted || ended.signal.aborted) break;
      if (failures === 0 && status.state === 'not ready') onEvent('is ready again', 'info');
      if (failures === FAILURES_MAX) onEvent(`is not ready: ${problem}`, 'warn');
      if (failures === 0) change({ state: 'ready', problem: undefined });
      else if (failures >= FAILURES_MAX) change({ state: 'not ready', problem });
    }
    return exit;
  }

  async function keep(first: RunningChild): Promise<void> {
    let running: RunningChild | undefined = first;
    for (let attempt = 0; !closing.signal.aborted; attempt += 1) {
      if (running !== undefined) {
        const startedMs = clock.monotonicMs();
        const exit = await watch(running);
        await forget(closing.signal.aborted ? 'stopped' : 'restarting');
        if (closing.signal.aborted) return;
        if (clock.monotonicMs() - startedMs > STABLE_MS) attempt = 0;
        onEvent(`${describeExit(exit)} and is started again`, 'warn');
      }
      change({ state: 'restarting', restarts: status.restarts + 1 });
      await clock.sleep(RESTART_DELAYS_MS[attempt] ?? RESTART_DELAYS_MS.at(-1) ?? 0, closing.signal);
      if (closing.signal.aborted) return;
      running = await start(closing.signal).catch((error: unknown) => {
        const problem = error instanceof Error ? error.message : String(error);
        if (!closing.signal.aborted) onEvent(problem, 'warn');
        change({ problem });
        return undefined;
      });
      if (running !== undefined) onEvent('is ready again', 'info');
    }
  }

  return {
    spec,
    status: () => status,
    async open(signal) {
      const first = await start(signal);
      keeping = keep(first);
    },
    drain(name) {
      closing.abort();
      change({ state: 'stopping' });
      child?.signal(name);
    },
    async close() {
      closing.abort();
      if (status.state !== 'waiting') change({ state: 'stopping' });
      await child?.stop(spec.stopSignal, spec.stopMs);
      await keeping;
      // One that was just being started again.
      await child?.stop(spec.stopSignal, spec.stopMs);
      await forget('stopped');
    },
  };
}

async function launch(spec: ProcessSpec, deps: SupervisorDeps): Promise<RunningChild> {
  const { clock, records, cpuQuotas, logFile } = deps;
  const child = startChild({
    launch: await spec.prepare(),
    outputFile: logFile.descriptor,
    orphanSignal: spec.stopSignal,
    clock,
  });
  if (child.pid === 0) return child;
  try {
    if (spec.cpu !== undefined) await cpuQuotas.limit(spec.name, child.pid, spec.cpu);
    const { name, role, port, readyUrl, stopSignal, reload } = spec;
    const started = startOf(child.pid) ?? '';
    const record = { name, role, pid: child.pid, started, port, stop_signal: stopSignal };
    await records.set({ ...record, ready_url: readyUrl, reload });
    return child;
  } catch (error) {
    await child.stop(spec.stopSignal, spec.stopMs);
    throw error;
  }
}

async function awaitReady(
  spec: ProcessSpec,
  child: RunningChild,
  { clock, logFile }: SupervisorDeps,
  signal: AbortSignal,
): Promise<void> {
  const deadlineMs = clock.monotonicMs() + (spec.readyMs ?? Number.POSITIVE_INFINITY);
  let exit: ChildExit | undefined;
  void child.exited.then((ended) => {
    exit = ended;
  });
  for (;;) {
    const problem = await problemOf(spec);
    if (exit !== undefined) throw await failedStart(`${spec.name} ${describeExit(exit)}`, logFile);
    if (problem === undefined) return;
    if (signal.aborted) throw interrupted();
    if (clock.monotonicMs() > deadlineMs) {
      throw await failedStart(`${spec.name} was not ready in time: ${problem}`, logFile);
    }
    await clock.sleep(START_POLL_MS, signal);
  }
}

export function interrupted(): AppError {
  return new AppError('unavailable', 'The start was interrupted.');
}

async function problemOf(spec: ProcessSpec): Promise<string | undefined> {
  return spec.check().then(
    () => undefined,
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
}

async function failedStart(what: string, logFile: LogFile): Promise<AppError> {
  const lines = await logFile.lastLines();
  const said =
    lines.length === 0 ? '.' : `. Its last lines:\n${lines.map((line) => `    ${line}`).join('\n')}`;
  return new AppError('unavailable', `${what}${said}`);
}
