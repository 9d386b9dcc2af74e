/** What a driver has earned and was paid: in all, and week by week, of which each day is a bar and a row. */
import { useState } from 'preact/hooks';
import type { EarningDay, Earnings } from '../../api/types.ts';
import { moneyText } from '../../rides/ride-words.ts';
import { isSignedIn } from '../../state/session.ts';
import { IconButton } from '../../ui/button.tsx';
import { type Bar, BarChart } from '../../ui/charts/bar-chart.tsx';
import { PageHead } from '../../ui/page.tsx';
import { SignInFirst } from '../../ui/sign-in-first.tsx';
import { Empty, Failure, Skeleton } from '../../ui/states.tsx';
import { useLoaded } from '../../ui/use-loaded.ts';
import '../rides/rides.css';
import './payments.css';

const DAYS = 7;
/** As far back as the server looks. */
const DAYS_AGO_MAX = 1_000 - DAYS;

export function EarningsPage() {
  if (!isSignedIn.value) return <SignInFirst title="Earnings" what="what you earn by driving" />;
  return (
    <>
      <PageHead title="Earnings">
        <a class="button button-quiet button-small" href="/rides?as=driver">
          Rides
        </a>
      </PageHead>
      <InAll />
    </>
  );
}

function InAll() {
  const { answer, problem, reload } = useLoaded<Earnings>('/drivers/me/earnings?limit=1');
  if (answer === undefined)
    return problem === undefined ? (
      <Skeleton />
    ) : (
      <Failure what="Your earnings could not be loaded" problem={problem} onRetry={reload} />
    );
  if (answer.sums.length === 0)
    return (
      <Empty title="Nothing earned yet">
        <a class="button button-primary" href="/drive">
          Drive
        </a>
      </Empty>
    );
  return (
    <>
      {answer.sums.map((sum) => (
        <Sums key={sum.currency} sum={sum} />
      ))}
      <Week currencies={answer.sums.map(({ currency }) => currency)} />
    </>
  );
}

function Sums({ sum }: { readonly sum: Earnings['sums'][number] }) {
  const { currency, earned, payable, in_transit: inTransit, paid } = sum;
  return (
    <dl class="earned-sums">
      {(
        [
          ['Earned in all', earned],
          ['In the next payout', payable],
          ['On its way to you', inTransit],
          ['Paid out', paid],
        ] as const
      ).map(([name, amount]) => (
        <div key={name}>
          <dt class="muted small">{name}</dt>
          <dd class="figures">{moneyText(amount, currency)}</dd>
        </div>
      ))}
    </dl>
  );
}

function Week({ currencies }: { readonly currencies: readonly string[] }) {
  const [daysAgo, setDaysAgo] = useState(0);
  const offset = -new Date().getTimezoneOffset();
  const { answer, problem, reload } = useLoaded<{ readonly days: readonly EarningDay[] }>(
    `/drivers/me/earnings/days?days=${DAYS}&days_ago=${daysAgo}&utc_offset_minutes=${offset}`,
  );
  const days = answer?.days ?? [];
  const [last, first] = [days[0], days.at(-1)];
  return (
    <section aria-labelledby="week-title">
      <div class="week-head">
        <h2 id="week-title" aria-live="polite">
          {first !== undefined && last !== undefined ? `${dayText(first)} to ${dayText(last)}` : 'Days'}
        </h2>
        <IconButton
          icon="back"
          label="The week before"
          aria-disabled={daysAgo + DAYS > DAYS_AGO_MAX}
          onClick={() => setDaysAgo(Math.min(daysAgo + DAYS, DAYS_AGO_MAX))}
        />
        <IconButton
          icon="forward"
          label="The week after"
          aria-disabled={daysAgo === 0}
          onClick={() => setDaysAgo(Math.max(daysAgo - DAYS, 0))}
        />
      </div>
      {problem !== undefined && (
        <Failure what="The days could not be loaded" problem={problem} onRetry={reload} />
      )}
      {answer === undefined && problem === undefined && <Skeleton />}
      {answer !== undefined &&
        currencies.map((currency) => (
          <Days key={currency} currency={currency} days={days} isToday={daysAgo === 0} />
        ))}
    </section>
  );
}

function Days(props: {
  readonly currency: string;
  readonly days: readonly EarningDay[];
  readonly isToday: boolean;
}) {
  const { currency, days, isToday } = props;
  const rows = days.map((day) => ({ day, sum: day.sums.find((sum) => sum.currency === currency) }));
  const bars = rows.toReversed().map(
    ({ day, sum }, index): Bar => ({
      ...{ name: dayText(day), mark: weekdayText(day) },
      // In whole units of the currency, as far as a bar can be read.
      value: (sum?.earned ?? 0) / 100,
      state: isToday && index === rows.length - 1 ? 'unfinished' : undefined,
      text: `${dayText(day)}: ${moneyText(sum?.earned ?? 0, currency)} by ${ridesText(sum?.rides ?? 0)}`,
    }),
  );
  return (
    <>
      <div class="earned-chart">
        <BarChart name={`Earned in ${currency} by day`} bars={bars} />
      </div>
      <table class="earned-days figures">
        <caption class="unseen">Earned and paid out in {currency} by day</caption>
        <thead>
          <tr>
            <th scope="col">Day</th>
            <th scope="col">Rides</th>
            <th scope="col">Earned</th>
            <th scope="col">Paid out</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ day, sum }) => (
            <tr key={day.date}>
              <th scope="row">{dayText(day)}</th>
              <td>{sum?.rides ?? 0}</td>
              <td>{moneyText(sum?.earned ?? 0, currency)}</td>
              <td>{moneyText(sum?.paid_out ?? 0, currency)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}

function ridesText(rides: number): string {
  return rides === 1 ? '1 ride' : `${rides} rides`;
}

const date = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', timeZone: 'UTC' });
const weekday = new Intl.DateTimeFormat(undefined, { weekday: 'short', timeZone: 'UTC' });

function dayText(day: EarningDay): string {
  return date.format(new Date(day.date));
}

function weekdayText(day: EarningDay): string {
  return weekday.format(new Date(day.date));
}
