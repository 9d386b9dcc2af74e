/**
 * Numbers the readers that have a timeline: rows 0 to `rowsMax - 1`, each taken by one reader at a time. A hash table
 * of plain numbers, because a Map takes three times the memory and time for keys that are no small integers, and
 * a million of its keys are work for every garbage collection.
 */

import { assert } from '../../core/errors.ts';
import type { Id } from '../../core/ids.ts';

export interface ReaderRows {
  /** NO_ROW if the reader has none. */
  find(readerId: Id): number;
  /** A row for a reader who has none. There must be a free one. */
  add(readerId: Id): number;
  remove(row: number): void;
  /** Who has the row; 0 if nobody. */
  readerOf(row: number): Id;
  /** How many rows are taken. */
  size(): number;
  /** All rows that are or were taken are below this. */
  end(): number;
}

export const NO_ROW = -1;

/** Memory is set aside for all rows at once, so nothing ever stops to grow; the system gives it when it is used. */
export function createReaderRows(rowsMax: number): ReaderRows {
  const readers = new Float64Array(rowsMax);
  const freed: number[] = [];
  let end = 0;
  /** Open addressing with linear probing: at each place a row + 1, or 0. At most half of the places are taken. */
  const places = new Int32Array(2 ** Math.ceil(Math.log2(rowsMax * 2)));
  const mask = places.length - 1;

  /** The place of the reader, or the empty one where it belongs. Places, rows and readers never lie beyond their arrays. */
  function placeOf(readerId: Id): number {
    let place = hashOf(readerId) & mask;
    for (;;) {
      const taken = places[place] as number;
      if (taken === 0 || readers[taken - 1] === readerId) return place;
      place = (place + 1) & mask;
    }
  }

  /** Moves back those behind the emptied place that a search would no longer reach (Knuth, 6.4, algorithm R). */
  function closeGap(emptied: number): void {
    let gap = emptied;
    for (let place = (gap + 1) & mask; places[place] !== 0; place = (place + 1) & mask) {
      const taken = places[place] as number;
      const home = hashOf(readers[taken - 1] as number) & mask;
      if (((place - home) & mask) < ((place - gap) & mask)) continue;
      places[gap] = taken;
      gap = place;
    }
    places[gap] = 0;
  }

  return {
    find: (readerId) => (places[placeOf(readerId)] as number) - 1,
    add(readerId) {
      assert(end - freed.length < rowsMax, 'there must be a free row');
      const row = freed.pop() ?? end++;
      readers[row] = readerId;
      places[placeOf(readerId)] = row + 1;
      return row;
    },
    remove(row) {
      closeGap(placeOf(readers[row] as number));
      readers[row] = 0;
      freed.push(row);
    },
    readerOf: (row) => readers[row] as number,
    size: () => end - freed.length,
    end: () => end,
  };
}

/**
 * The finalizer of MurmurHash3 by Austin Appleby (public domain), over both halves of the id. Not `shardOf`: a
 * process that has only some shards would have only some of its values.
 */
function hashOf(id: Id): number {
  let mixed = Math.imul((id / 4_294_967_296) | 0, 0x9e3779b1) ^ (id | 0);
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}
