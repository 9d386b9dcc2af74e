import type { Randomness } from '../../../core/clock.ts';

/** Crockford's base 32: digits and letters that are hard to mistake for each other. */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const GROUPS = 4;
const GROUP_LENGTH = 5;

/** A password of 100 random bits that can be read aloud: `4k0vq-…`, four groups of five. */
export function generatePassword(randomness: Pick<Randomness, 'bytes'>): string {
  const letters = [...randomness.bytes(GROUPS * GROUP_LENGTH)].map(
    (byte) => ALPHABET[byte % ALPHABET.length],
  );
  const groups = Array.from({ length: GROUPS }, (_, index) =>
    letters.slice(index * GROUP_LENGTH, (index + 1) * GROUP_LENGTH).join(''),
  );
  return groups.join('-');
}
