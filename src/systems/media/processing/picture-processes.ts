/**
 * A few processes that decode pictures, each one at a time. Whichever takes too long is killed, whichever takes too much
 * memory fails or dies; others, and the server, go on.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { availableParallelism, setPriority } from 'node:os';
import { fileURLToPath } from 'node:url';
import { AppError, assert } from '../../../core/errors.ts';
import type { CutPicture, Picture, PictureCut, PictureResult, PictureTask } from './picture-task.ts';

export interface PictureProcesses {
  /** How many pictures it decodes at a time. */
  readonly concurrency: number;
  /**
   * The picture with its variants. Fails with `invalid` for one that cannot be shown, its message for whoever sent it; with
   * `timeout` or `internal` when the process was killed over it or died of it.
   */
  decode(bytes: Buffer): Promise<Picture>;
  /** Cuts what is shown on a profile out of one of our own variants. Fails as `decode`. */
  cut(bytes: Buffer, cut: PictureCut): Promise<CutPicture>;
  /** Kills all of them. */
  close(): Promise<void>;
}

export interface PictureProcessesOptions {
  readonly concurrency?: number;
  readonly timeoutMs?: number;
  readonly memoryBytesMax?: number;
}

/** Ten times what the largest picture of noise takes. */
const TIMEOUT_MS = 30_000;
/**
 * Of data that may be written to (RLIMIT_DATA, which the kernel of Linux enforces; elsewhere only the limits of pixels and
 * time hold). The largest picture takes 520 MB, of which the process itself has 165.
 */
const MEMORY_BYTES_MAX = 1_000_000_000;
/** Against leaks and fragments: a process is replaced after so many. */
const TASKS_MAX = 200;
/** An idle server is small. */
const IDLE_MS = 30_000;
/** Requests come first. */
const NICENESS = 10;

interface Worker {
  readonly child: ChildProcess;
  tasks: number;
  idle: NodeJS.Timeout | undefined;
}

export function createPictureProcesses(options: PictureProcessesOptions = {}): PictureProcesses {
  const {
    concurrency = Math.max(1, availableParallelism() - 1),
    timeoutMs = TIMEOUT_MS,
    memoryBytesMax = MEMORY_BYTES_MAX,
  } = options;
  const workers = new Set<Worker>();
  const resting: Worker[] = [];
  const waiting: (() => void)[] = [];
  let running = 0;

  function take(): Worker {
    const rested = resting.pop();
    if (rested !== undefined) {
      clearTimeout(rested.idle);
      return rested;
    }
    const worker: Worker = { child: startProcess(memoryBytesMax), tasks: 0, idle: undefined };
    workers.add(worker);
    worker.child.once('close', () => {
      workers.delete(worker);
      const index = resting.indexOf(worker);
      if (index !== -1) resting.splice(index, 1);
    });
    return worker;
  }

  function rest(worker: Worker): void {
    worker.tasks += 1;
    if (worker.tasks >= TASKS_MAX) return void worker.child.kill('SIGKILL');
    worker.idle = setTimeout(() => worker.child.kill('SIGKILL'), IDLE_MS).unref();
    resting.push(worker);
  }

  async function work(task: PictureTask): Promise<Exclude<PictureResult, { problem: string }>> {
    const worker = take();
    const result = await resultOf(worker.child, task, timeoutMs).catch((error: unknown) => {
      worker.child.kill('SIGKILL');
      throw error;
    });
    // What has met with broken bytes may be in any state.
    if ('problem' in result) worker.child.kill('SIGKILL');
    else rest(worker);
    if ('problem' in result) throw new AppError('invalid', result.problem, { outcome: 'not_applied' });
    return result;
  }

  async function workInTurn(task: PictureTask): Promise<Exclude<PictureResult, { problem: string }>> {
    if (running < concurrency) running += 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work(task);
    } finally {
      // Whoever waits takes the place over.
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  }

  return {
    concurrency,

    async decode(bytes) {
      const result = await workInTurn({ bytes });
      assert('picture' in result, 'a task without a cut makes variants');
      return result.picture;
    },

    async cut(bytes, cut) {
      const result = await workInTurn({ bytes, cut });
      assert('cut' in result, 'a task with a cut makes one');
      return result.cut;
    },

    async close() {
      const ends = [...workers].map(
        ({ child }) => new Promise<void>((resolve) => child.once('close', () => resolve())),
      );
      for (const { child } of workers) child.kill('SIGKILL');
      await Promise.all(ends);
    },
  };
}

/** Through a shell, which sets the limit that no interface of Node sets. It sees none of our settings. */
function startProcess(memoryBytesMax: number): ChildProcess {
  const program = fileURLToPath(new URL('./picture-process.js', import.meta.url));
  const node = [process.execPath, '--max-old-space-size=128', program];
  const limited = [
    '-c',
    `ulimit -d ${Math.floor(memoryBytesMax / 1_024)}; ulimit -c 0; exec "$0" "$@"`,
    ...node,
  ];
  const [command = '', ...args] = process.platform === 'win32' ? node : ['/bin/sh', ...limited];
  const child = spawn(command, args, {
    // Few arenas of malloc: each keeps what it has freed.
    env: { MALLOC_ARENA_MAX: '2' },
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    serialization: 'advanced',
  });
  child.on('error', () => child.kill('SIGKILL'));
  if (child.pid !== undefined) lowerPriority(child.pid);
  return child;
}

function lowerPriority(pid: number): void {
  try {
    setPriority(pid, NICENESS);
  } catch {
    // It has ended already, which whoever gives it a task learns.
  }
}

function resultOf(child: ChildProcess, task: PictureTask, timeoutMs: number): Promise<PictureResult> {
  return new Promise((resolve, reject) => {
    const tooLate = setTimeout(() => {
      settle();
      reject(new AppError('timeout', 'It takes too long to decode.'));
    }, timeoutMs);
    const died = (): void => {
      settle();
      reject(new AppError('internal', 'The process that decoded it died.'));
    };
    const done = (result: unknown): void => {
      settle();
      // As picture-process.ts sends it.
      resolve(result as PictureResult);
    };
    const settle = (): void => {
      clearTimeout(tooLate);
      child.off('message', done).off('close', died);
    };
    child.once('message', done).once('close', died);
    child.send(task, (error) => {
      if (error !== null) died();
    });
  });
}
