/** What one thinks of the other side of a ride: asked once, and shown from then on. */
import { useState } from 'preact/hooks';
import { get, newKey, post } from '../../api/http.ts';
import { toProblem } from '../../api/problem.ts';
import type { Ride } from '../../api/types.ts';
import { announce } from '../../state/announcer.ts';
import { takeRide } from '../../state/rides.ts';
import { showToast } from '../../state/toasts.ts';
import { Icon } from '../../ui/icon.tsx';

const STARS = [1, 2, 3, 4, 5] as const;
/** As long as the server takes one. */
const RATED_WITHIN_MS = 7 * 24 * 3_600_000;

interface OwnRatingProps {
  readonly ride: Ride;
  readonly question: string;
}

/** Nothing for a ride that nobody can rate any more. */
export function OwnRating({ ride, question }: OwnRatingProps) {
  const [given, setGiven] = useState(ride.own_rating?.stars);
  const [busy, setBusy] = useState(false);
  const stars = ride.own_rating?.stars ?? given;

  async function rate(wanted: number): Promise<void> {
    if (busy) return;
    setBusy(true);
    try {
      await post(`/rides/${ride.ride_id}/rating`, { stars: wanted }, { idempotencyKey: newKey() });
      setGiven(wanted);
      announce(ratedText(wanted));
    } catch (error) {
      showToast({ text: toProblem(error).message, tone: 'danger' });
    }
    // Also when it was refused: it may have been rated elsewhere.
    const now = await get<Ride>(`/rides/${ride.ride_id}`).catch(() => undefined);
    if (now !== undefined) takeRide(now);
    setGiven((known) => now?.own_rating?.stars ?? known);
    setBusy(false);
  }

  if (stars !== undefined) return <p class="muted">{ratedText(stars)}</p>;
  if (!canBeRated(ride)) return null;
  return (
    <fieldset class="ride-stars">
      <legend>{question}</legend>
      {STARS.map((each) => (
        <button
          type="button"
          key={each}
          class="icon-button"
          aria-label={`${each} of 5`}
          aria-disabled={busy}
          onClick={() => void rate(each)}
        >
          <Icon name="star" />
        </button>
      ))}
    </fieldset>
  );
}

function ratedText(stars: number): string {
  return `You gave ${stars} of 5 stars.`;
}

/** Whose driver is gone rates nobody. */
function canBeRated({ status, ended_at: endedAt, driver_id: driverId }: Ride): boolean {
  if (status !== 'completed' || endedAt === null || driverId === null) return false;
  return Date.now() - Date.parse(endedAt) < RATED_WITHIN_MS;
}
