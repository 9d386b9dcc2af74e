/**
 * The file that a process writes its output to. It writes there itself, so that nothing is lost and nobody waits for
 * us, also when we are gone; we read what comes, line by line.
 */
import { closeSync, openSync } from 'node:fs';
import { type FileHandle, open, rename, stat } from 'node:fs/promises';

export interface LogFile {
  /** For the standard output of a process. */
  readonly descriptor: number;
  /** The last lines so far, read up to now. */
  lastLines(): Promise<readonly string[]>;
  /** Reads what has come, and lets go of the file. Calling it again does nothing. */
  close(): Promise<void>;
}

export interface LogFileOptions {
  readonly path: string;
  readonly onLine: (line: string) => void;
  readonly bytesMax?: number;
  readonly pollMs?: number;
}

const POLL_MS = 200;
/** What is larger at a start becomes `….1`; what grows larger meanwhile is started over. */
export const LOG_BYTES_MAX = 16_777_216;
const READ_BYTES = 65_536;
const LINE_CHARS_MAX = 65_536;
const REMEMBERED_LINES = 12;

export async function openLogFile(options: LogFileOptions): Promise<LogFile> {
  const { path, onLine, bytesMax = LOG_BYTES_MAX, pollMs = POLL_MS } = options;
  await keepEarlier(path, bytesMax);
  const descriptor = openSync(path, 'a', 0o600);
  const reader = await open(path, 'r+');
  const lines = createLines(onLine);
  let position = (await reader.stat()).size;
  let reading = Promise.resolve();
  let closed = false;

  async function readOn(): Promise<void> {
    const buffer = Buffer.alloc(READ_BYTES);
    for (;;) {
      const { bytesRead } = await reader.read(buffer, 0, READ_BYTES, position);
      if (bytesRead === 0) break;
      position += bytesRead;
      lines.take(buffer.toString('utf8', 0, bytesRead));
    }
    position = await startOverIfLarge(reader, position, bytesMax);
  }
  /** A full disk is no reason to stop anything. */
  const poll = (): Promise<void> => {
    reading = reading.then(readOn).catch(() => undefined);
    return reading;
  };
  const timer = setInterval(() => void poll(), pollMs);
  return {
    descriptor,
    async lastLines() {
      await poll();
      return lines.last();
    },
    async close() {
      if (closed) return;
      closed = true;
      clearInterval(timer);
      await poll();
      lines.end();
      await reader.close();
      closeSync(descriptor);
    },
  };
}

async function keepEarlier(path: string, bytesMax: number): Promise<void> {
  const size = await stat(path).then(
    (found) => found.size,
    () => 0,
  );
  if (size > bytesMax / 2) await rename(path, `${path}.1`);
}

/** Whoever writes does so at the end, wherever that is. What came between our reading and this is lost. */
async function startOverIfLarge(file: FileHandle, position: number, bytesMax: number): Promise<number> {
  if (position <= bytesMax) return position;
  await file.truncate(0);
  return 0;
}

function createLines(onLine: (line: string) => void) {
  const remembered: string[] = [];
  let rest = '';
  const put = (line: string): void => {
    if (line.trim() === '') return;
    remembered.push(line);
    if (remembered.length > REMEMBERED_LINES) remembered.shift();
    onLine(line);
  };
  return {
    take(text: string) {
      const parts = (rest + text).split('\n');
      rest = (parts.pop() ?? '').slice(0, LINE_CHARS_MAX);
      for (const line of parts) put(line);
    },
    last: (): readonly string[] => [...remembered, ...(rest === '' ? [] : [rest])],
    end() {
      put(rest);
      rest = '';
    },
  };
}
