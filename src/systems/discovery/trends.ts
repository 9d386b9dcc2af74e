/**
 * Trends of tags: by how many authors used them lately, and the more lately the more it counts. An author counts once an hour,
 * however much they write, and a tag that few use is no trend.
 */
import type { Clock } from '../../core/clock.ts';
import type { Job } from '../../core/job.ts';
import type { SqlStore } from '../../ports/sql-store/sql-store.ts';
import { HOUR_MS, TAG_USES_HOURS } from './tag-uses.ts';
import {
  claimTrendRun,
  deleteTrends,
  getTrends,
  insertTrends,
  type TrendPeriod,
} from './tag-uses-queries.ts';

export const TRENDS_MAX = 50;
/** Of authors: two friends make no trend. */
export const TREND_AUTHORS_MIN = 3;

interface PeriodRule {
  /** What was used so long ago counts half. */
  readonly halfLifeHours: number;
  /** What is older counts a hundredth, or less, and is not looked at. */
  readonly lookBackHours: number;
  readonly everyMs: number;
}

const PERIODS: Readonly<Record<TrendPeriod, PeriodRule>> = {
  hour: { halfLifeHours: 1, lookBackHours: 8, everyMs: 60_000 },
  day: { halfLifeHours: 10, lookBackHours: TAG_USES_HOURS, everyMs: 600_000 },
};
const LOOK_EVERY_MS = 30_000;

export interface Trend {
  readonly tag: string;
  /** Authors who used it, each hour of each counted by its age. */
  readonly score: number;
  readonly authorCount: number;
}

export interface Trends {
  /** At most TRENDS_MAX, the strongest first, as computed last. */
  tags(period: TrendPeriod, limit: number): Promise<Trend[]>;
  /** Computes what nobody has computed for `everyMs`, by default as often as each period asks for. */
  compute(everyMs?: number): Promise<void>;
  readonly job: Job;
}

export function createTrends({ sql, clock }: { readonly sql: SqlStore; readonly clock: Clock }): Trends {
  async function computePeriod(period: TrendPeriod, rule: PeriodRule): Promise<void> {
    const nowHours = clock.nowMs() / HOUR_MS;
    const fromHour = Math.floor(nowHours) - rule.lookBackHours;
    await sql.transaction(async (transaction) => {
      const claimed = await transaction.query(claimTrendRun, [period, rule.everyMs]);
      if (claimed.length === 0) return;
      await transaction.query(deleteTrends, [period]);
      const { halfLifeHours } = rule;
      const limits = [TREND_AUTHORS_MIN, TRENDS_MAX] as const;
      await transaction.query(insertTrends, [period, nowHours, fromHour, halfLifeHours, ...limits]);
    });
  }

  async function compute(everyMs?: number): Promise<void> {
    for (const period of ['hour', 'day'] as const) {
      const rule = PERIODS[period];
      await computePeriod(period, { ...rule, everyMs: everyMs ?? rule.everyMs });
    }
  }

  return {
    async tags(period, limit) {
      const rows = await sql.query(getTrends, [period, limit]);
      return rows.map(({ tag, score, author_count: authorCount }) => ({ tag, score, authorCount }));
    },
    compute,
    job: {
      name: 'tag-trends',
      everyMs: LOOK_EVERY_MS,
      async run() {
        await compute();
        return 'done';
      },
    },
  };
}
