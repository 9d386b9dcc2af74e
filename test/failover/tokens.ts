/** Fencing tokens, taken over and over as dispatchers would: none may come up twice, whatever becomes of the database. */
import assert from 'node:assert/strict';
import { systemClock } from '../../src/core/clock.ts';
import type { SqlStore } from '../../src/ports/sql-store/sql-store.ts';
import { claimCities, releaseCities } from '../../src/systems/rides/dispatch/dispatch-leases-queries.ts';

export interface TokenTaker {
  taken(): number;
  /** Fails if a token was given twice, or a later one was not greater. */
  stop(): Promise<void>;
}

const CITY = 'failover';
const LEASE_S = 30;
const PAUSE_MS = 10;

export function startTokenTaker(sql: SqlStore): TokenTaker {
  const tokens: number[] = [];
  let stopping = false;
  async function take(): Promise<void> {
    for (let turn = 0; !stopping; turn += 1) {
      const holder = `dispatcher ${turn}`;
      const rows = await sql.query(claimCities, [[CITY], holder, LEASE_S, [null]]).catch(() => undefined);
      if (rows?.[0] !== undefined) tokens.push(rows[0].token);
      // A claim that was not heard of may hold the city all the same.
      let released = false;
      while (!released && !stopping) {
        released = await sql.query(releaseCities, [holder]).then(
          () => true,
          () => false,
        );
        await systemClock.sleep(PAUSE_MS);
      }
    }
  }
  const running = take();
  return {
    taken: () => tokens.length,
    async stop() {
      stopping = true;
      await running;
      for (const [index, token] of tokens.entries()) {
        assert(token > (tokens[index - 1] ?? Number.NEGATIVE_INFINITY), `the token ${token} came up again`);
      }
    },
  };
}
