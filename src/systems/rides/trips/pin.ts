/** The PIN of a ride: the rider says it to the driver, so that nobody drives off with somebody else's passenger, or with nobody. */
import type { Randomness } from '../../../core/clock.ts';

const PINS = 10_000;
export const PIN_PATTERN = '^[0-9]{4}$';
/** Wrong ones for each PIN: a driver who guesses is right once in 2,000 rides. */
export const PIN_TRIES_MAX = 5;

/** Of 2^32 numbers some PINs get one more than others: nobody can tell. */
export function drawPin(randomness: Pick<Randomness, 'bytes'>): string {
  return String(randomness.bytes(4).readUInt32BE() % PINS).padStart(4, '0');
}
