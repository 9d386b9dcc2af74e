import type { WriteStream } from 'node:tty';
import type { Clock } from '../core/clock.ts';

/** How far something that takes long has come, on standard error: a bar on a terminal, otherwise now and then a line. */
export interface Progress {
  /** `fraction` is of 1; what passes it is shown as all. `note` says what is under way. */
  show(fraction: number, note: string): void;
  /** Clears the bar, so that a result can be written. */
  end(): void;
}

export interface ProgressOptions {
  /** What is done, such as 'Backing up'. */
  readonly label: string;
  readonly clock: Clock;
  readonly output?: Pick<WriteStream, 'write' | 'isTTY'>;
}

const BAR_WIDTH = 30;
const BAR_INTERVAL_MS = 100;
const LINE_INTERVAL_MS = 10_000;
const CLEAR_LINE = '\r\x1b[K';

export function createProgress({ label, clock, output = process.stderr }: ProgressOptions): Progress {
  const intervalMs = output.isTTY ? BAR_INTERVAL_MS : LINE_INTERVAL_MS;
  let shownMs = clock.monotonicMs();
  let drawn = false;
  return {
    show(fraction, note) {
      if (clock.monotonicMs() - shownMs < intervalMs) return;
      shownMs = clock.monotonicMs();
      drawn = true;
      const share = Math.min(1, Math.max(0, fraction));
      const percent = `${Math.floor(share * 100)} %`.padStart(5);
      output.write(
        output.isTTY
          ? `${CLEAR_LINE}${label} ${bar(share)} ${percent}  ${note}`
          : `${label}: ${percent} (${note})\n`,
      );
    },
    end() {
      if (drawn && output.isTTY) output.write(CLEAR_LINE);
    },
  };
}

function bar(share: number): string {
  const full = Math.round(share * BAR_WIDTH);
  return `[${'='.repeat(full)}${' '.repeat(BAR_WIDTH - full)}]`;
}
