/** A ride that is over: what it cost, and what one thinks of the other side. */
import { useEffect } from 'preact/hooks';
import type { Ride } from '../../api/types.ts';
import { lengthText, moneyText, reasonText, STATUS_TITLES } from '../../rides/ride-words.ts';
import { announce } from '../../state/announcer.ts';
import { Button } from '../../ui/button.tsx';
import { FareParts } from './fare-parts.tsx';
import { OwnRating } from './own-rating.tsx';

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
          <OwnRating key={ride.ride_id} ride={ride} question="How was your driver?" />
        </>
      )}
      <Button tone="primary" onClick={onDone}>
        {ride.status === 'completed' ? 'Done' : 'Ask again'}
      </Button>
    </>
  );
}
