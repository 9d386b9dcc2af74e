/**
 * Drivers of the same kind are in a list of their own in each cell, so that a search for a rare kind does not look at all others.
 * Kinds get numbers as they come up; those beyond KINDS_MAX share the last, and are told apart one by one.
 */
import { isWanted } from './driver-lines.ts';

/** Six states with any of four types are 90. */
export const KINDS_MAX = 255;
/** Of all kinds for which there is no other. */
export const OTHERS = KINDS_MAX;

export interface KindGroups {
  groupOf(kind: number): number;
  /** Those that may have drivers of one of the states who offer one of the types. */
  wanted(states: number, types: number): readonly number[];
}

export function createKindGroups(): KindGroups {
  const groups = new Map<number, number>();
  const kinds: number[] = [];
  let hasOthers = false;
  return {
    groupOf(kind) {
      const known = groups.get(kind);
      if (known !== undefined) return known;
      if (kinds.length === KINDS_MAX) {
        hasOthers = true;
        return OTHERS;
      }
      groups.set(kind, kinds.length);
      return kinds.push(kind) - 1;
    },
    wanted(states, types) {
      const found: number[] = [];
      for (const [group, kind] of kinds.entries()) if (isWanted(kind, states, types)) found.push(group);
      if (hasOthers) found.push(OTHERS);
      return found;
    },
  };
}
