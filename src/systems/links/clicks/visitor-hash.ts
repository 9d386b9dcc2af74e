/**
 * Who a visitor is, as far as counting different ones needs it: 18 bits of a keyed hash of address and user agent, made
 * with a salt that is forgotten after the day. They are what statistics/visitor-sketch.ts counts from, and all that is ever
 * written down. Without the salt they are nobody's; with it, half of the visitors share theirs with half a million addresses.
 */
import { unmapped } from '../../../ports/country-table/country-table.ts';
import { createHalfSipHash, type HashKey } from './half-sip-hash.ts';

/** Registers of the sketch, as a power of two: 4,096, so that the count is off by 1.6 %. */
export const REGISTER_BITS = 12;
/** Bits of the hash that are left for the rank, which is one more than the zeros they begin with. */
export const RANK_MAX = 64 - REGISTER_BITS + 1;
const RANK_STEP = 64;

export const VISITORS_BELOW = (1 << REGISTER_BITS) * RANK_STEP;

/** The visitor whose hash is `high` and `low`: 64 x register + rank. */
export function visitorOf(high: number, low: number): number {
  const register = high >>> (32 - REGISTER_BITS);
  const rest = high << REGISTER_BITS;
  const rank = rest !== 0 ? Math.clz32(rest) + 1 : 32 - REGISTER_BITS + Math.clz32(low) + 1;
  return visitorOfRank(register, rank);
}

export function visitorOfRank(register: number, rank: number): number {
  return register * RANK_STEP + rank;
}

export function registerOf(visitor: number): number {
  return Math.floor(visitor / RANK_STEP);
}

export function rankOf(visitor: number): number {
  return visitor % RANK_STEP;
}

const ADDRESS_WORDS_MAX = 8;

export type VisitorHash = (salt: HashKey, address: string, userAgentFingerprint: number) => number;

/** Of IPv6 the first 64 bits count: a device changes the others every day by itself. */
export function createVisitorHash(): VisitorHash {
  const hash = createHalfSipHash();
  const words = new Int32Array(ADDRESS_WORDS_MAX + 1);
  const out = new Int32Array(2);
  return (salt, address, userAgentFingerprint) => {
    const text = unmapped(address);
    const count = text.includes(':') ? writeIpv6(text, words) : writeText(text, words);
    words[count] = userAgentFingerprint;
    hash(salt, words, count + 1, out);
    return visitorOf(out[1] ?? 0, out[0] ?? 0);
  };
}

/** Four characters a word; what is longer than any IPv4 address is no address, and its beginning will do. */
function writeText(text: string, words: Int32Array): number {
  const count = Math.min(Math.ceil(text.length / 4), ADDRESS_WORDS_MAX);
  for (let index = 0; index < count; index += 1) {
    const at = index * 4;
    words[index] =
      byteAt(text, at) |
      (byteAt(text, at + 1) << 8) |
      (byteAt(text, at + 2) << 16) |
      (byteAt(text, at + 3) << 24);
  }
  return count;
}

/** 0 beyond the end. */
function byteAt(text: string, index: number): number {
  return index < text.length ? text.charCodeAt(index) & 255 : 0;
}

function writeIpv6(text: string, words: Int32Array): number {
  const [head = '', tail] = text.split('::');
  const groups = head === '' ? [] : head.split(':');
  if (tail !== undefined) {
    const after = tail === '' ? [] : tail.split(':');
    while (groups.length + after.length < 8) groups.push('0');
    groups.push(...after);
  }
  const group = (index: number): number => Number.parseInt(groups[index] ?? '0', 16) & 0xffff;
  words[0] = (group(0) << 16) | group(1);
  words[1] = (group(2) << 16) | group(3);
  return 2;
}
