/** Clicks of a range that is in the address, looked at again every few seconds while the page is. */
import { useEffect, useState } from 'preact/hooks';
import { entry, keptBy, replaceQuery } from '../../navigation/location.ts';
import { BarList } from '../../ui/charts/bar-list.tsx';
import { type Days, RangePicker } from '../../ui/charts/range-picker.tsx';
import { Failure, Skeleton } from '../../ui/states.tsx';
import { ClickFigures } from './click-figures.tsx';
import { dayText, RANGES, rangeOf } from './link-range.ts';
import {
  type Breakdowns,
  createShownStatistics,
  DIMENSIONS,
  type ShownStatistics,
} from './link-statistics.ts';
import { DIMENSION_NAMES, valueName } from './value-names.ts';

const LOOK_EVERY_MS = 5_000;
const dates = new Intl.DateTimeFormat('en-GB', {
  timeZone: 'UTC',
  day: 'numeric',
  month: 'short',
  year: 'numeric',
});
const exact = new Intl.NumberFormat('en');

export function LinkClicks({ linkId, total }: { readonly linkId: string; readonly total: number }) {
  const [visit] = useState(() => entry.value);
  const statistics = keptBy(visit, 'statistics', () => createShownStatistics(linkId));
  const { shown, problem } = statistics;
  const { query } = entry.value;
  const range = rangeOf(query, Date.now());
  const withBots = query.get('bots') === 'shown';
  const asked = `${range.name} ${range.days.from} ${range.days.to}`;

  useEffect(() => {
    const ended = new AbortController();
    void statistics.load(range, ended.signal);
    return () => ended.abort();
  }, [asked]);
  useLooks(statistics);

  function ask(change: Readonly<Record<string, string | undefined>>): void {
    const wanted = new URLSearchParams(entry.peek().query);
    for (const [name, value] of Object.entries(change)) {
      if (value === undefined) wanted.delete(name);
      else wanted.set(name, value);
    }
    replaceQuery(wanted);
  }

  return (
    <section class="link-clicks" aria-label="Clicks">
      <div class="link-live">
        <p>
          <strong class="link-live-count figures">{exact.format(total)}</strong>{' '}
          {total === 1 ? 'click' : 'clicks'} by people since it was made
        </p>
        <Age statistics={statistics} />
      </div>
      <RangePicker
        choices={RANGES}
        chosen={range.name}
        days={range.days}
        lastDay={dayText(Date.now())}
        onChoose={(name) => ask({ range: name, from: undefined, to: undefined })}
        onDays={({ from, to }: Days) => ask({ range: 'custom', from, to })}
      />
      <p class="muted small">
        {dates.formatRange(range.fromMs, range.toMs - 1)}. Days and hours are those of UTC.
      </p>
      {problem.value !== undefined && (
        <Failure
          what="The clicks could not be loaded"
          problem={problem.value}
          onRetry={() => void statistics.load(range, new AbortController().signal)}
        />
      )}
      {shown.value === undefined ? (
        problem.value === undefined && <Skeleton rows={2} />
      ) : (
        <>
          <ClickFigures
            shown={shown.value}
            withBots={withBots}
            onBots={(isShown) => ask({ bots: isShown ? 'shown' : undefined })}
          />
          <Visitors breakdowns={statistics.breakdowns.value} />
        </>
      )}
    </section>
  );
}

/** While somebody looks, and not in a window behind others. */
function useLooks(statistics: ShownStatistics): void {
  useEffect(() => {
    const ended = new AbortController();
    let isLooking = false;
    async function look(): Promise<void> {
      if (isLooking || document.visibilityState !== 'visible') return;
      isLooking = true;
      await statistics.refresh(ended.signal);
      isLooking = false;
    }
    const timer = setInterval(() => void look(), LOOK_EVERY_MS);
    const onVisible = () => void look();
    document.addEventListener('visibilitychange', onVisible);
    return () => {
      clearInterval(timer);
      ended.abort();
      document.removeEventListener('visibilitychange', onVisible);
    };
  }, [statistics]);
}

/** How old the figures are, and when they are looked at again. */
function Age({ statistics }: { readonly statistics: ShownStatistics }) {
  const [nowMs, setNowMs] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNowMs(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, []);
  const heardAtMs = statistics.heardAtMs.value;
  // The line is there from the beginning, so that nothing moves when it is known.
  if (heardAtMs === 0) return <p class="link-live-age muted small">Not looked up yet.</p>;
  const seconds = Math.max(Math.floor((nowMs - heardAtMs) / 1_000), 0);
  const age = seconds < 90 ? `${seconds} s ago` : `${Math.floor(seconds / 60)} min ago`;
  return (
    <p class="link-live-age muted small figures">
      <svg width="10" height="10" viewBox="0 0 10 10" aria-hidden="true">
        <circle cx="5" cy="5" r="4" class={seconds < 15 ? 'live-dot' : 'live-dot live-dot-old'} />
      </svg>
      {seconds < 15 ? 'Live' : 'Not live'}: updated {age}, every 5 s. A click is counted within some seconds.
    </p>
  );
}

function Visitors({ breakdowns }: { readonly breakdowns: Breakdowns }) {
  const attribution = breakdowns.country?.attribution;
  return (
    <>
      <h2>Who they were</h2>
      <div class="bar-lists">
        {DIMENSIONS.map((by) => (
          <BarList
            key={by}
            title={DIMENSION_NAMES[by]}
            rows={(breakdowns[by]?.by ?? []).map(({ value, humans }) => ({
              key: value,
              name: valueName(by, value),
              count: humans,
            }))}
          />
        ))}
      </div>
      {attribution !== undefined && breakdowns.country?.by?.length !== 0 && (
        <p class="muted small">{attribution}</p>
      )}
    </>
  );
}
