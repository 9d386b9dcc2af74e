/** The level of service that an operator asks for, of all processes, for a while. */
import { AppError, assert } from '../../core/errors.ts';
import { SERVICE_LEVELS, type ServiceLevel } from '../../core/service-level.ts';
import type { SqlStore, SqlTransaction } from '../../ports/sql-store/sql-store.ts';
import { endForcedLevel, forceLevel, readForcedLevel } from './forced-level-queries.ts';

export interface ForcedLevelNow {
  readonly level: ServiceLevel;
  readonly remainingMs: number;
}

export interface ForcedLevels {
  /** `undefined`: none is asked for. */
  get(): Promise<ForcedLevelNow | undefined>;
  /** All processes serve no more than that from within FORCED_LEVEL_HEARD_MS on; `full` ends what was asked for before. */
  set(level: ServiceLevel, durationMs: number): Promise<void>;
}

export interface ForcedLevelsDeps {
  readonly sql: SqlStore;
  /** Writes down who did what, in the transaction of the act. */
  readonly record: (transaction: SqlTransaction, detail: string) => Promise<void>;
}

/** How often processes look. */
export const FORCED_LEVEL_HEARD_MS = 2_000;
export const FORCED_MS_MIN = 1_000;
/** What is forced for longer is forgotten; it can be asked for again. */
export const FORCED_MS_MAX = 24 * 3_600_000;

export function createForcedLevels({ sql, record }: ForcedLevelsDeps): ForcedLevels {
  return {
    async get() {
      const [row] = await sql.query(readForcedLevel, []);
      // One that a newer release knows, and this one does not.
      const level = SERVICE_LEVELS.find((each) => each === row?.level);
      return row === undefined || level === undefined ? undefined : { level, remainingMs: row.remaining_ms };
    },

    async set(level, durationMs) {
      assert(SERVICE_LEVELS.includes(level), `${level} is a level`);
      if (level !== 'full') checkDuration(durationMs);
      await sql.transaction(async (transaction) => {
        if (level === 'full') await transaction.query(endForcedLevel, []);
        else await transaction.query(forceLevel, [level, durationMs]);
        await record(
          transaction,
          level === 'full' ? level : `${level} for ${Math.round(durationMs / 1_000)} s`,
        );
      });
    },
  };
}

function checkDuration(durationMs: number): void {
  if (durationMs >= FORCED_MS_MIN && durationMs <= FORCED_MS_MAX) return;
  const message = 'A level is forced for one second to 24 hours; ask again for longer.';
  throw new AppError('invalid', message, {
    fields: [{ field: 'duration', message: 'must be 1 s to 24 h.' }],
  });
}
