/**
 * Which codes can exist at all, found without looking for them: a code of the shape of those that are made here is decoded,
 * and where the counter has not come to its number, only an alias or an imported code can be it, of which there are few.
 * So whoever tries codes at random reads next to nothing of the table of links, 999 times of 1,000.
 */
import type { SqlSession } from '../../../ports/sql-store/sql-store.ts';
import type { Codes } from './codes.ts';
import { getCodesNotMade } from './codes-queries.ts';

export interface PossibleCodes {
  /** Those of the codes that exist, or may. Right for all that was committed before the call, by any process. */
  among(codes: readonly string[]): Promise<ReadonlySet<string>>;
}

export function createPossibleCodes({
  sql,
  codes,
}: {
  readonly sql: SqlSession;
  readonly codes: Pick<Codes, 'leasedBelow' | 'numberOf'>;
}): PossibleCodes {
  /** Only grows. Another process may have leased more by now: whoever is at or above it asks again. */
  let leasedBelow = 0;

  return {
    async among(given) {
      const numbers = new Map<string, number | undefined>();
      for (const code of given) numbers.set(code, await codes.numberOf(code));
      const isBeyond = (code: string): boolean => (numbers.get(code) ?? -1) >= leasedBelow;
      if (given.some(isBeyond)) leasedBelow = Math.max(leasedBelow, await codes.leasedBelow());
      const beyond = given.filter(isBeyond);
      if (beyond.length === 0) return new Set(given);
      const notMade = await sql.query(getCodesNotMade, [beyond]);
      return new Set([...given.filter((code) => !isBeyond(code)), ...notMade.map(({ code }) => code)]);
    },
  };
}
