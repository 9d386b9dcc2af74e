/**
 * A map from numbers to places in arrays, in arrays itself: open addressing with linear probing, half full at most. A
 * `Map` of a million keys stops everything for some 100 ms whenever it grows or is cleaned up, and boxes each key.
 */
import { assert } from '../../core/errors.ts';

/** What `get` answers for a key that is not there. */
export const NOWHERE = -1;

export interface IdPlaces {
  readonly size: number;
  /** NOWHERE, or the place. */
  get(key: number): number;
  /** The key must not be there yet, and there must be room. */
  add(key: number, place: number): void;
  /** Another place for a key that is there. */
  move(key: number, place: number): void;
  /** Whether it was there. */
  remove(key: number): boolean;
}

/** For up to `keysMax` keys, which are safe integers from 0. Takes 24 to 48 bytes each, which are touched when used. */
export function createIdPlaces(keysMax: number): IdPlaces {
  const slots = 2 ** Math.ceil(Math.log2(Math.max(2, keysMax * 2)));
  const mask = slots - 1;
  /** One more than the key, so that 0 is an empty slot: fresh arrays need not be written to. */
  const keys = new Float64Array(slots);
  const places = new Int32Array(slots);
  let size = 0;

  function slotOf(key: number): number {
    let slot = mix(key) & mask;
    while (keys[slot] !== 0 && keys[slot] !== key + 1) slot = (slot + 1) & mask;
    return slot;
  }

  return {
    get size() {
      return size;
    },
    get(key) {
      const slot = slotOf(key);
      return keys[slot] === 0 ? NOWHERE : (places[slot] ?? NOWHERE);
    },
    add(key, place) {
      assert(size < keysMax, 'there is room for the key');
      const slot = slotOf(key);
      assert(keys[slot] === 0, 'a key is added once');
      keys[slot] = key + 1;
      places[slot] = place;
      size += 1;
    },
    move(key, place) {
      const slot = slotOf(key);
      assert(keys[slot] !== 0, 'a key that is moved is there');
      places[slot] = place;
    },
    remove(key) {
      let gap = slotOf(key);
      if (keys[gap] === 0) return false;
      size -= 1;
      // Whoever was pushed past the gap moves up, so that nothing ever marks what was deleted (Knuth, 6.4, algorithm R).
      for (let slot = (gap + 1) & mask; keys[slot] !== 0; slot = (slot + 1) & mask) {
        const home = mix((keys[slot] ?? 0) - 1) & mask;
        if (((slot - home) & mask) < ((slot - gap) & mask)) continue;
        keys[gap] = keys[slot] ?? 0;
        places[gap] = places[slot] ?? 0;
        gap = slot;
      }
      keys[gap] = 0;
      return true;
    },
  };
}

/** The finalizer of MurmurHash3 by Austin Appleby (public domain), over both halves of the number. */
function mix(key: number): number {
  const high = Math.floor(key / 4_294_967_296);
  let mixed = (key - high * 4_294_967_296) ^ Math.imul(high, 0x9e3779b1);
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
