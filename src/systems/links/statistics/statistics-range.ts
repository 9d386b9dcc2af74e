/** Which times may be asked for. */
import { AppError, invalidField } from '../../../core/errors.ts';
import { GRAIN_MS, type Grain, startOf } from './grain.ts';

/** Of one answer: a day and an hour by minutes, two months by hours, four years by days. */
export const POINTS_MAX = 1_500;
/** Without `from`: an hour, two days, a month. */
export const DEFAULT_POINTS: Readonly<Record<Grain, number>> = { minute: 60, hour: 48, day: 30 };

export const MINUTES_KEPT_MS = 48 * GRAIN_MS.hour;
export const HOURS_KEPT_MS = 90 * GRAIN_MS.day;

export interface StatisticsRange {
  readonly grain: Grain;
  /** The starts of the first interval, and of the first one after the last. */
  readonly fromMs: number;
  readonly toMs: number;
}

export interface AskedRange {
  readonly grain: Grain;
  readonly fromMs?: number | undefined;
  readonly toMs?: number | undefined;
}

/** How long intervals are kept after they have begun. */
export function keptMs(grain: Grain, retentionDays: number): number {
  return { minute: MINUTES_KEPT_MS, hour: HOURS_KEPT_MS, day: retentionDays * GRAIN_MS.day }[grain];
}

/** The end of the last interval that RFC 3339 can write. */
const LATEST_MS = Date.parse('9999-12-31T00:00:00Z');

/** Widens the range to whole intervals. Fails with `invalid`, naming the field. */
export function checkRange(
  { grain, fromMs, toMs }: AskedRange,
  { nowMs, retentionDays }: { readonly nowMs: number; readonly retentionDays: number },
): StatisticsRange {
  const step = GRAIN_MS[grain];
  // The interval in which we are counts too.
  const end = startOf(grain, (toMs ?? nowMs) + step - 1);
  const start = startOf(grain, fromMs ?? end - DEFAULT_POINTS[grain] * step);
  if (start >= end) throw invalidField('from', 'must be before to.');
  if (end > LATEST_MS) throw invalidField('to', 'must be before the last day of the year 9999.');
  const points = (end - start) / step;
  if (points > POINTS_MAX) {
    throw invalidField(
      'from',
      `asks for ${points} points, and the most is ${POINTS_MAX}: take a larger interval.`,
    );
  }
  const oldest = startOf(grain, nowMs - keptMs(grain, retentionDays));
  // What is not kept would be told as clicks that nobody has made.
  if (end <= oldest) {
    throw new AppError(
      'not_found',
      `There is nothing of that time any more: ${KEPT[grain]}. Ask for what is after ${new Date(oldest).toISOString()}.`,
    );
  }
  if (fromMs !== undefined && start < oldest) {
    throw invalidField('from', `must be ${new Date(oldest).toISOString()} or later: ${KEPT[grain]}.`);
  }
  return { grain, fromMs: start, toMs: end };
}

/** Without `from` as far back as is kept, up to POINTS_MAX; otherwise as `checkRange`. */
export function checkLongestRange(
  asked: AskedRange,
  kept: { readonly nowMs: number; readonly retentionDays: number },
): StatisticsRange {
  const { grain, toMs = kept.nowMs } = asked;
  const step = GRAIN_MS[grain];
  const oldestMs = startOf(grain, kept.nowMs - keptMs(grain, kept.retentionDays));
  const longestMs = startOf(grain, toMs + step - 1) - POINTS_MAX * step;
  const isKept = toMs > oldestMs;
  const fromMs = asked.fromMs ?? (isKept ? Math.max(oldestMs, longestMs) : undefined);
  return checkRange({ ...asked, fromMs }, kept);
}

const KEPT: Readonly<Record<Grain, string>> = {
  minute: 'minutes are kept for 48 hours, and hours for 90 days',
  hour: 'hours are kept for 90 days, and days for longer',
  day: 'older days are no longer kept',
};
