/** A queue of drivers by their distance, the nearest first. One may be in it several times; its first time is the right one. */
import { NOBODY } from './assignment-task.ts';

export interface MinHeap {
  push(driver: number, distance: number): void;
  /** The nearest, if it is nearer than `within`; else NOBODY. */
  pop(within: number): number;
  clear(): void;
}

export function createMinHeap(): MinHeap {
  const drivers: number[] = [];
  const distances: number[] = [];

  function swap(one: number, other: number): void {
    [drivers[one], drivers[other]] = [drivers[other] ?? 0, drivers[one] ?? 0];
    [distances[one], distances[other]] = [distances[other] ?? 0, distances[one] ?? 0];
  }

  function isBefore(one: number, other: number): boolean {
    return (distances[one] ?? 0) < (distances[other] ?? 0);
  }

  function sink(): void {
    for (let at = 0; ; ) {
      const left = 2 * at + 1;
      if (left >= drivers.length) return;
      const child = left + 1 < drivers.length && isBefore(left + 1, left) ? left + 1 : left;
      if (!isBefore(child, at)) return;
      swap(child, at);
      at = child;
    }
  }

  return {
    push(driver, distance) {
      let at = drivers.push(driver) - 1;
      distances.push(distance);
      for (let parent = (at - 1) >> 1; at > 0 && isBefore(at, parent); parent = (at - 1) >> 1) {
        swap(at, parent);
        at = parent;
      }
    },
    pop(within) {
      if (drivers.length === 0 || (distances[0] ?? 0) >= within) return NOBODY;
      const driver = drivers[0] ?? NOBODY;
      swap(0, drivers.length - 1);
      drivers.pop();
      distances.pop();
      sink();
      return driver;
    },
    clear() {
      drivers.length = 0;
      distances.length = 0;
    },
  };
}
