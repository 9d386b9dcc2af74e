/**
 * Protocol Buffers, as far as OpenStreetMap's files need them (https://protobuf.dev/programming-guides/encoding/): fields of a message, varints,
 * and packed lists of these. A library would bring a compiler of schemas for the dozen fields that are read here.
 */
import { AppError } from '../../core/errors.ts';

export interface Field {
  readonly number: number;
  /** Of a varint. */
  readonly value: number;
  /** Of what has a length: a message, bytes, text or a packed list. */
  readonly bytes: Buffer;
}

const [VARINT, FIXED_64, LENGTH, FIXED_32] = [0, 1, 2, 5] as const;
const NOTHING = Buffer.alloc(0);
/** Whole numbers are exact up to 2 to the power of 53, which is far above the ids there are. */
const VARINT_BYTES_MAX = 10;

/** Fields of one message, in their order. Unknown ones are for the caller to pass over. */
export function* fieldsOf(bytes: Buffer): Generator<Field> {
  const reader = createVarintReader(bytes);
  while (reader.at() < bytes.length) {
    const key = reader.next();
    const [number, type] = [Math.floor(key / 8), key % 8];
    if (type === VARINT) yield { number, value: reader.next(), bytes: NOTHING };
    else if (type === LENGTH) yield { number, value: 0, bytes: reader.take(reader.next()) };
    else if (type === FIXED_64 || type === FIXED_32) reader.take(type === FIXED_64 ? 8 : 4);
    else throw damaged();
  }
}

/** A packed list of varints. */
export function numbersOf(bytes: Buffer): number[] {
  const reader = createVarintReader(bytes);
  const numbers: number[] = [];
  while (reader.at() < bytes.length) numbers.push(reader.next());
  return numbers;
}

/** Of a number that may be negative (`sint64`). */
export function signed(value: number): number {
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
}

/** Of a packed list in which each number is the difference to the one before. */
export function summed(bytes: Buffer): number[] {
  let sum = 0;
  return numbersOf(bytes).map((value) => {
    sum += signed(value);
    return sum;
  });
}

function createVarintReader(bytes: Buffer) {
  let at = 0;
  return {
    at: () => at,

    next(): number {
      let value = 0;
      let factor = 1;
      for (let length = 0; length < VARINT_BYTES_MAX; length += 1) {
        const byte = bytes[at];
        if (byte === undefined) throw damaged();
        at += 1;
        value += (byte % 128) * factor;
        if (byte < 128) return value;
        factor *= 128;
      }
      throw damaged();
    },

    take(length: number): Buffer {
      if (at + length > bytes.length) throw damaged();
      at += length;
      return bytes.subarray(at - length, at);
    },
  };
}

export function damaged(): AppError {
  return new AppError('invalid', 'The file is damaged, or no OpenStreetMap extract (.osm.pbf).');
}
