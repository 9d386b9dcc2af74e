/**
 * Reads a follow graph from an edge list as graph collections publish them: two names a line, `follower followee`,
 * apart by white space or a comma; `#` or `%` begins a comment; any line ending; plain or gzipped.
 */
import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';
import { AppError } from '../core/errors.ts';

/** `[follower, followee]`, as the file names them. */
export type Edge = readonly [follower: string, followee: string];

export interface EdgeListProgress {
  readonly bytesRead: number;
  readonly bytesTotal: number;
}

const EDGES_PER_BATCH = 10_000;
/** A longer line is no edge, and must not fill the memory. */
const LINE_LENGTH_MAX = 1_000;
const GZIP_MAGIC = Buffer.from([0x1f, 0x8b]);

/**
 * The edges of the file, in its order, in batches. Fails with `invalid`, naming the line, where one is not two
 * names, and with `not_found` where there is no file. Bytes are counted as they lie on the disk.
 */
export async function* readEdgeList(
  file: string,
  onProgress: (progress: EdgeListProgress) => void = () => undefined,
): AsyncGenerator<Edge[]> {
  const bytesTotal = await sizeOf(file);
  const raw = createReadStream(file);
  const bytes = (await isGzipped(file)) ? raw.pipe(createGunzip()) : raw;
  raw.on('error', (error) => bytes.destroy(error));
  let batch: Edge[] = [];
  let lineNumber = 0;
  for await (const line of linesOf(bytes.setEncoding('utf8'), file)) {
    lineNumber += 1;
    const edge = parseLine(line, lineNumber, file);
    if (edge === undefined) continue;
    batch.push(edge);
    if (batch.length < EDGES_PER_BATCH) continue;
    onProgress({ bytesRead: raw.bytesRead, bytesTotal });
    yield batch;
    batch = [];
  }
  onProgress({ bytesRead: bytesTotal, bytesTotal });
  if (batch.length > 0) yield batch;
}

function parseLine(line: string, lineNumber: number, file: string): Edge | undefined {
  const text = line.trim();
  if (text === '' || text.startsWith('#') || text.startsWith('%')) return undefined;
  const [follower, followee] = text.split(/[\s,;]+/);
  if (follower !== undefined && followee !== undefined && followee !== '') return [follower, followee];
  throw new AppError('invalid', `${file}, line ${lineNumber}: expected "follower followee", got "${text}".`);
}

/** Lines that end with \n, \r\n or \r. */
async function* linesOf(chunks: AsyncIterable<string>, file: string): AsyncGenerator<string> {
  let rest = '';
  try {
    for await (const chunk of chunks) {
      // A \r at the end may be half of a \r\n: it waits for the next chunk.
      const lines = (rest + chunk).split(/\r\n|\n|\r(?!$)/);
      rest = lines.pop() ?? '';
      if (rest.length > LINE_LENGTH_MAX) break;
      yield* lines;
    }
  } catch (error) {
    throw new AppError('invalid', `${file} cannot be read to its end: ${describe(error)}.`, { cause: error });
  }
  if (rest.length > LINE_LENGTH_MAX) throw new AppError('invalid', `${file} is not a text of short lines.`);
  yield rest;
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

async function sizeOf(file: string): Promise<number> {
  try {
    const found = await stat(file);
    if (found.isFile()) return found.size;
  } catch (error) {
    throw new AppError('not_found', `There is no file ${file}.`, { cause: error });
  }
  throw new AppError('invalid', `${file} is not a file.`);
}

async function isGzipped(file: string): Promise<boolean> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(2), 0, 2, 0);
    return bytesRead === 2 && buffer.equals(GZIP_MAGIC);
  } finally {
    await handle.close();
  }
}
