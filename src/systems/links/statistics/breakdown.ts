/** How many humans came with which value of each dimension. */
import { DIMENSIONS, type Dimension } from '../clicks/click-facts.ts';

/** Of one dimension of a link and day; those that come later count as `other`. */
export const VALUES_MAX = 1_000;
export const OTHER = 'other';

export interface Breakdown {
  /** One value for each dimension, in the order of DIMENSIONS. */
  add(values: readonly string[]): void;
  merge(stored: StoredBreakdown): void;
  store(): StoredBreakdown;
}

/** As the database has it. A dimension that a later release adds is absent in what this one has written. */
export type StoredBreakdown = { readonly [Name in Dimension]?: Readonly<Record<string, number>> };

export function createBreakdown(): Breakdown {
  // Not objects: a value may be named as a property that all of them have.
  const counts = DIMENSIONS.map(() => new Map<string, number>());

  function count(places: Map<string, number> | undefined, value: string, humans: number): void {
    if (places === undefined) return;
    const name = places.has(value) || places.size < VALUES_MAX ? value : OTHER;
    places.set(name, (places.get(name) ?? 0) + humans);
  }

  return {
    add(values) {
      for (let index = 0; index < counts.length; index += 1) count(counts[index], values[index] ?? OTHER, 1);
    },
    merge(stored) {
      for (const [index, dimension] of DIMENSIONS.entries()) {
        for (const [value, humans] of Object.entries(stored[dimension] ?? {})) {
          count(counts[index], value, humans);
        }
      }
    },
    store() {
      const entries = DIMENSIONS.map(
        (name, index) => [name, Object.fromEntries(counts[index] ?? [])] as const,
      );
      return Object.fromEntries(entries) as StoredBreakdown; // The names are those of the dimensions.
    },
  };
}
