/**
 * How many different visitors there were, from some bytes: HyperLogLog (Flajolet, Fusy, Gandouet and Meunier 2007), with
 * the estimator of Otmar Ertl ("New cardinality estimation algorithms for HyperLogLog sketches", arXiv:1702.01284, 2017,
 * algorithm 6), which needs no correction of small or large counts. 4,096 registers: off by 1.6 % (standard error), by
 * less below some hundreds. Sketches of the same day can be merged, in any order and as often as one likes.
 *
 * A few visitors are kept as they are, three bytes each; more of them as registers of six bits.
 */
import { assert } from '../../../core/errors.ts';
import {
  RANK_MAX,
  REGISTER_BITS,
  rankOf,
  registerOf,
  VISITORS_BELOW,
  visitorOfRank,
} from '../clicks/visitor-hash.ts';

const REGISTERS = 1 << REGISTER_BITS;
const RANKED_BITS = RANK_MAX - 1;
/** The first byte says what the others are. */
const SPARSE = 1;
const DENSE = 2;
const SPARSE_BYTES_EACH = 3;
const DENSE_BYTES = 1 + (REGISTERS * 6) / 8;
/** As a list in memory; beyond it the registers are quicker to fill, and soon smaller. */
const LIST_MAX = 256;

export const SKETCH_BYTES_MAX = DENSE_BYTES;

export class VisitorSketch {
  /** Visitors, maybe more than once; `undefined` once there are registers. */
  #list: number[] | undefined = [];
  #registers: Uint8Array | undefined;

  static decode(bytes: Uint8Array): VisitorSketch {
    const sketch = new VisitorSketch();
    sketch.merge(bytes);
    return sketch;
  }

  add(visitor: number): void {
    assert(visitor >= 0 && visitor < VISITORS_BELOW, 'a visitor is 18 bits');
    if (this.#list === undefined) raise(this.#filled(), visitor);
    else if (this.#list.push(visitor) > LIST_MAX) this.#filled();
  }

  /** Adds all visitors of another one. */
  addAll(other: VisitorSketch): void {
    if (other.#list !== undefined) for (const visitor of other.#list) this.add(visitor);
    else for (const visitor of visitorsOf(other.#filled())) this.add(visitor);
  }

  /** Adds all visitors of an encoded sketch. */
  merge(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    assert(bytes[0] === SPARSE || bytes[0] === DENSE, 'a sketch of a form that this release knows');
    if (bytes[0] === SPARSE) this.#mergeSparse(bytes);
    else readDense(bytes, this.#filled());
  }

  #mergeSparse(bytes: Uint8Array): void {
    assert((bytes.length - 1) % SPARSE_BYTES_EACH === 0, 'visitors are whole');
    for (let at = 1; at < bytes.length; at += SPARSE_BYTES_EACH) {
      this.add(((bytes[at] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0));
    }
  }

  encode(): Buffer {
    if (this.#list !== undefined) return writeSparse(highestOf(this.#list));
    const registers = this.#filled();
    const taken = registers.reduce((sum, rank) => sum + (rank > 0 ? 1 : 0), 0);
    return 1 + taken * SPARSE_BYTES_EACH < DENSE_BYTES
      ? writeSparse(visitorsOf(registers))
      : writeDense(registers);
  }

  estimate(): number {
    const counts = new Uint16Array(RANK_MAX + 1);
    const ranks = this.#list === undefined ? this.#filled() : highestOf(this.#list).map(rankOf);
    for (const rank of ranks) counts[rank] = (counts[rank] ?? 0) + 1;
    counts[0] = (counts[0] ?? 0) + REGISTERS - ranks.length;
    return Math.round(estimateOf(counts));
  }

  #filled(): Uint8Array {
    if (this.#registers === undefined) {
      this.#registers = new Uint8Array(REGISTERS);
      for (const visitor of this.#list ?? []) raise(this.#registers, visitor);
      this.#list = undefined;
    }
    return this.#registers;
  }
}

function raise(registers: Uint8Array, visitor: number): void {
  const register = registerOf(visitor);
  const rank = rankOf(visitor);
  if (rank > (registers[register] ?? 0)) registers[register] = rank;
}

/** One visitor for each register, that of the highest rank, in the order of the registers. */
function highestOf(visitors: readonly number[]): readonly number[] {
  // Nearly all: most links are clicked once a minute at most.
  if (visitors.length < 2) return visitors;
  const sorted = Uint32Array.from(visitors).sort();
  // Of the same register the next one has the higher rank.
  return [...sorted.filter((visitor, index) => registerOf(visitor) !== registerOf(sorted[index + 1] ?? -1))];
}

function visitorsOf(registers: Uint8Array): number[] {
  const visitors: number[] = [];
  for (const [register, rank] of registers.entries())
    if (rank > 0) visitors.push(visitorOfRank(register, rank));
  return visitors;
}

function writeSparse(visitors: readonly number[]): Buffer {
  if (visitors.length === 0) return Buffer.alloc(0);
  const bytes = Buffer.allocUnsafe(1 + visitors.length * SPARSE_BYTES_EACH);
  bytes[0] = SPARSE;
  let at = 1;
  for (const visitor of visitors) {
    bytes[at] = visitor >>> 16;
    bytes[at + 1] = visitor >>> 8;
    bytes[at + 2] = visitor;
    at += SPARSE_BYTES_EACH;
  }
  return bytes;
}

/** Four registers in three bytes. */
function writeDense(registers: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(DENSE_BYTES);
  bytes[0] = DENSE;
  const rank = (index: number) => registers[index] ?? 0;
  for (let register = 0, at = 1; register < REGISTERS; register += 4, at += 3) {
    const four =
      (rank(register) << 18) | (rank(register + 1) << 12) | (rank(register + 2) << 6) | rank(register + 3);
    bytes.writeUIntBE(four, at, 3);
  }
  return bytes;
}

function readDense(bytes: Uint8Array, registers: Uint8Array): void {
  assert(bytes.length === DENSE_BYTES, 'a dense sketch has all its registers');
  for (let register = 0, at = 1; register < REGISTERS; register += 4, at += 3) {
    const four = ((bytes[at] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
    for (let place = 0; place < 4; place += 1) {
      const rank = (four >> (18 - 6 * place)) & 63;
      if (rank > (registers[register + place] ?? 0)) registers[register + place] = rank;
    }
  }
}

/** From how many registers hold each rank. */
function estimateOf(counts: Uint16Array): number {
  const share = (rank: number) => (counts[rank] ?? 0) / REGISTERS;
  let sum = REGISTERS * tau(1 - share(RANK_MAX));
  for (let rank = RANKED_BITS; rank >= 1; rank -= 1) sum = 0.5 * (sum + (counts[rank] ?? 0));
  sum += REGISTERS * sigma(share(0));
  return (REGISTERS * REGISTERS) / (2 * Math.LN2 * sum);
}

function sigma(share: number): number {
  if (share === 1) return Number.POSITIVE_INFINITY;
  let [x, y, sum] = [share, 1, share];
  for (let last = -1; sum !== last; ) {
    x *= x;
    last = sum;
    sum += x * y;
    y += y;
  }
  return sum;
}

function tau(share: number): number {
  if (share === 0 || share === 1) return 0;
  let [x, y, sum] = [share, 1, 1 - share];
  for (let last = -1; sum !== last; ) {
    x = Math.sqrt(x);
    last = sum;
    y *= 0.5;
    sum -= (1 - x) ** 2 * y;
  }
  return sum / 3;
}
