/**
 * One holder a folder. On Linux the lock is an abstract unix socket named after the folder: taking it is atomic
 * and the kernel releases it when the process dies, however it dies. `lock.json` says who holds it, and its
 * heartbeat covers what that kernel cannot see: another container or machine that mounts the same folder, and
 * systems without such sockets.
 */
import { readFile, readlink, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';

export interface FolderLock {
  describe(url: string): Promise<void>;
  release(): Promise<void>;
}

export interface FolderLockOptions {
  readonly folder: string;
  readonly clock: Clock;
  readonly command: string;
  readonly kernelLock: boolean;
}

/** The content of lock.json. */
interface Holder {
  readonly pid: number;
  readonly started_at: string;
  readonly command: string;
  readonly url?: string;
  /** Within one realm the process table and the abstract sockets are the same. */
  readonly realm: string;
}

const LOCK_FILE = 'lock.json';
const HEARTBEAT_MS = 1_000;
/** Three heartbeats missed: the holder is dead, or frozen for too long to be waited for. */
const SILENCE_MS = 3 * HEARTBEAT_MS;
/** A heartbeat older than this needs no watching, even where two machines' clocks differ somewhat. */
const LONG_SILENCE_MS = 60_000;
const WATCH_INTERVAL_MS = 100;
/** Between taking the socket and writing lock.json a holder has no name yet. */
const RECORD_WAIT_MS = 500;

export async function acquireFolderLock(options: FolderLockOptions): Promise<FolderLock> {
  const file = join(options.folder, LOCK_FILE);
  const socket = options.kernelLock ? await bindSocketOf(options.folder) : undefined;
  if (socket === 'taken') throw heldBy(options.folder, await awaitHolder(file, options.clock));
  try {
    const realm = await currentRealm(options.kernelLock);
    const previous = await readHolder(file);
    if (previous !== undefined && (await isAlive(previous, file, realm, options))) {
      throw heldBy(options.folder, previous);
    }
    return holdFolder(file, await claim(file, realm, options), socket, options.clock);
  } catch (error) {
    socket?.close();
    throw error;
  }
}

/** 'taken' when another process holds the socket. */
async function bindSocketOf(folder: string): Promise<Server | 'taken'> {
  const { dev, ino } = await stat(folder, { bigint: true });
  const server = createServer((connection) => connection.destroy()).unref();
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve('taken') : reject(error),
    );
    server.listen(`\0groundswell-data:${dev}:${ino}`, () => resolve(server));
  });
}

/** Abstract sockets belong to a network namespace, process ids to another, and all end with the boot. */
async function currentRealm(kernelLock: boolean): Promise<string> {
  if (!kernelLock) return hostname();
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8');
  const namespaces = ['net', 'pid'].map((kind) => readlink(`/proc/self/ns/${kind}`));
  return [boot.trim(), ...(await Promise.all(namespaces))].join(' ');
}

/**
 * Whether the holder on record is alive, although its socket, if it had one, was free. In our own realm the
 * process table rules out most of the dead; the heartbeat tells about a pid used again, another realm, and the
 * same folder mounted twice, which has two names for its sockets.
 */
async function isAlive(
  holder: Holder,
  file: string,
  realm: string,
  { kernelLock, clock }: FolderLockOptions,
): Promise<boolean> {
  if (holder.realm === realm) {
    // In a container every start has the same pid. That it is not us who hold it, the socket has told.
    const isOurPid = kernelLock && holder.pid === process.pid;
    if (isOurPid || !(await isRunning(holder.pid))) return false;
  }
  const heartbeat = await heartbeatMs(file);
  if (clock.nowMs() - heartbeat > LONG_SILENCE_MS) return false;
  const deadlineMs = clock.monotonicMs() + SILENCE_MS;
  while (clock.monotonicMs() < deadlineMs) {
    await clock.sleep(WATCH_INTERVAL_MS);
    if ((await heartbeatMs(file)) !== heartbeat) return true;
  }
  return false;
}

/** A process that was killed and that nobody has waited for runs no more, though its pid is still taken. */
async function isRunning(pid: number): Promise<boolean> {
  const status = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  if (status !== undefined) return !/\) [ZX] /.test(status);
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'; // What process.kill throws is always one.
  }
}

/** 0 when there is no file. */
async function heartbeatMs(file: string): Promise<number> {
  return stat(file).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  );
}

/** Writes lock.json for this process. Of two that see the same dead holder at once, one is refused. */
async function claim(
  file: string,
  realm: string,
  { clock, command, folder }: FolderLockOptions,
): Promise<Holder> {
  const holder = { pid: process.pid, started_at: new Date(clock.nowMs()).toISOString(), command, realm };
  await rm(file, { force: true });
  try {
    await writeFile(file, textOf(holder), { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    throw heldBy(folder, await awaitHolder(file, clock));
  }
  return holder;
}

function holdFolder(file: string, holder: Holder, socket: Server | undefined, clock: Clock): FolderLock {
  const heartbeat = setInterval(() => {
    const now = new Date(clock.nowMs());
    // NOTE: a heartbeat that cannot be written (disk full, folder moved) is tried again with the next.
    utimes(file, now, now).catch(() => undefined);
  }, HEARTBEAT_MS).unref();
  let released = false;
  return {
    async describe(url) {
      const temporary = `${file}.${process.pid}`;
      await writeFile(temporary, textOf({ ...holder, url }), { mode: 0o600 });
      await rename(temporary, file);
    },
    async release() {
      if (released) return;
      released = true;
      clearInterval(heartbeat);
      await rm(file, { force: true });
      // Last: whoever gets the socket may rely on the folder being free.
      await new Promise<void>((resolve) =>
        socket === undefined ? resolve() : socket.close(() => resolve()),
      );
    },
  };
}

/** Where the holder on record serves, if it has said so. It may be dead. */
export async function readServingUrl(folder: string): Promise<string | undefined> {
  return (await readHolder(join(folder, LOCK_FILE)))?.url;
}

function textOf(holder: Holder): string {
  return `${JSON.stringify(holder, undefined, 2)}\n`;
}

/** The holder on record; `undefined` when there is none, or none that can be read yet. */
async function readHolder(file: string): Promise<Holder | undefined> {
  try {
    const content: unknown = JSON.parse(await readFile(file, 'utf8'));
    return isHolder(content) ? content : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function isHolder(content: unknown): content is Holder {
  const fields = (content ?? {}) as Partial<Record<keyof Holder, unknown>>; // Narrowed by the next line.
  return typeof fields.pid === 'number' && typeof fields.started_at === 'string';
}

async function awaitHolder(file: string, clock: Clock): Promise<Holder | undefined> {
  const deadlineMs = clock.monotonicMs() + RECORD_WAIT_MS;
  for (;;) {
    const holder = await readHolder(file);
    if (holder !== undefined || clock.monotonicMs() >= deadlineMs) return holder;
    await clock.sleep(WATCH_INTERVAL_MS);
  }
}

function heldBy(folder: string, holder: Holder | undefined): AppError {
  const serving = holder?.url === undefined ? '' : `, serving ${holder.url}`;
  const who =
    holder === undefined
      ? 'another process that has not said its name yet'
      : `process ${holder.pid} (${holder.command}, since ${holder.started_at}${serving})`;
  return new AppError(
    'conflict',
    `The data folder ${folder} is in use by ${who}. ` +
      'Stop that one first, or name another folder in GROUNDSWELL_DATA.',
    { outcome: 'not_applied' },
  );
}
