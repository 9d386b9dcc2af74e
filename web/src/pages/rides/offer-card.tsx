/** A ride that the driver may have: where, how far, how long there is to think; one large button. */
import { useEffect, useState } from 'preact/hooks';
import { post } from '../../api/http.ts';
import { toProblem } from '../../api/problem.ts';
import { metersBetween, type Place } from '../../rides/map/mercator.ts';
import { lengthText, RIDE_TYPE_NAMES } from '../../rides/ride-words.ts';
import { announce } from '../../state/announcer.ts';
import { loadDrivenRide } from '../../state/rides.ts';
import { showToast } from '../../state/toasts.ts';
import { Button } from '../../ui/button.tsx';
import { lostOffer, type Offer, offer as openOffer } from './driver-socket.ts';

/** As long as the server gives. */
const OFFER_MS = 15_000;
const TICK_MS = 250;

export function OfferCard({ offer, from }: { readonly offer: Offer; readonly from: Place }) {
  const leftMs = useLeft(offer);
  const [busy, setBusy] = useState<'accept' | 'decline'>();
  const away = lengthText(metersBetween(from, offer.pickup));
  const length = lengthText(metersBetween(offer.pickup, offer.dropoff));
  useEffect(
    () => announce(`A ride is offered: pickup in ${away}, ${length} long.`, { urgent: true }),
    [offer.offer_id],
  );

  async function answer(way: 'accept' | 'decline'): Promise<void> {
    setBusy(way);
    try {
      await post(`/offers/${offer.offer_id}/${way}`, undefined, {
        idempotencyKey: `${way}-${offer.offer_id}`,
      });
      lostOffer.value = undefined;
      if (way === 'accept') await loadDrivenRide();
    } catch (error) {
      showToast({ text: toProblem(error).message, tone: 'danger' });
    } finally {
      setBusy(undefined);
      if (openOffer.peek()?.offer_id === offer.offer_id) openOffer.value = undefined;
    }
  }

  return (
    <div class="offer">
      <h2 class="ride-title">{RIDE_TYPE_NAMES[offer.ride_type]} ride</h2>
      <p class="figures">
        Pickup in {away}, then {length}
      </p>
      <div class="offer-time">
        <div class="offer-bar" style={{ inlineSize: `${(100 * leftMs) / OFFER_MS}%` }} aria-hidden="true" />
      </div>
      <p class="muted figures">{Math.ceil(leftMs / 1_000)} s to answer</p>
      <Button tone="primary" busy={busy === 'accept'} onClick={() => void answer('accept')}>
        Accept
      </Button>
      <Button busy={busy === 'decline'} onClick={() => void answer('decline')}>
        Decline
      </Button>
    </div>
  );
}

/** Milliseconds until it ends; then it is taken away: the server has ended it, too. */
function useLeft({ offer_id: offerId, expires_at: expiresAt }: Offer): number {
  const leftOf = () => Math.max(0, Math.min(OFFER_MS, Date.parse(expiresAt) - Date.now()));
  const [leftMs, setLeftMs] = useState(leftOf());
  useEffect(() => {
    const timer = setInterval(() => {
      const left = leftOf();
      setLeftMs(left);
      if (left === 0 && openOffer.peek()?.offer_id === offerId) openOffer.value = undefined;
    }, TICK_MS);
    return () => clearInterval(timer);
  }, [offerId]);
  return leftMs;
}
