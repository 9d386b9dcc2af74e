/**
 * The salts that visitors are hashed with: one a day, the same for all processes, so that a visitor is counted once
 * whoever is asked. When the day is over it is deleted, and nobody can tell who the visitors of that day were, nor that one came
 * again on the next.
 */
import type { Randomness } from '../../../core/clock.ts';
import type { SqlStore } from '../../../ports/sql-store/sql-store.ts';
import { HASH_KEY_BYTES, type HashKey, hashKeyOf } from './half-sip-hash.ts';
import { deleteSalts, provideSalt } from './visitor-salts-queries.ts';

export const DAY_MS = 86_400_000;
/** For clicks of the last moments of a day that reach the database on the next. */
export const SALT_GRACE_MS = 10 * 60_000;

export interface VisitorSalts {
  /** Of the day (UTC) that holds this time. Fails as the sql-store does. */
  saltAt(timeMs: number): Promise<HashKey>;
  /** Forgets the salts of days that are over. Answers how many were deleted. */
  forget(nowMs: number): Promise<number>;
}

export function createVisitorSalts(deps: {
  readonly sql: SqlStore;
  readonly randomness: Pick<Randomness, 'bytes'>;
}): VisitorSalts {
  const { sql, randomness } = deps;
  const known = new Map<string, HashKey>();
  return {
    async saltAt(timeMs) {
      const day = dayOf(timeMs);
      const held = known.get(day);
      if (held !== undefined) return held;
      const [row] = await sql.query(provideSalt, [day, randomness.bytes(HASH_KEY_BYTES)]);
      const salt = hashKeyOf(row?.salt ?? Buffer.alloc(HASH_KEY_BYTES));
      known.set(day, salt);
      for (const other of known.keys()) if (other < dayOf(timeMs - DAY_MS)) known.delete(other);
      return salt;
    },

    async forget(nowMs) {
      const before = dayOf(nowMs - SALT_GRACE_MS);
      for (const day of known.keys()) if (day < before) known.delete(day);
      const [row] = await sql.query(deleteSalts, [before]);
      return row?.deleted ?? 0;
    },
  };
}

function dayOf(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(0, 10);
}
