/**
 * What is so in a small world, and what was so when. Whoever reads late, from something that has not heard of the last
 * changes, sees some mixture of then and now; `possible` says which values of each fact that may be.
 */
import type { Id } from '../../src/core/ids.ts';

/** Such as `follows 1 2`: something that is so or not. Nothing is so at first. */
export type Fact = string;

/** From which step on a reader may see what was so, and up to which step everything that they did themselves counts. */
export interface Horizon {
  readonly sinceStep: number;
  readonly ownStep: number;
}

interface Change {
  readonly step: number;
  readonly value: boolean;
  /** Whose doing it was. */
  readonly by: Id | undefined;
}

export interface Facts {
  set(fact: Fact, value: boolean, by?: Id): void;
  holds(fact: Fact): boolean;
  /** Whether the reader, who knows what they did themselves, may find it so, and may find it not so. */
  possible(fact: Fact, reader: Id, horizon: Horizon): { readonly so: boolean; readonly notSo: boolean };
  /** Those that were ever set and begin so. */
  named(prefix: string): Fact[];
}

export function createFacts(currentStep: () => number): Facts {
  const changes = new Map<Fact, Change[]>();

  return {
    set(fact, value, by) {
      const known = changes.get(fact) ?? [];
      if ((known.at(-1)?.value ?? false) === value) return;
      changes.set(fact, [...known, { step: currentStep(), value, by }]);
    },

    holds: (fact) => changes.get(fact)?.at(-1)?.value ?? false,

    possible(fact, reader, { sinceStep, ownStep }) {
      let so = false;
      let notSo = true;
      for (const { step, value, by } of changes.get(fact) ?? []) {
        if (step <= sinceStep || (by === reader && step <= ownStep)) [so, notSo] = [value, !value];
        else [so, notSo] = [so || value, notSo || !value];
      }
      return { so, notSo };
    },

    named: (prefix) => [...changes.keys()].filter((fact) => fact.startsWith(prefix)),
  };
}
