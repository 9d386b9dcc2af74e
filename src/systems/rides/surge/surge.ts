/** Surge: what rides cost more where more people ask than drive. Made by who leads a city, read by all. */
import type { Clock } from '../../../core/clock.ts';
import { composeId } from '../../../core/ids.ts';
import type { Job } from '../../../core/job.ts';
import type { SqlStore } from '../../../ports/sql-store/sql-store.ts';
import { createSurgeBoard, type SurgeBoard } from './surge-board.ts';
import { createSurgeMaking, type SurgeMaking, type SurgeMakingDeps } from './surge-making.ts';
import { deleteOldSurge, orderSurge } from './surge-queries.ts';

const DAY_MS = 24 * 3_600_000;
const FORGET_EVERY_MS = 60_000;
/** Versions of one statement, each of up to some 100 KB. */
const DELETED_MAX = 200;

export interface Surge {
  readonly board: SurgeBoard;
  readonly making: SurgeMaking;
  /** Has a version made within seconds, by whoever leads the city: but no two within SURGE_APART_MS. */
  order(city: string): Promise<void>;
  readonly job: Job;
}

export interface SurgeDeps extends Omit<SurgeMakingDeps, 'onMade'> {
  readonly sql: SqlStore;
  readonly clock: Clock;
  readonly surgeRetentionDays: number;
}

export function createSurge(deps: SurgeDeps): Surge {
  const { sql, clock, surgeRetentionDays } = deps;
  const board = createSurgeBoard(deps);
  return {
    board,
    making: createSurgeMaking({ ...deps, onMade: board.learn }),
    async order(city) {
      await sql.query(orderSurge, [city]);
    },
    job: {
      name: 'forget-surge',
      everyMs: FORGET_EVERY_MS,
      async run() {
        const before = composeId(clock.nowMs() - surgeRetentionDays * DAY_MS, 0, 0);
        const [row] = await sql.query(deleteOldSurge, [before, DELETED_MAX]);
        return row?.deleted === DELETED_MAX ? 'more' : 'done';
      },
    },
  };
}
