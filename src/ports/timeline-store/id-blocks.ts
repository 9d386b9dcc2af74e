/**
 * Room for many short lists of ids: blocks of a few sizes, cut from large arrays. A Float64Array for each list would
 * take 650 bytes more, and every garbage collection would visit it.
 */

import { assert } from '../../core/errors.ts';

export interface IdBlocks {
  /** A block for at least so many ids, which are anything at first. */
  allocate(ids: number): number;
  free(block: number): void;
  /** The array in which the block lies, among others. */
  arrayOf(block: number): Float64Array;
  /** Where in it. */
  offsetOf(block: number): number;
  capacityOf(block: number): number;
  /** What is set aside for blocks, taken and free. */
  bytes(): number;
}

/** So many of one size share an array: its own 650 bytes are 5 for each, and it is often free as a whole. */
export const BLOCKS_PER_ARRAY = 128;
const ARRAY_SHIFT = Math.log2(BLOCKS_PER_ARRAY);
const BLOCK_MASK = BLOCKS_PER_ARRAY - 1;
/** From size to size: lists that grow to anything take about a fifth more than they need. */
const GROWTH = 1.5;
const EMPTY = new Float64Array(0);

interface BlockSize {
  readonly capacity: number;
  /** Arrays (by their number) that have a free block. */
  readonly roomy: number[];
}

/** Blocks hold from `capacityMin` to `capacityMax` ids. A block's number is its array's times 128, and its place. */
export function createIdBlocks(capacityMin: number, capacityMax: number): IdBlocks {
  const sizes = capacitiesOf(capacityMin, capacityMax).map(
    (capacity): BlockSize => ({ capacity, roomy: [] }),
  );
  const arrays: Float64Array[] = [];
  const freePlaces: number[][] = [];
  /** Numbers of arrays that were given back. */
  const vacant: number[] = [];

  function openArray({ capacity, roomy }: BlockSize): number {
    const array = vacant.pop() ?? arrays.length;
    arrays[array] = new Float64Array(capacity * BLOCKS_PER_ARRAY);
    freePlaces[array] = Array.from({ length: BLOCKS_PER_ARRAY }, (_, place) => BLOCK_MASK - place);
    roomy.push(array);
    return array;
  }

  /** One array that is all free is kept for each size, so that a list that comes and goes costs nothing. */
  function closeArray(array: number, { roomy }: BlockSize): void {
    if (roomy.length === 1) return;
    roomy.splice(roomy.indexOf(array), 1);
    arrays[array] = EMPTY;
    freePlaces[array] = [];
    vacant.push(array);
  }

  // The numbers of arrays are made here, so that what they name is there.
  const arrayAt = (array: number) => arrays[array] as Float64Array;
  const placesOf = (array: number) => freePlaces[array] as number[];
  const capacityOf = (block: number) => arrayAt(block >> ARRAY_SHIFT).length >> ARRAY_SHIFT;

  return {
    allocate(ids) {
      const size = sizes.find(({ capacity }) => capacity >= ids);
      assert(size !== undefined, `no block holds ${ids} ids`);
      const array = size.roomy.at(-1) ?? openArray(size);
      const places = placesOf(array);
      const place = places.pop();
      assert(place !== undefined, 'an array that has room has a free place');
      if (places.length === 0) size.roomy.pop();
      return (array << ARRAY_SHIFT) | place;
    },
    free(block) {
      const size = sizes.find(({ capacity }) => capacity === capacityOf(block));
      assert(size !== undefined, `block ${block} is not taken`);
      const array = block >> ARRAY_SHIFT;
      const places = placesOf(array);
      if (places.push(block & BLOCK_MASK) === 1) size.roomy.push(array);
      if (places.length === BLOCKS_PER_ARRAY) closeArray(array, size);
    },
    arrayOf: (block) => arrayAt(block >> ARRAY_SHIFT),
    offsetOf: (block) => (block & BLOCK_MASK) * capacityOf(block),
    capacityOf,
    bytes: () => arrays.reduce((sum, { byteLength }) => sum + byteLength, 0),
  };
}

function capacitiesOf(min: number, max: number): number[] {
  const capacities: number[] = [];
  for (let capacity = min; capacity < max; capacity = Math.ceil(capacity * GROWTH)) capacities.push(capacity);
  return [...capacities, max];
}
