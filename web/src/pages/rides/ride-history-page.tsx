/** The rides that one had, and those that one drove, the newest first. */
import { useEffect, useState } from 'preact/hooks';
import { get } from '../../api/http.ts';
import type { Earnings, Page, Ride } from '../../api/types.ts';
import { entry, keptBy } from '../../navigation/location.ts';
import { lengthText, moneyText, RIDE_TYPE_NAMES } from '../../rides/ride-words.ts';
import { cityName } from '../../rides/use-cities.ts';
import { isSignedIn } from '../../state/session.ts';
import { createItemList, ItemList } from '../../ui/item-list.tsx';
import { PageHead } from '../../ui/page.tsx';
import { SignInFirst } from '../../ui/sign-in-first.tsx';
import { Empty } from '../../ui/states.tsx';
import { Tabs } from '../../ui/tabs.tsx';
import { Time } from '../../ui/time.tsx';
import './rides.css';

export function RideHistoryPage() {
  return isSignedIn.value ? <RideHistory /> : <SignInFirst title="Your rides" what="your rides" />;
}

const SIDES = { rider: '/rides', driver: '/drivers/me/rides' } as const;

const ENDINGS: Partial<Record<Ride['status'], string>> = {
  completed: 'Completed',
  cancelled: 'Cancelled',
  unmatched: 'No driver found',
};

function RideHistory() {
  const [visit] = useState(() => entry.value);
  const side = entry.value.query.get('as') === 'driver' ? 'driver' : 'rider';
  const list = keptBy(visit, `rides ${side}`, () =>
    createItemList<Ride>((pageToken) =>
      get<Page<Ride>>(SIDES[side], { query: { page_token: pageToken ?? undefined } }),
    ),
  );
  return (
    <>
      <PageHead title="Your rides">
        <a class="button button-quiet button-small" href={side === 'driver' ? '/earnings' : '/payments'}>
          {side === 'driver' ? 'Earnings' : 'Payments'}
        </a>
      </PageHead>
      <Tabs
        name="Which rides"
        tabs={[
          { href: '/rides', label: 'As a rider', isCurrent: side === 'rider' },
          { href: '/rides?as=driver', label: 'As a driver', isCurrent: side === 'driver' },
        ]}
      />
      {side === 'driver' && <Earned />}
      <ItemList
        key={side}
        list={list}
        what="Your rides could not be loaded"
        keyOf={({ ride_id: id }) => id}
        show={(ride) => <RideRow ride={ride} isDriven={side === 'driver'} />}
        empty={
          <Empty title="No rides yet">
            <a class="button button-primary" href={side === 'driver' ? '/drive' : '/ride'}>
              {side === 'driver' ? 'Drive' : 'Ride'}
            </a>
          </Empty>
        }
      />
    </>
  );
}

/** Of all rides that one drove. */
function Earned() {
  const [sums, setSums] = useState<Earnings['sums']>([]);
  useEffect(() => {
    get<Earnings>('/drivers/me/earnings', { query: { limit: 1 } })
      .then((earnings) => setSums(earnings.sums))
      .catch(() => undefined);
  }, []);
  return (
    <>
      {sums.map(({ currency, earned, payable }) => (
        <p class="ride-earned figures" key={currency}>
          <span>Earned {moneyText(earned, currency)}</span>
          <span class="muted">{moneyText(payable, currency)} in the next payout</span>
        </p>
      ))}
    </>
  );
}

function RideRow({ ride, isDriven }: { readonly ride: Ride; readonly isDriven: boolean }) {
  const { fare, status } = ride;
  return (
    <article class="ride-row">
      <h2 class="small">
        <a href={`/rides/${ride.ride_id}`}>
          {RIDE_TYPE_NAMES[ride.ride_type]} in {cityName(ride.city)}
        </a>
      </h2>
      <span class="figures">
        {fare !== null &&
          status === 'completed' &&
          moneyText(isDriven ? fare.to_driver : fare.total, fare.currency)}
      </span>
      <p class="muted small">
        {ENDINGS[status] ?? 'Going on'}
        {fare !== null && `, ${lengthText(fare.distance_m)}`}
      </p>
      <span class="muted small">
        <Time at={ride.requested_at} />
      </span>
    </article>
  );
}
