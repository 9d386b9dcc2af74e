/** The processes of one `up`: started together, each with its log, and stopped by name. */
import path from 'node:path';
import type { Clock } from '../core/clock.ts';
import type { CpuQuotas } from './cpu-quotas.ts';
import { type LogFile, openLogFile } from './log-file.ts';
import type { ProcessRecords } from './process-records.ts';
import type { ProcessSpec } from './process-spec.ts';
import { interrupted, type SupervisedProcess, superviseProcess } from './supervised-process.ts';

export interface ProcessSet {
  get(name: string): SupervisedProcess | undefined;
  /** Resolves when all of them are ready. Fails with the first reason, once the others have been given up. */
  open(specs: readonly ProcessSpec[], signal: AbortSignal): Promise<void>;
  /** Stops those of them that were started, at the same time. */
  close(names: readonly string[]): Promise<void>;
  /** To be called when all are closed. */
  closeLogs(): Promise<void>;
}

export interface ProcessSetDeps {
  readonly clock: Clock;
  readonly records: ProcessRecords;
  readonly cpuQuotas: CpuQuotas;
  readonly logs: string;
  readonly onLine: (process: string, line: string) => void;
  readonly onEvent: (process: string, text: string, level: 'info' | 'warn') => void;
}

export function createProcessSet({ logs, onLine, onEvent, ...deps }: ProcessSetDeps): ProcessSet {
  const members = new Map<string, SupervisedProcess>();
  const logFiles: LogFile[] = [];

  async function add(spec: ProcessSpec): Promise<SupervisedProcess> {
    const { name } = spec;
    const logFile = await openLogFile({
      path: path.join(logs, `${name}.log`),
      onLine: (line) => onLine(name, line),
    });
    logFiles.push(logFile);
    const member = superviseProcess(spec, {
      ...deps,
      logFile,
      onEvent: (text, level) => onEvent(name, text, level),
    });
    members.set(name, member);
    return member;
  }

  return {
    get: (name) => members.get(name),
    async open(specs, signal) {
      const added = await Promise.all(specs.map(add));
      const givenUp = new AbortController();
      const either = AbortSignal.any([signal, givenUp.signal]);
      let reason: unknown;
      const openOne = async (member: SupervisedProcess): Promise<void> => {
        try {
          await member.open(either);
        } catch (error) {
          reason ??= error;
          givenUp.abort();
        }
      };
      await Promise.all(added.map(openOne));
      if (signal.aborted) throw interrupted();
      if (reason !== undefined) throw reason;
    },
    async close(names) {
      await Promise.all(names.map((name) => members.get(name)?.close()));
    },
    async closeLogs() {
      for (const file of logFiles.splice(0)) await file.close();
    },
  };
}
