/** What one ride cost: for its rider with how it was paid and what was given back, for its driver their part of it. */
import { useEffect } from 'preact/hooks';
import type { Receipt } from '../../api/types.ts';
import type { PageProps } from '../../navigation/routes.ts';
import { lengthText, moneyText, RIDE_TYPE_NAMES } from '../../rides/ride-words.ts';
import { cityName } from '../../rides/use-cities.ts';
import { onLive } from '../../state/live.ts';
import { isSignedIn } from '../../state/session.ts';
import { PageHead } from '../../ui/page.tsx';
import { SignInFirst } from '../../ui/sign-in-first.tsx';
import { Empty, Failure, Skeleton } from '../../ui/states.tsx';
import { Time } from '../../ui/time.tsx';
import { useLoaded } from '../../ui/use-loaded.ts';
import { FareParts } from '../rides/fare-parts.tsx';
import { OwnRating } from '../rides/own-rating.tsx';
import { chargeText, REFUND_STATES } from './charge-words.ts';
import '../rides/rides.css';
import './payments.css';

export function ReceiptPage({ params }: PageProps) {
  const id = params['ride_id'] ?? '';
  if (!isSignedIn.value) return <SignInFirst title="Receipt" what="what your rides cost" />;
  return (
    <>
      <PageHead title="Receipt" />
      <OwnReceipt key={id} id={id} />
    </>
  );
}

function OwnReceipt({ id }: { readonly id: string }) {
  const { answer, problem, reload } = useLoaded<Receipt>(`/rides/${id}/receipt`);
  useEffect(
    () =>
      onLive('charge', ({ ride_id: rideId }) => {
        if (rideId === id) reload();
      }),
    [],
  );
  if (problem?.status === 404 || problem?.status === 422)
    return (
      <Empty title="There is no receipt">
        <p class="muted">The ride cost nothing, is not over yet, or was not yours.</p>
        <a href="/rides">To your rides</a>
      </Empty>
    );
  if (answer === undefined)
    return problem === undefined ? (
      <Skeleton />
    ) : (
      <Failure what="The receipt could not be loaded" problem={problem} onRetry={reload} />
    );
  return <Shown receipt={answer} />;
}

function Shown({ receipt }: { readonly receipt: Receipt }) {
  const { ride, total, currency, fare, charge, refunds } = receipt;
  const isDriver = charge === null;
  return (
    <div class="receipt">
      <p class="muted">
        {RIDE_TYPE_NAMES[ride.ride_type]} in {cityName(ride.city)}, <Time at={ride.requested_at} long />
      </p>
      <p class="ride-total figures">{moneyText(total, currency)}</p>
      {isDriver && <p class="muted">Your part of it. It goes out with your next payout.</p>}
      {charge !== null && (
        <p class={charge.state === 'declined' ? 'charge-declined' : undefined} role="status">
          {chargeText(charge)}
        </p>
      )}
      {charge?.state === 'declined' && (
        <a class="button button-primary" href="/payments">
          Pay what you owe
        </a>
      )}
      {refunds.length > 0 && (
        <ul class="small" aria-label="Refunds">
          {refunds.map((refund) => (
            <li key={refund.refund_id}>
              <span class="figures">{moneyText(refund.amount, refund.currency)}</span>{' '}
              {REFUND_STATES[refund.state]}, <Time at={refund.created_at} />
            </li>
          ))}
        </ul>
      )}
      {charge?.cause === 'cancellation' && <p>The fee for a ride that was cancelled too late.</p>}
      {fare !== null && charge?.cause === 'ride' && (
        <>
          <p class="muted figures">{lengthText(fare.distance_m)}</p>
          <FareParts fare={fare} />
        </>
      )}
      <OwnRating ride={ride} question={isDriver ? 'How was your rider?' : 'How was your driver?'} />
    </div>
  );
}
