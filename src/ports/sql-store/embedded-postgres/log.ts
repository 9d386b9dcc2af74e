/** PostgreSQL's log lines as lines of ours. */
import type { Log, LogLevel } from '../../../telemetry/log.ts';

export interface ServerLogLine {
  readonly pid: number | undefined;
  /** The kind of process: 'postmaster', 'client backend', 'checkpointer', … */
  readonly process: string;
  readonly sqlState: string;
  /** 'LOG', 'WARNING', 'ERROR', 'FATAL', 'PANIC', … */
  readonly severity: string;
  readonly message: string;
}

/** As LOG_LINE_PREFIX writes it. */
const LINE =
  /^(?<pid>\d+)\|(?<process>[^|]*)\|(?<sqlState>\w{5})\|(?<severity>[A-Z0-9]+): {2}(?<message>.*)$/;
const READY = 'database system is ready to accept connections';

/** A line that has no prefix was written before the settings were read, or continues the line before it. */
export function parseLogLine(line: string): ServerLogLine {
  const fields = LINE.exec(line)?.groups;
  if (fields === undefined) return { pid: undefined, process: '', sqlState: '', severity: '', message: line };
  const { process = '', sqlState = '', severity = '', message = '' } = fields;
  return { pid: Number(fields['pid']), process, sqlState, severity, message };
}

export function saysReady({ process, message }: ServerLogLine): boolean {
  return process === 'postmaster' && message === READY;
}

/** Of the many things that the server says at level LOG: a crash, and the recovery from it. */
const NEWS =
  /terminated by signal|not properly shut down|interrupted|redo (starts|done|in progress)|reinitializing/;

/** How the server tells its own processes to end when it shuts down. */
const ADMIN_SHUTDOWN = '57P01';

/** Clients get their errors themselves, so those are no news here; nor is what a shutdown ends. */
export function logLevelOf({ process, sqlState, severity, message }: ServerLogLine): LogLevel {
  if (sqlState === ADMIN_SHUTDOWN) return 'debug';
  if (severity === 'PANIC') return 'error';
  if (severity === 'WARNING') return 'warn';
  if (severity === 'FATAL' || severity === 'ERROR') return process === 'client backend' ? 'debug' : 'error';
  return NEWS.test(message) ? 'info' : 'debug';
}

export function writeServerLine(log: Log, line: ServerLogLine): void {
  const { process, pid, sqlState, message } = line;
  log[logLevelOf(line)]({ postgres: { process, pid, sqlState } }, message);
}
