/** How `up` tells what it does: a table on a terminal, otherwise the lines of all processes, each with its name before it. */
import { packageVersion } from '../config/package-info.ts';
import type { Clock } from '../core/clock.ts';
import { readLogLine } from '../up/log-lines.ts';
import type { Up } from '../up/up.ts';
import { createUpSampler } from '../up/up-sampler.ts';
import { createUpScreen, type Terminal } from '../up/up-screen.ts';
import type { UpEvent, UpView } from '../up/up-view.ts';

export interface UpOutput {
  line(process: string, line: string): void;
  event(process: string, text: string, level: 'info' | 'warn'): void;
  /** Begins to show it. */
  open(up: Up): void;
  phase(phase: UpView['phase']): void;
  close(): void;
}

export interface UpOutputOptions {
  readonly topology: string;
  /** The names of all that will run, for the width of the column. */
  readonly names: readonly string[];
  readonly logs: string;
  readonly colour: boolean;
  readonly clock: Clock;
  readonly terminal: Terminal;
}

const EVENTS_KEPT = 20;
const PAINT_EVERY_MS = 500;
const SAMPLE_EVERY_MS = 1_000;
const PRODUCT = 'Groundswell';

export function createTableOutput(options: UpOutputOptions): UpOutput {
  const { topology, logs, clock, terminal, colour } = options;
  const screen = createUpScreen(terminal, { colour });
  const events: UpEvent[] = [];
  const startMs = clock.monotonicMs();
  let phase: UpView['phase'] = 'starting';
  let paint = (): void => undefined;
  const timers: NodeJS.Timeout[] = [];
  const add = (process: string, text: string, level: UpEvent['level']): void => {
    events.push({ time: timeOf(clock), process, text: text.split('\n')[0] ?? '', level });
    if (events.length > EVENTS_KEPT) events.shift();
  };
  return {
    line(process, line) {
      // What is said at a start and at an end sounds worse than it is; whatever fails then says so itself.
      if (phase !== 'up' && process !== 'up') return;
      const { isNotable, short } = readLogLine(line, { colour: false });
      if (isNotable) add(process, short, 'warn');
    },
    event: add,
    open(up) {
      const sampler = createUpSampler(up, clock);
      paint = () =>
        screen.paint({
          ...{ product: PRODUCT, topology, url: up.url(), phase, events, logs },
          elapsedMs: clock.monotonicMs() - startMs,
          rows: sampler.rows(),
        });
      let isSampling = false;
      const sample = async (): Promise<void> => {
        // One that takes long is not joined by others.
        if (isSampling) return;
        isSampling = true;
        await sampler.sample().catch(() => undefined);
        isSampling = false;
      };
      timers.push(
        setInterval(paint, PAINT_EVERY_MS),
        setInterval(() => void sample(), SAMPLE_EVERY_MS),
      );
      paint();
    },
    phase(next) {
      phase = next;
      paint();
    },
    close() {
      for (const timer of timers.splice(0)) clearInterval(timer);
      paint();
    },
  };
}

export function createLineOutput(options: UpOutputOptions): UpOutput {
  const { topology, names, terminal, colour, clock } = options;
  const size = Math.max(...names.map((name) => name.length));
  const write = (name: string, text: string): void => {
    for (const part of text.split('\n')) terminal.write(`${name.padEnd(size)} | ${part}\n`);
  };
  let shown: Up | undefined;
  const own = (text: string): void => write('up', `${timeOf(clock)} ${text}`);
  const sentences = {
    starting: () => `starting ${topology}`,
    up: () => `${PRODUCT} ${packageVersion()}, ${topology}, is up at ${shown?.url()}`,
    stopping: () => 'stopping: what has been accepted is being finished',
    stopped: () => 'stopped',
  };
  return {
    line: (process, line) => write(process, readLogLine(line, { colour }).text),
    event: (process, text) => own(`${process} ${text}`),
    open(up) {
      shown = up;
    },
    phase: (phase) => own(sentences[phase]()),
    close: () => undefined,
  };
}

function timeOf(clock: Clock): string {
  return new Date(clock.nowMs()).toISOString().slice(11, 19);
}
