/** For races: queries that read the database at once and answer when they are let go. */
import type { SqlSession } from '../../src/ports/sql-store/sql-store.ts';

export interface GatedSession extends SqlSession {
  /** Resolves when all queries so far have read. */
  allRead(): Promise<void>;
  /** Lets the queries so far answer. */
  release(): void;
  queries(): number;
}

export function createGatedSession(sql: SqlSession): GatedSession {
  const reads: Promise<unknown>[] = [];
  const gates: (() => void)[] = [];
  return {
    async query(statement, params) {
      const gate = new Promise<void>((resolve) => gates.push(resolve));
      const read = sql.query(statement, params);
      reads.push(read);
      await gate;
      return read;
    },
    async allRead() {
      await Promise.all(reads);
    },
    release() {
      for (const open of gates.splice(0)) open();
    },
    queries: () => reads.length,
  };
}
