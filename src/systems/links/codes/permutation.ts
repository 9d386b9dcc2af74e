/**
 * A keyed permutation of the codes: whoever sees some of them can tell neither the next one nor how many there are. So
 * a counter makes codes that never collide, without a look-up.
 *
 * A balanced Feistel network (Luby and Rackoff, 1988) over 42 bits, walked along its cycle until it is within the range
 * (Black and Rogaway, "Ciphers with Arbitrary Finite Domains", 2002), which takes 1.25 steps on average. Its round function is
 * HalfSipHash-2-4, with a key for each round; ten of them, as in NIST SP 800-38G (FF1).
 */
import { createHmac } from 'node:crypto';
import { assert } from '../../../core/errors.ts';
import { createHalfSipHash, type HashKey, hashKeyOf } from '../clicks/half-sip-hash.ts';
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
  const reversed = keys.toReversed();
  const hash = createHalfSipHash();
  const word = new Int32Array(1);
  const hashed = new Int32Array(2);

  function mix(key: HashKey, half: number): number {
    word[0] = half;
    hash(key, word, 1, hashed);
    return (hashed[0] ?? 0) & (HALF - 1);
  }

  function forward(number: number): number {
    let left = Math.floor(number / HALF);
    let right = number % HALF;
    for (const key of keys) {
      const mixed = left ^ mix(key, right);
      left = right;
      right = mixed;
    }
    return left * HALF + right;
  }

  function backward(number: number): number {
    let left = Math.floor(number / HALF);
    let right = number % HALF;
    for (const key of reversed) {
      const mixed = right ^ mix(key, left);
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

function roundKeys(secret: Buffer): HashKey[] {
  return Array.from({ length: ROUNDS }, (_, round) =>
    hashKeyOf(createHmac('sha256', secret).update(`link codes, round ${round}`).digest()),
  );
}
