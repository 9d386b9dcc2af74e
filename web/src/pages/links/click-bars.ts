/** What the chart and the table of clicks say. */
import type { LinkStatistics } from '../../api/types.ts';
import type { Bar } from '../../ui/charts/bar-chart.tsx';
import { countText } from '../../ui/count.tsx';
import { DAY_MS, HOUR_MS } from './link-range.ts';
import type { Shown } from './link-statistics.ts';

const utc = (options: Intl.DateTimeFormatOptions) =>
  new Intl.DateTimeFormat('en-GB', { timeZone: 'UTC', ...options });
const wholeDay = utc({ weekday: 'short', day: 'numeric', month: 'short', year: 'numeric' });
const shortDay = utc({ day: 'numeric', month: 'short' });
const weekday = utc({ weekday: 'short', day: 'numeric' });
const hour = utc({ hour: '2-digit', minute: '2-digit' });

type Point = LinkStatistics['series'][number];

export interface ClickBar extends Bar {
  readonly point: Point;
}

export function clickBars(
  { range, now, before }: Shown,
  withBots: boolean,
  nowMs: number,
): readonly ClickBar[] {
  const isHourly = range.interval === 'hour';
  // A line along the bottom says nothing.
  const hasBefore = before !== undefined && before.total.humans > 0;
  const stepMs = isHourly ? HOUR_MS : DAY_MS;
  return now.series.map((point, index) => {
    const startMs = Date.parse(point.at);
    const name = isHourly ? `${wholeDay.format(startMs)}, ${hour.format(startMs)}` : wholeDay.format(startMs);
    const earlier = hasBefore ? before.series[index]?.humans : undefined;
    const state = startMs > nowMs ? 'to_come' : startMs + stepMs > nowMs ? 'unfinished' : undefined;
    return {
      name,
      point,
      mark: markOf(startMs, isHourly, now.series.length),
      value: point.humans,
      ...(withBots && { other: point.bots + point.previews }),
      before: earlier,
      state,
      text: textOf(name, point, { earlier, state, withBots }),
    };
  });
}

function markOf(startMs: number, isHourly: boolean, count: number): string {
  if (isHourly) return hour.format(startMs);
  return count <= 7 ? weekday.format(startMs) : shortDay.format(startMs);
}

function textOf(
  name: string,
  { humans, unique, bots, previews }: Point,
  more: { readonly earlier: number | undefined; readonly state: Bar['state']; readonly withBots: boolean },
): string {
  const { earlier, state, withBots } = more;
  if (state === 'to_come') return `${name}: yet to come`;
  const parts = [
    `${countText(humans, 'click', 'clicks')} by ${countText(unique, 'visitor', 'visitors')}`,
    ...(withBots ? [countText(bots + previews, 'bot or preview', 'bots and previews')] : []),
    ...(earlier === undefined ? [] : [`${earlier} before`]),
  ];
  return `${name}${state === 'unfinished' ? ' (goes on)' : ''}: ${parts.join(', ')}`;
}

/** Against as many finished intervals of the period before; `undefined` where there is nothing to compare with. */
export function changeOf(bars: readonly ClickBar[]): number | undefined {
  const finished = bars.filter(({ state, before }) => state === undefined && before !== undefined);
  const now = finished.reduce((sum, { value }) => sum + value, 0);
  const before = finished.reduce((sum, bar) => sum + (bar.before ?? 0), 0);
  return before === 0 ? undefined : (now - before) / before;
}
