/** A ride that goes on, as its rider follows it. */
import { useEffect, useState } from 'preact/hooks';
import { newKey, post } from '../../api/http.ts';
import { toProblem } from '../../api/problem.ts';
import type { Ride } from '../../api/types.ts';
import { durationText, moneyText, RIDE_TYPE_NAMES, STATUS_TITLES } from '../../rides/ride-words.ts';
import { announce } from '../../state/announcer.ts';
import { driverPlace, takeRide } from '../../state/rides.ts';
import { showToast } from '../../state/toasts.ts';
import { Button } from '../../ui/button.tsx';
import { CancelRide } from './cancel-ride.tsx';
import { OtherSide } from './other-side.tsx';

export function RunningRide({ ride }: { readonly ride: Ride }) {
  const [isCancelling, setCancelling] = useState(false);
  const title = STATUS_TITLES[ride.status];
  useEffect(() => announce(title), [title]);
  return (
    <>
      <h2 class="ride-title">{title}</h2>
      {ride.status === 'requested' ? <Searching ride={ride} /> : <Arrival ride={ride} />}
      {ride.pin !== null && <Pin ride={ride} pin={ride.pin} />}
      {ride.driver !== null && <OtherSide person={ride.driver} vehicle={ride.driver.vehicle} />}
      {ride.fare !== null && (
        <p class="muted figures">
          {RIDE_TYPE_NAMES[ride.ride_type]}, {moneyText(ride.fare.total, ride.fare.currency)}
        </p>
      )}
      {ride.status !== 'started' && <Button onClick={() => setCancelling(true)}>Cancel the ride</Button>}
      {isCancelling && <CancelRide ride={ride} onClose={() => setCancelling(false)} />}
    </>
  );
}

function Searching({ ride }: { readonly ride: Ride }) {
  const [nowMs, setNowMs] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNowMs(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, []);
  const seconds = Math.max(0, Math.round((nowMs - Date.parse(ride.requested_at)) / 1_000));
  return (
    <>
      <div class="ride-search" aria-hidden="true" />
      <p class="muted figures">
        {Math.floor(seconds / 60)}:{`${seconds % 60}`.padStart(2, '0')}. Drivers near you are asked, three at
        a time.
      </p>
    </>
  );
}

function Arrival({ ride }: { readonly ride: Ride }) {
  const place = driverPlace.value;
  const etaS = place?.ride_id === ride.ride_id ? place.eta_s : null;
  if (etaS === null || ride.status === 'arrived') return null;
  const text = ride.status === 'started' ? 'There in about' : 'Here in about';
  return (
    <p class="ride-eta figures">
      {text} {durationText(etaS)}
    </p>
  );
}

function Pin({ ride, pin }: { readonly ride: Ride; readonly pin: string }) {
  const [busy, setBusy] = useState(false);
  async function renew(): Promise<void> {
    setBusy(true);
    try {
      takeRide(await post<Ride>(`/rides/${ride.ride_id}/pin`, undefined, { idempotencyKey: newKey() }));
    } catch (error) {
      showToast({ text: toProblem(error).message, tone: 'danger' });
    } finally {
      setBusy(false);
    }
  }
  return (
    <div class="ride-pin">
      <p>
        Say this to your driver, and to nobody else: <strong class="figures">{pin}</strong>
      </p>
      <Button size="small" tone="quiet" busy={busy} onClick={() => void renew()}>
        Another PIN
      </Button>
    </div>
  );
}
