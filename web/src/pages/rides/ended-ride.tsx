/** A ride that is over: what it cost, and what one thinks of the other side. */
import { useEffect, useState } from 'preact/hooks';
import { get, newKey, post } from '../../api/http.ts';
import { toProblem } from '../../api/problem.ts';
import type { Ride } from '../../api/types.ts';
import { lengthText, moneyText, reasonText, STATUS_TITLES } from '../../rides/ride-words.ts';
import { announce } from '../../state/announcer.ts';
import { takeRide } from '../../state/rides.ts';
import { showToast } from '../../state/toasts.ts';
import { Button } from '../../ui/button.tsx';
import { Icon } from '../../ui/icon.tsx';
import { FareParts } from './fare-parts.tsx';

export function EndedRide({ ride, onDone }: { readonly ride: Ride; readonly onDone: () => void }) {
  const title = STATUS_TITLES[ride.status];
  const reason = reasonText(ride);
  useEffect(() => announce(title), [title]);
  const { fare } = ride;
  return (
    <>
      <h2 class="ride-title">{title}</h2>
      {reason !== undefined && <p>{reason}</p>}
      {ride.status === 'completed' && fare !== null && (
        <>
          <p class="ride-total figures">{moneyText(fare.total, fare.currency)}</p>
          <p class="muted figures">
            {lengthText(fare.distance_m)}, charged to your card.{' '}
            <a href={`/rides/${ride.ride_id}`}>Receipt</a>
          </p>
          <FareParts fare={fare} />
          <Stars ride={ride} question="How was your driver?" />
        </>
      )}
      <Button tone="primary" onClick={onDone}>
        {ride.status === 'completed' ? 'Done' : 'Ask again'}
      </Button>
    </>
  );
}

const STARS = [1, 2, 3, 4, 5] as const;

/** Asked once; what was said is not taken back. */
export function Stars({ ride, question }: { readonly ride: Ride; readonly question: string }) {
  const [given, setGiven] = useState<number>();
  const [busy, setBusy] = useState(false);
  async function rate(stars: number): Promise<void> {
    if (busy) return;
    setBusy(true);
    try {
      await post(`/rides/${ride.ride_id}/rating`, { stars }, { idempotencyKey: newKey() });
      setGiven(stars);
      takeRide(await get<Ride>(`/rides/${ride.ride_id}`));
    } catch (error) {
      showToast({ text: toProblem(error).message, tone: 'danger' });
    } finally {
      setBusy(false);
    }
  }
  if (given !== undefined) return <p role="status">Thank you: {given} of 5.</p>;
  return (
    <fieldset class="ride-stars">
      <legend>{question}</legend>
      {STARS.map((stars) => (
        <button
          type="button"
          key={stars}
          class="icon-button"
          aria-label={`${stars} of 5`}
          aria-disabled={busy}
          onClick={() => void rate(stars)}
        >
          <Icon name="star" />
        </button>
      ))}
    </fieldset>
  );
}
