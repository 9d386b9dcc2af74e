/** Forgets what is older than it is kept, a bounded piece at a time. */
import type { Clock } from '../../../core/clock.ts';
import type { Job } from '../../../core/job.ts';
import type { SqlStore } from '../../../ports/sql-store/sql-store.ts';
import type { VisitorSalts } from '../clicks/visitor-salts.ts';
import { deleteOldBreakdowns, deleteOldCounts, deleteOldRecorders } from './erasure-queries.ts';
import { GRAIN_MS, GRAINS, grainNumber } from './grain.ts';
import { keptMs } from './statistics-range.ts';

const FORGET_EVERY_MS = 60_000;
/** Rows of one kind at a time: some 20 ms. */
const ROWS_MAX = 2_000;
/** No event is kept so long that a recorder's batches could be replayed after it. */
export const RECORDERS_KEPT_MS = 30 * GRAIN_MS.day;

export function retentionJob(deps: {
  readonly sql: SqlStore;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly salts: Pick<VisitorSalts, 'forget'>;
  readonly retentionDays: number;
}): Job {
  const { sql, clock, salts, retentionDays } = deps;
  return {
    name: 'forget-clicks',
    everyMs: FORGET_EVERY_MS,
    async run() {
      const nowMs = clock.nowMs();
      await salts.forget(nowMs);
      const deletions = GRAINS.map(async (grain) => {
        const before = new Date(nowMs - keptMs(grain, retentionDays) - GRAIN_MS[grain]);
        return sql.query(deleteOldCounts, [grainNumber(grain), before, ROWS_MAX]);
      });
      const oldestDay = new Date(nowMs - keptMs('day', retentionDays) - GRAIN_MS.day);
      const rows = await Promise.all([
        ...deletions,
        sql.query(deleteOldBreakdowns, [oldestDay, ROWS_MAX]),
        sql.query(deleteOldRecorders, [new Date(nowMs - RECORDERS_KEPT_MS), ROWS_MAX]),
      ]);
      return rows.flat().some(({ deleted }) => deleted === ROWS_MAX) ? 'more' : 'done';
    },
  };
}
