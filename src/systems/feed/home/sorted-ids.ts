/** Lists of ids in ascending order: a fifth of a set's memory, and as fast to look up in. */
import type { Id } from '../../../core/ids.ts';

export const NO_IDS = new Float64Array(0);

/** How many of the ids are below `id`: where it stands, or would. */
export function countBelow(ids: ArrayLike<Id>, id: Id): number {
  let low = 0;
  let high = ids.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ids[middle] ?? 0) < id) low = middle + 1;
    else high = middle;
  }
  return low;
}

export function includesId(ids: ArrayLike<Id>, id: Id): boolean {
  return ids.length > 0 && ids[countBelow(ids, id)] === id;
}
