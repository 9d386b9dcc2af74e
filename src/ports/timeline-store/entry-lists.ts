/**
 * A list of entry ids for each row, ascending, behind its floor: what comes last is then never below the floor, so that one
 * comparison lets the usual delivery in. Of a list that is longer than WINDOW, the last WINDOW ids count, the first of
 * which is the floor; what lies before is cut off later, for many at once.
 */

import type { Id } from '../../core/ids.ts';
import { createIdBlocks } from './id-blocks.ts';
import { TIMELINE_ENTRIES_MAX } from './timeline-store.ts';

export interface EntryLists {
  /** Gives the row a list of these entries (newest first, all above `floor`) in place of any that it has. */
  replace(row: number, entryIds: readonly Id[], floor: Id): void;
  /** Whether the id was added: above the floor, and not there yet. */
  insert(row: number, entryId: Id): boolean;
  floorOf(row: number): Id;
  /** The newest `limit` entries before `before`, newest first. */
  newest(row: number, before: Id, limit: number): Id[];
  remove(row: number): void;
  /** What is set aside for all lists. */
  bytes(): number;
}

const WINDOW = TIMELINE_ENTRIES_MAX + 1;
/** So many more come in before they are cut off together: 8 % of memory, and a 64th of the copying. */
const SPARE = 64;
/** A floor and 15 entries, as of those who follow few. */
const CAPACITY_MIN = 16;
const NO_BLOCK = -1;

/** Rows are 0 to `rowsMax - 1`, and those that are named have a list but for `replace`; nothing lies beyond the arrays. */
export function createEntryLists(rowsMax: number): EntryLists {
  const blocks = createIdBlocks(CAPACITY_MIN, WINDOW + SPARE);
  const blockOfRow = new Int32Array(rowsMax).fill(NO_BLOCK);
  const lengthOfRow = new Int32Array(rowsMax);

  function makeRoom(row: number): void {
    const block = blockOfRow[row] as number;
    const length = lengthOfRow[row] as number;
    const ids = blocks.arrayOf(block);
    const offset = blocks.offsetOf(block);
    if (length === WINDOW + SPARE) {
      ids.copyWithin(offset, offset + SPARE, offset + length);
      lengthOfRow[row] = WINDOW;
      return;
    }
    const larger = blocks.allocate(length + 1);
    blocks.arrayOf(larger).set(ids.subarray(offset, offset + length), blocks.offsetOf(larger));
    blocks.free(block);
    blockOfRow[row] = larger;
  }

  function insert(row: number, entryId: Id): boolean {
    if (lengthOfRow[row] === blocks.capacityOf(blockOfRow[row] as number)) makeRoom(row);
    const block = blockOfRow[row] as number;
    const ids = blocks.arrayOf(block);
    const start = blocks.offsetOf(block);
    const end = start + (lengthOfRow[row] as number);
    // Entries come nearly in order, so the place of one that is late is near the end.
    let place = end;
    const floorPlace = Math.max(start, end - WINDOW);
    while (place > floorPlace && (ids[place - 1] as number) > entryId) place -= 1;
    if (place === floorPlace || ids[place - 1] === entryId) return false;
    if (place < end) ids.copyWithin(place + 1, place, end);
    ids[place] = entryId;
    lengthOfRow[row] = end - start + 1;
    return true;
  }

  function remove(row: number): void {
    blocks.free(blockOfRow[row] as number);
    blockOfRow[row] = NO_BLOCK;
  }

  return {
    replace(row, entryIds, floor) {
      if (blockOfRow[row] !== NO_BLOCK) remove(row);
      const length = Math.min(entryIds.length + 1, WINDOW);
      const block = blocks.allocate(length);
      const ids = blocks.arrayOf(block);
      const start = blocks.offsetOf(block);
      for (let n = 0; n < length; n += 1) ids[start + length - 1 - n] = entryIds[n] ?? floor;
      blockOfRow[row] = block;
      lengthOfRow[row] = length;
    },
    insert,
    floorOf(row) {
      const block = blockOfRow[row] as number;
      const surplus = Math.max(0, (lengthOfRow[row] as number) - WINDOW);
      return blocks.arrayOf(block)[blocks.offsetOf(block) + surplus] as number;
    },
    newest(row, before, limit) {
      const block = blockOfRow[row] as number;
      const ids = blocks.arrayOf(block);
      const start = blocks.offsetOf(block);
      const end = start + (lengthOfRow[row] as number);
      const floorPlace = Math.max(start, end - WINDOW);
      let place = firstPlaceFrom(ids, before, floorPlace + 1, end) - 1;
      const entryIds: Id[] = [];
      for (; place > floorPlace && entryIds.length < limit; place -= 1) entryIds.push(ids[place] as number);
      return entryIds;
    },
    remove,
    bytes: blocks.bytes,
  };
}

/** The first place from `start` to `end` whose id is `id` or greater. */
function firstPlaceFrom(ids: Float64Array, id: Id, start: number, end: number): number {
  // Of a first page it is the end; a search would wait for memory eight times to find that.
  if ((ids[end - 1] as number) < id) return end;
  let [low, high] = [start, end];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ids[middle] as number) < id) low = middle + 1;
    else high = middle;
  }
  return low;
}
