import { statfs } from 'node:fs/promises';
import { AppError } from '../../core/errors.ts';
import type { Log } from '../../telemetry/log.ts';

/**
 * Watches the free space of a folder's disk, so that writes can be refused while there is still room for the
 * database to checkpoint, shut down and be backed up.
 */
export interface DiskReserve {
  /** Whether writes should be refused now, as of the last check. */
  isExhausted(): boolean;
  /** What whoever writes is to be told now; `undefined` while there is room. */
  refusal(): AppError | undefined;
  /** Bytes free for unprivileged processes at the last check that succeeded; `undefined` before it. */
  freeBytes(): number | undefined;
  /** Looks now, without waiting for the next second, and answers `isExhausted()`. */
  check(): Promise<boolean>;
  close(): void;
}

export interface DiskReserveDependencies {
  readonly folder: string;
  /** 0 switches the watch off. */
  readonly reserveBytes: number;
  readonly log: Log;
  readonly readFreeBytes?: (folder: string) => Promise<number>;
}

const CHECK_INTERVAL_MS = 1_000;
/** Space comes back when a person makes room, not sooner. */
const RETRY_AFTER_S = 30;
/** Service resumes this far above the reserve: checkpoints alone move free space by some percent. */
const RESUME_FACTOR = 1.1;

export function openDiskReserve(dependencies: DiskReserveDependencies): DiskReserve {
  const { folder, reserveBytes, log, readFreeBytes = freeBytesOf } = dependencies;
  let exhausted = false;
  let lastFreeBytes: number | undefined;
  let unreadable = false;

  function judge(freeBytes: number): void {
    const floor = exhausted ? reserveBytes * RESUME_FACTOR : reserveBytes;
    const wasExhausted = exhausted;
    exhausted = freeBytes < floor;
    if (exhausted === wasExhausted) return;
    const fields = { folder, freeBytes, reserveBytes };
    if (exhausted) log.error(fields, 'the disk is full down to its reserve: writes are refused');
    else log.warn(fields, 'the disk has free space again: writes resume');
  }

  async function check(): Promise<boolean> {
    try {
      lastFreeBytes = await readFreeBytes(folder);
      unreadable = false;
      judge(lastFreeBytes);
    } catch (error) {
      // What was known last stays in force: a failing look is no reason to refuse or to resume.
      if (!unreadable) log.warn({ err: error, folder }, 'the free disk space cannot be read');
      unreadable = true;
    }
    return exhausted;
  }

  const timer = setInterval(() => void check(), CHECK_INTERVAL_MS).unref();
  if (reserveBytes === 0) clearInterval(timer);
  return {
    isExhausted: () => exhausted,
    refusal: () => (exhausted ? diskFull() : undefined),
    freeBytes: () => lastFreeBytes,
    check,
    close: () => clearInterval(timer),
  };
}

function diskFull(): AppError {
  const message =
    'The disk is full down to its reserve, so nothing can be written. Reading works; writing resumes when there is space.';
  return new AppError('unavailable', message, { retryAfterS: RETRY_AFTER_S, outcome: 'not_applied' });
}

async function freeBytesOf(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}
