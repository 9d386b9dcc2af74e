/**
 * Which batches of a recorder have been counted, so that each is counted once: delivered again, published twice, or
 * replayed from the first event that the log still has. A recorder numbers its batches from 1 and publishes them in order; one
 * that is missing has become a dead letter, which may come later.
 */

export interface CountedBatches {
  /** All up to this one, */
  readonly sequence: number;
  /** but these. */
  readonly missing: readonly number[];
}

export const NONE_COUNTED: CountedBatches = { sequence: 0, missing: [] };

/** The latest that can be missing; what is missing longer is taken for counted: rather too few clicks than twice the same. */
export const MISSING_MAX = 1_000;

/** With the batch `sequence` among them; `undefined` if it was already. */
export function countBatch(counted: CountedBatches, sequence: number): CountedBatches | undefined {
  if (sequence > counted.sequence) {
    const gap = Math.min(sequence - counted.sequence - 1, MISSING_MAX);
    const skipped = Array.from({ length: gap }, (_, index) => sequence - gap + index);
    return { sequence, missing: [...counted.missing, ...skipped].slice(-MISSING_MAX) };
  }
  if (!counted.missing.includes(sequence)) return undefined;
  return { sequence: counted.sequence, missing: counted.missing.filter((one) => one !== sequence) };
}
