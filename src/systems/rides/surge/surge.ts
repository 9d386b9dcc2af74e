/** Surge: what rides cost more where more people ask than drive. Made by who leads a city, read by all. */
import type { Clock } from '../../../core/clock.ts';
import { composeId } from '../../../core/ids.ts';
import type { Job } from '../../../core/job.ts';
import type { SqlStore } from '../../../ports/sql-store/sql-store.ts';
import { createSurgeBoard, type SurgeBoard } from './surge-board.ts';
import { createSurgeMaking, type SurgeMaking, type SurgeMakingDeps } from './surge-making.ts';
import { deleteOldSurge, orderSurge } from './surge-queries.ts';
import { createSurgeSupplies, REPORT_VALID_MS, type SurgeSupplies } from './surge-supplies.ts';
import { deleteOldSupplies } from './surge-supplies-queries.ts';

const DAY_MS = 24 * 3_600_000;
const FORGET_EVERY_MS = 60_000;
/** Versions of one statement, each of up to some 100 KB. */
const DELETED_MAX = 200;

export interface Surge {
  readonly board: SurgeBoard;
  readonly making: SurgeMaking;
  /** Has a version made within seconds, by whoever leads the city: but no two within SURGE_APART_MS. */
  order(city: string): Promise<void>;
  /** What each process tells the others. */
  readonly supplies: SurgeSupplies;
  readonly job: Job;
  close(): Promise<void>;
}

export interface SurgeDeps extends Omit<SurgeMakingDeps, 'onMade' | 'elsewhere'> {
  readonly sql: SqlStore;
  readonly clock: Clock;
  readonly surgeRetentionDays: number;
  readonly serverId: string;
  /** Whether others offer rides to the drivers of this process, too. */
  readonly shared: boolean;
}

export function createSurge(deps: SurgeDeps): Surge {
  const { sql, clock, surgeRetentionDays } = deps;
  const board = createSurgeBoard(deps);
  const supplies = createSurgeSupplies(deps);
  return {
    ...{ board, supplies, close: supplies.close },
    making: createSurgeMaking({ ...deps, elsewhere: supplies.elsewhere, onMade: board.learn }),
    async order(city) {
      await sql.query(orderSurge, [city]);
    },
    job: {
      name: 'forget-surge',
      everyMs: FORGET_EVERY_MS,
      async run() {
        await sql.query(deleteOldSupplies, [FORGET_EVERY_MS / 1_000 + REPORT_VALID_MS / 1_000]);
        const before = composeId(clock.nowMs() - surgeRetentionDays * DAY_MS, 0, 0);
        const [row] = await sql.query(deleteOldSurge, [before, DELETED_MAX]);
        return row?.deleted === DELETED_MAX ? 'more' : 'done';
      },
    },
  };
}
