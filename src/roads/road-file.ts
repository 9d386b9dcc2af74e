/**
 * The roads of a town in a file: a line of JSON that says what follows, then the columns as they are in memory, so that reading is
 * as fast as the disk. What is damaged, or of another version, is refused: it is imported again.
 */
import { createHash } from 'node:crypto';
import { open, readFile, rename, rm } from 'node:fs/promises';
import { endianness } from 'node:os';
import { basename } from 'node:path';
import { AppError, assert } from '../core/errors.ts';
import type { Contraction, UpwardArcs } from './contraction.ts';
import type { RoadGraph } from './road-graph.ts';

export interface RoadFile {
  readonly city: string;
  /** Where the roads come from, for who looks at the file. */
  readonly source: string;
  readonly graph: RoadGraph;
  readonly contraction: Contraction;
}

/** Of the columns and of what they mean. */
export const ROAD_FILE_VERSION = 1;
const FORMAT = 'groundswell-roads';
/** The line with its spaces: where the columns begin, so that they lie evenly. */
const HEADER_BYTES = 4_096;
/** Only the owner writes it, as all in the data folder. */
const FILE_MODE = 0o600;

const GRAPH_COLUMNS = [
  ...['nodeLats', 'nodeLngs', 'tails', 'heads', 'forwardMs', 'backwardMs', 'lengthsCm'],
  ...['shapeStarts', 'shapeLats', 'shapeLngs'],
] as const satisfies readonly (keyof RoadGraph)[];
const ARC_COLUMNS = ['starts', 'uppers', 'ms', 'cm', 'vias'] as const satisfies readonly (keyof UpwardArcs)[];

interface Header {
  readonly format: typeof FORMAT;
  readonly version: number;
  readonly city: string;
  readonly source: string;
  /** Of all that follows. */
  readonly sha256: string;
  /** Of the columns of numbers, in order; the last column are the kinds, a byte each. */
  readonly lengths: readonly number[];
  readonly kinds: number;
}

/** In the place of the one that was there, at once and whole. */
export async function writeRoadFile(
  path: string,
  { city, source, graph, contraction }: RoadFile,
): Promise<void> {
  assert(endianness() === 'LE', 'road files are written as little-endian machines have numbers');
  const columns = columnsOf(graph, contraction);
  const parts = [...columns, graph.kinds].map((column) =>
    Buffer.from(column.buffer, column.byteOffset, column.byteLength),
  );
  const header: Header = {
    ...{ format: FORMAT, version: ROAD_FILE_VERSION, city, source, sha256: digestOf(parts) },
    ...{ lengths: columns.map(({ length }) => length), kinds: graph.kinds.length },
  };
  const unfinished = `${path}.unfinished`;
  try {
    const file = await open(unfinished, 'w', FILE_MODE);
    try {
      await file.writeFile(`${JSON.stringify(header).padEnd(HEADER_BYTES - 1)}\n`);
      for (const part of parts) await file.writeFile(part);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(unfinished, path);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
}

/** Fails with `invalid` for what is no road file, damaged, or of another version. */
export async function readRoadFile(path: string): Promise<RoadFile> {
  const bytes = await readFile(path);
  const header = headerOf(path, bytes);
  const { lengths, kinds, city, source } = header;
  const body = bytes.subarray(HEADER_BYTES);
  const numbers = lengths.reduce((sum, length) => sum + length, 0);
  if (body.length !== numbers * Int32Array.BYTES_PER_ELEMENT + kinds || digestOf([body]) !== header.sha256) {
    throw refused(path, 'is damaged');
  }
  // A copy lies evenly, wherever the buffer does.
  const { buffer } = new Uint8Array(body);
  let at = 0;
  const columns = lengths.map((length) => {
    const column = new Int32Array(buffer, at, length);
    at += column.byteLength;
    return column;
  });
  const [forward, backward] = [GRAPH_COLUMNS.length, GRAPH_COLUMNS.length + ARC_COLUMNS.length];
  return {
    ...{ city, source },
    graph: { ...named(GRAPH_COLUMNS, columns), kinds: new Uint8Array(buffer, at, kinds) },
    contraction: {
      forward: named(ARC_COLUMNS, columns.slice(forward)),
      backward: named(ARC_COLUMNS, columns.slice(backward)),
    },
  };
}

function columnsOf(graph: RoadGraph, { forward, backward }: Contraction): Int32Array[] {
  const arcs = [forward, backward].flatMap((side) => ARC_COLUMNS.map((name) => side[name]));
  return [...GRAPH_COLUMNS.map((name) => graph[name]), ...arcs];
}

function named<Name extends string>(
  names: readonly Name[],
  columns: readonly Int32Array[],
): Record<Name, Int32Array> {
  const entries = names.map((name, index) => [name, columns[index] ?? new Int32Array()] as const);
  // Each of the names is there, which `fromEntries` does not say.
  return Object.fromEntries(entries) as Record<Name, Int32Array>;
}

function headerOf(path: string, bytes: Buffer): Header {
  const header = parsed(bytes.subarray(0, HEADER_BYTES).toString());
  if (header?.format !== FORMAT) throw refused(path, 'is no road file');
  if (header.version !== ROAD_FILE_VERSION) {
    throw refused(path, `is of version ${header.version}, and this program reads ${ROAD_FILE_VERSION}`);
  }
  if (header.lengths?.length !== GRAPH_COLUMNS.length + 2 * ARC_COLUMNS.length)
    throw refused(path, 'is damaged');
  // The checksum says of all the rest that it is as it was written.
  return header as Header;
}

function parsed(text: string): Partial<Header> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

function refused(path: string, why: string): AppError {
  return new AppError(
    'invalid',
    `The file ${basename(path)} ${why}. Import the roads again: groundswell rides roads import.`,
  );
}

function digestOf(parts: readonly Uint8Array[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
}
