/** The nearest so far, in the order of their distance. One list serves all searches, as each is done in one go. */
import { NEAREST_MAX } from './geo-index.ts';

export interface NearestList {
  readonly size: number;
  /** Begins anew, for so many. */
  clear(limit: number): void;
  /** Keeps it if it is among the nearest. */
  offer(place: number, distance: number): void;
  place(index: number): number;
  distance(index: number): number;
}

export function createNearestList(): NearestList {
  const places = new Int32Array(NEAREST_MAX);
  const distances = new Float64Array(NEAREST_MAX);
  let limit = 0;
  let size = 0;
  return {
    get size() {
      return size;
    },
    clear(newLimit) {
      limit = newLimit;
      size = 0;
    },
    offer(place, distance) {
      if (size === limit && distance >= (distances[size - 1] ?? 0)) return;
      if (size < limit) size += 1;
      let index = size - 1;
      for (; index > 0 && (distances[index - 1] ?? 0) > distance; index -= 1) {
        distances[index] = distances[index - 1] ?? 0;
        places[index] = places[index - 1] ?? 0;
      }
      distances[index] = distance;
      places[index] = place;
    },
    place: (index) => places[index] ?? 0,
    distance: (index) => distances[index] ?? 0,
  };
}
