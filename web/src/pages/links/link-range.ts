/** Which clicks are looked at, as the address says. Days are those of UTC: a visitor may be anywhere, and so may the owner. */
import type { Days } from '../../ui/charts/range-picker.tsx';

export const RANGES = [
  { name: 'today', label: 'Today', days: 1 },
  { name: '7d', label: '7 days', days: 7 },
  { name: '30d', label: '30 days', days: 30 },
  { name: '90d', label: '90 days', days: 90 },
] as const;
export type RangeName = (typeof RANGES)[number]['name'];

export interface LinkRange {
  /** `undefined`: days of the reader's own. */
  readonly name: RangeName | undefined;
  readonly interval: 'hour' | 'day';
  readonly days: Days;
  readonly fromMs: number;
  /** The end of the last day. */
  readonly toMs: number;
}

export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;
const DEFAULT: RangeName = '7d';
/** More bars than that are no bars. */
const DAYS_MAX = 400;
/** By hours, a range is shown up to so many days, and hours are kept for 90 days. */
const HOURLY_DAYS_MAX = 2;
const HOURS_KEPT_DAYS = 89;

export function rangeOf(query: URLSearchParams, nowMs: number): LinkRange {
  const asked = query.get('range') ?? DEFAULT;
  const own = asked === 'custom' ? ownRange(query, nowMs) : undefined;
  if (own !== undefined) return own;
  const { name, days } = RANGES.find((range) => range.name === asked) ?? { name: DEFAULT, days: 7 };
  const toMs = startOfDay(nowMs) + DAY_MS;
  return between(name, toMs - days * DAY_MS, toMs, nowMs);
}

function ownRange(query: URLSearchParams, nowMs: number): LinkRange | undefined {
  const from = Date.parse(`${query.get('from')}T00:00:00Z`);
  const to = Math.min(Date.parse(`${query.get('to')}T00:00:00Z`), startOfDay(nowMs)) + DAY_MS;
  // Not NaN either.
  if (!(from < to)) return undefined;
  return between(undefined, Math.max(from, to - DAYS_MAX * DAY_MS), to, nowMs);
}

function between(name: RangeName | undefined, fromMs: number, toMs: number, nowMs: number): LinkRange {
  const isHourly = toMs - fromMs <= HOURLY_DAYS_MAX * DAY_MS && fromMs > nowMs - HOURS_KEPT_DAYS * DAY_MS;
  const days = { from: dayText(fromMs), to: dayText(toMs - DAY_MS) };
  return { name, interval: isHourly ? 'hour' : 'day', days, fromMs, toMs };
}

/** As long, and just before. */
export function rangeBefore({ fromMs, toMs, interval }: LinkRange, nowMs: number): LinkRange {
  const before = between(undefined, fromMs - (toMs - fromMs), fromMs, nowMs);
  return { ...before, interval };
}

export function startOfDay(ms: number): number {
  return Math.floor(ms / DAY_MS) * DAY_MS;
}

/** `2026-11-22`, of UTC. */
export function dayText(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
