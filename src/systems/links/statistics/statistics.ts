/** How often a link was clicked, when, and by whom as far as that can be said of anybody. All times are UTC. */
import type { Clock } from '../../../core/clock.ts';
import type { Id } from '../../../core/ids.ts';
import type { SqlStore } from '../../../ports/sql-store/sql-store.ts';
import type { Dimension } from '../clicks/click-facts.ts';
import { GRAIN_MS, type Grain, grainNumber, startOf } from './grain.ts';
import { type CountRow, listCounts, listDailyHumans, listTotals, listValues } from './statistics-queries.ts';
import { checkRange, type StatisticsRange } from './statistics-range.ts';
import { VisitorSketch } from './visitor-sketch.ts';

/** Values that one answer names, those with the most humans. */
export const VALUES_SHOWN_MAX = 100;

/** Days of `dailyHumans`, today among them. */
export const DAILY_DAYS = 7;

export interface VisitCounts {
  readonly humans: number;
  readonly bots: number;
  /** HEAD, prefetched, or for the card of a messenger. */
  readonly previews: number;
}

/** `unique`: an estimate of how many different humans, each once a day. */
export interface Visits extends VisitCounts {
  readonly unique: number;
}

export interface StatisticsQuestion {
  readonly grain: Grain;
  /** By default as many as DEFAULT_POINTS before `toMs`. */
  readonly fromMs?: number | undefined;
  /** By default now. */
  readonly toMs?: number | undefined;
  readonly by?: Dimension | undefined;
}

export interface LinkStatistics {
  /** Whole intervals, from the one that holds the asked beginning to the one that holds the end. */
  readonly range: StatisticsRange;
  readonly total: Visits;
  /** One for each interval, in the order of time. */
  readonly series: readonly (Visits & { readonly startMs: number })[];
  /** Humans of the whole days that the range touches: by value, the most frequent first. */
  readonly by: readonly { readonly value: string; readonly humans: number }[] | undefined;
}

export interface Statistics {
  /** Of a link whose owner has been checked. Fails with `invalid` for a range beyond the limits. */
  of(linkId: Id, question: StatisticsQuestion): Promise<LinkStatistics>;
  /** Of all time, by link; a link that nobody has clicked is absent. */
  totalsOf(linkIds: readonly Id[]): Promise<ReadonlyMap<Id, VisitCounts>>;
  /** Of each of the last DAILY_DAYS days (UTC), today last. Links that are not the owner's count nobody. */
  dailyHumansOf(ownerId: Id, linkIds: readonly Id[]): Promise<ReadonlyMap<Id, readonly number[]>>;
}

export function createStatistics(deps: {
  readonly sql: SqlStore;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly retentionDays: number;
}): Statistics {
  const { sql, clock, retentionDays } = deps;

  async function valuesOf(linkId: Id, by: Dimension, { fromMs, toMs }: StatisticsRange) {
    const from = startOf('day', fromMs) / 1_000;
    return sql.query(listValues, [linkId, by, from, toMs / 1_000, VALUES_SHOWN_MAX]);
  }

  return {
    async of(linkId, { by, ...question }) {
      const range = checkRange(question, { nowMs: clock.nowMs(), retentionDays });
      const { grain, fromMs, toMs } = range;
      const [rows, values] = await Promise.all([
        sql.query(listCounts, [linkId, grainNumber(grain), fromMs / 1_000, toMs / 1_000]),
        by === undefined ? undefined : valuesOf(linkId, by, range),
      ]);
      return { range, total: totalOf(rows), series: seriesOf(rows, range), by: values };
    },

    async totalsOf(linkIds) {
      const rows = await sql.query(listTotals, [linkIds]);
      return new Map(rows.map(({ link_id: linkId, ...counts }) => [linkId, counts]));
    },

    async dailyHumansOf(ownerId, linkIds) {
      const end = startOf('day', clock.nowMs()) + GRAIN_MS.day;
      const start = end - DAILY_DAYS * GRAIN_MS.day;
      const rows = await sql.query(listDailyHumans, [linkIds, ownerId, start / 1_000, end / 1_000]);
      const days = new Map(linkIds.map((linkId) => [linkId, Array.from({ length: DAILY_DAYS }, () => 0)]));
      for (const { link_id: linkId, starts, humans } of rows) {
        const counts = days.get(linkId);
        if (counts !== undefined) counts[(starts * 1_000 - start) / GRAIN_MS.day] = humans;
      }
      return days;
    },
  };
}

/** Intervals in which nobody clicked have no rows. */
function seriesOf(rows: readonly CountRow[], { grain, fromMs, toMs }: StatisticsRange) {
  const byStart = new Map(rows.map((row) => [row.starts * 1_000, row]));
  const points = Array.from(
    { length: (toMs - fromMs) / GRAIN_MS[grain] },
    (_, index) => fromMs + index * GRAIN_MS[grain],
  );
  return points.map((startMs) => {
    const { humans = 0, bots = 0, previews = 0, visitors } = byStart.get(startMs) ?? {};
    const unique = visitors === undefined ? 0 : VisitorSketch.decode(visitors).estimate();
    return { startMs, humans, bots, previews, unique };
  });
}

/** A visitor has another hash each day: within a day sketches are merged, and the days are added up. */
function totalOf(rows: readonly CountRow[]): Visits {
  const days = new Map<number, VisitorSketch>();
  for (const { starts, visitors } of rows) {
    const day = startOf('day', starts * 1_000);
    const sketch = days.get(day) ?? new VisitorSketch();
    sketch.merge(visitors);
    days.set(day, sketch);
  }
  const sum = (read: (row: CountRow) => number): number => rows.reduce((total, row) => total + read(row), 0);
  return {
    humans: sum(({ humans }) => humans),
    bots: sum(({ bots }) => bots),
    previews: sum(({ previews }) => previews),
    unique: [...days.values()].reduce((total, sketch) => total + sketch.estimate(), 0),
  };
}
