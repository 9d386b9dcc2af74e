/**
 * HalfSipHash-2-4 with 64 bits of output (Jean-Philippe Aumasson and Daniel J. Bernstein, "SipHash: a fast short-input
 * PRF", 2012, and its variant of 32-bit words, 2016): nobody without the key can tell what was hashed, or what something
 * else would hash to. A tenth of a microsecond for an address, where node:crypto takes one for any hash.
 */

export interface HashKey {
  readonly low: number;
  readonly high: number;
}

export const HASH_KEY_BYTES = 8;

export function hashKeyOf(bytes: Buffer): HashKey {
  return { low: bytes.readInt32LE(0), high: bytes.readInt32LE(4) };
}

/** Of the first `count` words. Writes the low and the high half to `out`, as signed integers. */
export type WordHash = (key: HashKey, words: Int32Array, count: number, out: Int32Array) => void;

/** With a state of its own, so that hashing allocates nothing. */
export function createHalfSipHash(): WordHash {
  const state = new Int32Array(4);
  return ({ low, high }, words, count, out) => {
    state[0] = low;
    state[1] = high ^ 0xee;
    state[2] = 0x6c796765 ^ low;
    state[3] = 0x74656462 ^ high;
    for (let index = 0; index < count; index += 1) compress(state, words[index] ?? 0);
    // The last word holds the length in bytes, and no bytes: all words are whole.
    compress(state, (count * 4) << 24);
    out[0] = finish(state, 2, 0xee);
    out[1] = finish(state, 1, 0xdd);
  };
}

function compress(state: Int32Array, word: number): void {
  state[3] = at(state, 3) ^ word;
  mix(state, 2);
  state[0] = at(state, 0) ^ word;
}

function finish(state: Int32Array, index: number, mark: number): number {
  state[index] = at(state, index) ^ mark;
  mix(state, 4);
  return at(state, 1) ^ at(state, 3);
}

function mix(state: Int32Array, rounds: number): void {
  let v0 = at(state, 0);
  let v1 = at(state, 1);
  let v2 = at(state, 2);
  let v3 = at(state, 3);
  for (let round = 0; round < rounds; round += 1) {
    v0 = (v0 + v1) | 0;
    v1 = rotated(v1, 5) ^ v0;
    v0 = rotated(v0, 16);
    v2 = (v2 + v3) | 0;
    v3 = rotated(v3, 8) ^ v2;
    v0 = (v0 + v3) | 0;
    v3 = rotated(v3, 7) ^ v0;
    v2 = (v2 + v1) | 0;
    v1 = rotated(v1, 13) ^ v2;
    v2 = rotated(v2, 16);
  }
  state[0] = v0;
  state[1] = v1;
  state[2] = v2;
  state[3] = v3;
}

function at(state: Int32Array, index: number): number {
  return state[index] ?? 0;
}

function rotated(word: number, by: number): number {
  return (word << by) | (word >>> (32 - by));
}
