/**
 * Arrays as parameters in PostgreSQL's binary form, which costs it a third of reading them as text. Only where the
 * statement says their type at each of their places (`$1::bigint[]`); the others go as text.
 */

/** From the values of a statement's parameters to those that `pg` sends. Buffers go in binary form. */
export type EncodeParams = (params: readonly unknown[]) => unknown[];

type Writer<Element> = (elements: readonly (Element | null)[]) => Buffer;

export function createParamsEncoder(text: string): EncodeParams {
  const writers = arrayWritersOf(text);
  return (params) =>
    params.map((param, index) => {
      const writer = writers.get(index + 1);
      return writer !== undefined && Array.isArray(param) ? writer(param) : param;
    });
}

function arrayWritersOf(text: string): Map<number, Writer<never>> {
  const writers = new Map<number, Writer<never>>();
  const others = new Set<number>();
  for (const [, number, type] of text.matchAll(/\$(\d+)(?:::(double precision|\w+)\[\])?/g)) {
    const writer = type === undefined ? undefined : WRITERS[type];
    if (writer === undefined) others.add(Number(number));
    else writers.set(Number(number), writer);
  }
  for (const number of others) writers.delete(number);
  return writers;
}

/** By the name of the type; the numbers are their ids in the catalogue, the same on every server. */
const WRITERS: Readonly<Record<string, Writer<never>>> = {
  bigint: fixedWriter(20, 8, (buffer, value, at) => {
    buffer.writeInt32BE(Math.floor(value / 4_294_967_296), at);
    buffer.writeUInt32BE(value - Math.floor(value / 4_294_967_296) * 4_294_967_296, at + 4);
  }),
  integer: fixedWriter(23, 4, (buffer, value, at) => buffer.writeInt32BE(value, at)),
  smallint: fixedWriter(21, 2, (buffer, value, at) => buffer.writeInt16BE(value, at)),
  'double precision': fixedWriter(701, 8, (buffer, value, at) => buffer.writeDoubleBE(value, at)),
  text: textWriter(25),
  json: textWriter(114),
  bytea: bytesWriter,
};

const BYTEA = 17;
const HEADER_BYTES = 20;

/** One dimension, whose elements are numbered from 1. */
function writeHeader(buffer: Buffer, typeId: number, length: number): void {
  buffer.writeInt32BE(1, 0);
  // Whether there are nulls: the server looks for itself.
  buffer.writeInt32BE(1, 4);
  buffer.writeInt32BE(typeId, 8);
  buffer.writeInt32BE(length, 12);
  buffer.writeInt32BE(1, 16);
}

function fixedWriter(
  typeId: number,
  bytes: number,
  write: (buffer: Buffer, value: number, at: number) => void,
): Writer<number> {
  return (elements) => {
    const buffer = Buffer.allocUnsafe(HEADER_BYTES + elements.length * (4 + bytes));
    writeHeader(buffer, typeId, elements.length);
    let end = HEADER_BYTES;
    for (const element of elements) {
      end = buffer.writeInt32BE(element === null ? -1 : bytes, end);
      if (element === null) continue;
      write(buffer, element, end);
      end += bytes;
    }
    return buffer.subarray(0, end);
  };
}

function textWriter(typeId: number): Writer<string> {
  return (elements) => {
    // A UTF-16 unit is 3 bytes of UTF-8 at most.
    const bytesMax = elements.reduce((sum, element) => sum + 4 + 3 * (element?.length ?? 0), HEADER_BYTES);
    const buffer = Buffer.allocUnsafe(bytesMax);
    writeHeader(buffer, typeId, elements.length);
    let end = HEADER_BYTES;
    for (const element of elements) {
      const bytes = element === null ? 0 : buffer.write(element, end + 4, 'utf8');
      buffer.writeInt32BE(element === null ? -1 : bytes, end);
      end += 4 + bytes;
    }
    return buffer.subarray(0, end);
  };
}

function bytesWriter(elements: readonly (Uint8Array | null)[]): Buffer {
  const bytes = elements.reduce((sum, element) => sum + 4 + (element?.length ?? 0), HEADER_BYTES);
  const buffer = Buffer.allocUnsafe(bytes);
  writeHeader(buffer, BYTEA, elements.length);
  let end = HEADER_BYTES;
  for (const element of elements) {
    end = buffer.writeInt32BE(element === null ? -1 : element.length, end);
    if (element === null) continue;
    buffer.set(element, end);
    end += element.length;
  }
  return buffer;
}
