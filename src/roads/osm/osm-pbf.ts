/**
 * Extracts of OpenStreetMap as .osm.pbf (https://wiki.openstreetmap.org/wiki/PBF_Format): blocks of some 8,000 elements, each
 * compressed by itself, which are read one after the other.
 */
import type { FileHandle } from 'node:fs/promises';
import { promisify } from 'node:util';
import { inflate } from 'node:zlib';
import { AppError } from '../../core/errors.ts';
import type { OsmVisitor } from './osm-element.ts';
import { damaged, fieldsOf, numbersOf, signed, summed } from './protobuf.ts';

/** What the format allows. */
const HEADER_BYTES_MAX = 64 * 1_024;
const BLOCK_BYTES_MAX = 32 * 1_024 * 1_024;
/** What this reads of what a file may require of its readers. */
const FEATURES: ReadonlySet<string> = new Set(['OsmSchema-V0.6', 'DenseNodes']);
const LENGTH_BYTES = 4;
const inflated = promisify(inflate);

/** `onRead` is told how many bytes have been read. */
export async function visitOsmPbf(
  file: FileHandle,
  visitor: OsmVisitor,
  onRead: (bytes: number) => void,
): Promise<void> {
  let at = 0;
  const read = async (length: number): Promise<Buffer> => {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, at);
    if (bytesRead < length && !(bytesRead === 0 && length === LENGTH_BYTES)) throw damaged();
    at += bytesRead;
    return buffer.subarray(0, bytesRead);
  };
  for (let length = await read(LENGTH_BYTES); length.length > 0; length = await read(LENGTH_BYTES)) {
    const { type, bytes } = blobHeaderOf(await read(within(length.readUInt32BE(), HEADER_BYTES_MAX)));
    const blob = await contentOf(await read(within(bytes, BLOCK_BYTES_MAX)));
    if (type === 'OSMHeader') requireFeatures(blob);
    else if (type === 'OSMData') visitBlock(blob, visitor);
    onRead(at);
  }
  if (at === 0) throw damaged();
}

function within(length: number, lengthMax: number): number {
  if (length > lengthMax) throw damaged();
  return length;
}

function blobHeaderOf(header: Buffer): { readonly type: string; readonly bytes: number } {
  let [type, bytes] = ['', 0];
  for (const field of fieldsOf(header)) {
    if (field.number === 1) type = field.bytes.toString();
    if (field.number === 3) bytes = field.value;
  }
  return { type, bytes };
}

async function contentOf(blob: Buffer): Promise<Buffer> {
  for (const { number, bytes } of fieldsOf(blob)) {
    if (number === 1) return bytes;
    if (number === 3) {
      return inflated(bytes, { maxOutputLength: BLOCK_BYTES_MAX }).catch((error: unknown) => {
        throw new AppError('invalid', damaged().message, { cause: error });
      });
    }
    // 2 says how long it will be; 4 and above are other ways of compressing.
    if (number > 3)
      throw new AppError(
        'invalid',
        'The extract is compressed with something else than zlib. Write it anew: osmium cat.',
      );
  }
  throw damaged();
}

function requireFeatures(block: Buffer): void {
  for (const { number, bytes } of fieldsOf(block)) {
    const feature = bytes.toString();
    if (number !== 4 || FEATURES.has(feature)) continue;
    throw new AppError(
      'invalid',
      `The extract needs a reader that knows ${feature}. Write it anew as a plain one: osmium cat.`,
    );
  }
}

interface Block {
  readonly texts: readonly string[];
  readonly granularity: number;
  readonly latOffset: number;
  readonly lngOffset: number;
  readonly groups: readonly Buffer[];
}

function visitBlock(bytes: Buffer, visitor: OsmVisitor): void {
  const block = blockOf(bytes);
  for (const group of block.groups) {
    for (const field of fieldsOf(group)) {
      if (field.number === 1) visitNode(block, field.bytes, visitor);
      else if (field.number === 2) visitDenseNodes(block, field.bytes, visitor);
      else if (field.number === 3) visitWay(block, field.bytes, visitor);
    }
  }
}

function blockOf(bytes: Buffer): Block {
  const block = {
    texts: [] as string[],
    granularity: 100,
    latOffset: 0,
    lngOffset: 0,
    groups: [] as Buffer[],
  };
  for (const field of fieldsOf(bytes)) {
    if (field.number === 1) block.texts = [...fieldsOf(field.bytes)].map((text) => text.bytes.toString());
    if (field.number === 2) block.groups.push(field.bytes);
    if (field.number === 17) block.granularity = field.value;
    // Signed in the ordinary way, which nobody writes but as 0.
    if (field.number === 19) block.latOffset = field.value;
    if (field.number === 20) block.lngOffset = field.value;
  }
  return block;
}

function degrees(value: number, offset: number, { granularity }: Block): number {
  return (offset + granularity * value) / 1e9;
}

function visitNode(block: Block, bytes: Buffer, visitor: OsmVisitor): void {
  let [id, lat, lng] = [0, 0, 0];
  for (const { number, value } of fieldsOf(bytes)) {
    if (number === 1) id = signed(value);
    if (number === 8) lat = signed(value);
    if (number === 9) lng = signed(value);
  }
  visitor.node?.(id, degrees(lat, block.latOffset, block), degrees(lng, block.lngOffset, block));
}

function visitDenseNodes(block: Block, bytes: Buffer, visitor: OsmVisitor): void {
  if (visitor.node === undefined) return;
  let [ids, lats, lngs]: number[][] = [[], [], []];
  for (const field of fieldsOf(bytes)) {
    if (field.number === 1) ids = summed(field.bytes);
    if (field.number === 8) lats = summed(field.bytes);
    if (field.number === 9) lngs = summed(field.bytes);
  }
  if (lats?.length !== ids?.length || lngs?.length !== ids?.length) throw damaged();
  for (const [index, id] of (ids ?? []).entries()) {
    const [lat, lng] = [lats?.[index] ?? 0, lngs?.[index] ?? 0];
    visitor.node(id, degrees(lat, block.latOffset, block), degrees(lng, block.lngOffset, block));
  }
}

function visitWay({ texts }: Block, bytes: Buffer, visitor: OsmVisitor): void {
  if (visitor.way === undefined) return;
  let [keys, values, refs]: number[][] = [[], [], []];
  for (const field of fieldsOf(bytes)) {
    if (field.number === 2) keys = numbersOf(field.bytes);
    if (field.number === 3) values = numbersOf(field.bytes);
    if (field.number === 8) refs = summed(field.bytes);
  }
  const tags = new Map(
    (keys ?? []).map((key, index) => [texts[key] ?? '', texts[values?.[index] ?? 0] ?? '']),
  );
  visitor.way({ refs: refs ?? [], tags });
}
