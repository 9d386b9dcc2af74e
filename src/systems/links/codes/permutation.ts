/**
 * A keyed permutation of the codes: whoever sees some of them can tell neither the next one nor how many there are. So
 * a counter makes codes that never collide, without a look-up.
 *
 * A balanced Feistel network (Luby and Rackoff, 1988) over 42 bits, walked along its cycle until it is within the range
 * (Black and Rogaway, "Ciphers with Arbitrary Finite Domains", 2002), which takes 1.25 steps on average. Its round function is
 * HalfSipHash-2-4 (Aumasson and Bernstein, github.com/veorq/SipHash, public domain), with a key for each round; ten of them, as
 * in NIST SP 800-38G (FF1).
 */
import { createHmac } from 'node:crypto';
import { assert } from '../../../core/errors.ts';
import { CODES } from './base62.ts';

export const SECRET_BYTES = 32;
const ROUNDS = 10;
const HALF_BITS = 21;
const HALF = 2 ** HALF_BITS;

export interface Permutation {
  /** `number` is 0 to CODES - 1, and so is the answer. */
  permute(number: number): number;
  /** The number that `permute` makes `permuted` of. */
  invert(permuted: number): number;
}

export function createPermutation(secret: Buffer): Permutation {
  assert(secret.length === SECRET_BYTES, `the secret of the codes has ${SECRET_BYTES} bytes`);
  const keys = roundKeys(secret);

  function forward(number: number): number {
    let left = Math.floor(number / HALF);
    let right = number % HALF;
    for (let round = 0; round < ROUNDS; round += 1) {
      const mixed = left ^ mix(keys, round, right);
      left = right;
      right = mixed;
    }
    return left * HALF + right;
  }

  function backward(number: number): number {
    let left = Math.floor(number / HALF);
    let right = number % HALF;
    for (let round = ROUNDS - 1; round >= 0; round -= 1) {
      const mixed = right ^ mix(keys, round, left);
      right = left;
      left = mixed;
    }
    return left * HALF + right;
  }

  return { permute: (number) => walk(number, forward), invert: (permuted) => walk(permuted, backward) };
}

/** Where a step leads out of the range, another one follows: as the range was left, it is entered again. */
function walk(start: number, step: (number: number) => number): number {
  assert(Number.isInteger(start) && start >= 0 && start < CODES, 'only codes are permuted');
  let number = step(start);
  while (number >= CODES) number = step(number);
  return number;
}

/** Two words a round. */
function roundKeys(secret: Buffer): Uint32Array {
  const keys = new Uint32Array(ROUNDS * 2);
  for (let round = 0; round < ROUNDS; round += 1) {
    const key = createHmac('sha256', secret).update(`link codes, round ${round}`).digest();
    keys[2 * round] = key.readUInt32LE(0);
    keys[2 * round + 1] = key.readUInt32LE(4);
  }
  return keys;
}

/** 21 bits of HalfSipHash-2-4 of a message of four bytes. */
function mix(keys: Uint32Array, round: number, message: number): number {
  const key0 = keys[2 * round] ?? 0;
  const key1 = keys[2 * round + 1] ?? 0;
  const state: State = [key0 | 0, key1 | 0, 0x6c796765 ^ key0, 0x74656462 ^ key1];
  compress(state, message);
  // The last block: no bytes are left, and the length is four.
  compress(state, 4 << 24);
  state[2] ^= 0xff;
  for (let count = 0; count < 4; count += 1) sipRound(state);
  return (state[1] ^ state[3]) & (HALF - 1);
}

type State = [number, number, number, number];

function compress(state: State, block: number): void {
  state[3] ^= block;
  sipRound(state);
  sipRound(state);
  state[0] ^= block;
}

function sipRound(state: State): void {
  let [v0, v1, v2, v3] = state;
  v0 = (v0 + v1) | 0;
  v1 = rotate(v1, 5) ^ v0;
  v0 = rotate(v0, 16);
  v2 = (v2 + v3) | 0;
  v3 = rotate(v3, 8) ^ v2;
  v0 = (v0 + v3) | 0;
  v3 = rotate(v3, 7) ^ v0;
  v2 = (v2 + v1) | 0;
  v1 = rotate(v1, 13) ^ v2;
  v2 = rotate(v2, 16);
  state[0] = v0;
  state[1] = v1;
  state[2] = v2;
  state[3] = v3;
}

function rotate(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}
