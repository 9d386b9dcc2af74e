/**
 * Writes a history while it happens. Lines are gathered for a moment and appended to the file whole, so memory
 * stays small however long the run; if the recording process dies, at most that last moment is missing.
 */

import { closeSync, fsyncSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';
import type { Clock } from '../core/clock.ts';
import { assert } from '../core/errors.ts';
import { type HistoryEvent, parseHistoryLine } from './history-event.ts';

export interface InvokedOperation {
  readonly f: string;
  readonly key?: string;
  readonly value?: unknown;
  readonly session?: string;
  readonly idem?: string;
}

/** An operation that has begun. Exactly one of these ends it, once; `value` says with what answer. */
export interface PendingOperation {
  /** Done and acknowledged. */
  ok(value?: unknown): void;
  /** Certainly not done: refused before it was tried, or the connection was. */
  fail(value?: unknown): void;
  /** Nobody knows: time-out, reset, 5xx. It may yet be done at any later time. */
  info(value?: unknown): void;
}

/** Where operations go from now on: the server, and the stage and epoch of the topology. */
export interface HistoryPlace {
  readonly node?: string;
  readonly stage?: string;
  readonly epoch?: number;
}

export interface HistoryRecorder {
  /** Writes that an operation begins. Call it before the request is sent. */
  invoke(operation: InvokedOperation): PendingOperation;
  /** Writes what was done to the system: a kill, a restart, a move between stages. */
  mark(f: string, value?: unknown): void;
  moveTo(place: HistoryPlace): void;
  /** Writes out what is gathered, down to the disk. */
  close(): void;
}

export interface HistoryRecorderOptions {
  /** Made if absent; a history that is there already is continued. */
  readonly path: string;
  readonly clock: Clock;
}

const GATHERED_CHARS_MAX = 64 * 1024;
const GATHER_MS = 20;

export function openHistoryRecorder({ path, clock }: HistoryRecorderOptions): HistoryRecorder {
  const file = openSync(path, 'a+');
  const last = repairEnd(file, path);
  const startMs = clock.monotonicMs();
  const startNs = last?.t_ns ?? 0;
  let nextI = (last?.i ?? -1) + 1;
  // Every process has had an event, so from here on none is used twice.
  let nextProcess = nextI;
  const idleProcesses: number[] = [];
  let place: HistoryPlace = {};
  let gathered = '';
  const timer = setInterval(flush, GATHER_MS).unref();

  function flush(): void {
    if (gathered === '') return;
    writeSync(file, gathered);
    gathered = '';
  }

  function write(event: Pick<HistoryEvent, 'process' | 'type'>, operation: InvokedOperation): void {
    const { f, key = null, value = null, session = null, idem = null } = operation;
    const { node = null, stage = null, epoch = null } = place;
    const t_ns = startNs + Math.round((clock.monotonicMs() - startMs) * 1e6);
    const line = { i: nextI, t_ns, ...event, f, key, value, node, stage, epoch, session, idem };
    nextI += 1;
    gathered += `${JSON.stringify(line)}\n`;
    if (gathered.length > GATHERED_CHARS_MAX) flush();
  }

  function takeProcess(): number {
    const idle = idleProcesses.pop();
    if (idle !== undefined) return idle;
    nextProcess += 1;
    return nextProcess - 1;
  }

  return {
    invoke(operation) {
      const process = takeProcess();
      let ended = false;
      const end = (type: 'ok' | 'fail' | 'info') => (value?: unknown) => {
        assert(!ended, `a ${operation.f} has ended twice`);
        ended = true;
        write({ process, type }, { ...operation, value });
        if (type !== 'info') idleProcesses.push(process);
      };
      write({ process, type: 'invoke' }, operation);
      return { ok: end('ok'), fail: end('fail'), info: end('info') };
    },
    mark: (f, value) => write({ process: 'nemesis', type: 'info' }, { f, value }),
    moveTo(next) {
      place = next;
    },
    close() {
      clearInterval(timer);
      flush();
      fsyncSync(file);
      closeSync(file);
    },
  };
}

/** Cuts off a last line that was not written to its end. Answers the last event, if there is one. */
function repairEnd(file: number, path: string): HistoryEvent | undefined {
  const text = readFileSync(path, 'utf8');
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  if (whole.length < text.length) ftruncateSync(file, Buffer.byteLength(whole));
  const lastLine = whole.slice(whole.lastIndexOf('\n', whole.length - 2) + 1);
  return parseHistoryLine(lastLine);
}
