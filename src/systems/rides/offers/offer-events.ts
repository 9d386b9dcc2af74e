/** What happens to offers, in the event log: topic `offers`, key the driver, so that those of a driver are in order. */
import { assert } from '../../../core/errors.ts';
import type { LoggedEvent, NewEvent } from '../../../ports/event-log/event-log.ts';
import { UNITS_PER_DEGREE } from '../positions/binary-points.ts';
import type { OfferedRideRow, OfferRow } from './offers-queries.ts';

export const OFFERS_TOPIC = 'offers';

/** `dispatchToken`: of the lease under which it was made. */
export function offerMade(row: OfferedRideRow, dispatchToken: number): NewEvent {
  const event = offerEvent(row);
  return { ...event, payload: { ...event.payload, ...placesOf(row), dispatch_token: dispatchToken } };
}

/** What a driver is told of an offer. */
export function presentOffered(row: OfferedRideRow): object {
  const { offer_id: offerId, ride_id: rideId, expires_at: expiresAt } = row;
  return {
    ...{ offer_id: String(offerId), ride_id: String(rideId), expires_at: expiresAt.toISOString() },
    ...placesOf(row),
  };
}

function placesOf(row: OfferedRideRow): object {
  const { pickup_lat_e7: lat, pickup_lng_e7: lng } = row;
  const { dropoff_lat_e7: toLat, dropoff_lng_e7: toLng } = row;
  return {
    ride_type: row.ride_type,
    pickup: { lat: lat / UNITS_PER_DEGREE, lng: lng / UNITS_PER_DEGREE },
    dropoff: { lat: toLat / UNITS_PER_DEGREE, lng: toLng / UNITS_PER_DEGREE },
  };
}

/** The message to the driver of what has happened to an offer. */
export function offerMessage({ kind, payload }: Pick<LoggedEvent, 'kind' | 'payload'>): string {
  const { offer_id: offerId, driver_id: _driver, dispatch_token: _token, state, ...offered } = payload;
  assert(typeof offerId === 'string' && typeof state === 'string', 'an event of an offer names it');
  if (kind === 'made') return JSON.stringify({ type: 'offer', offer_id: offerId, ...offered });
  return JSON.stringify({ type: 'offer_ended', offer_id: offerId, state });
}

export function offerEvent(row: OfferRow): NewEvent {
  return {
    ...{ topic: OFFERS_TOPIC, key: row.driver_id, ownerId: row.driver_id },
    kind: row.state === 'open' ? 'made' : row.state,
    payload: {
      offer_id: String(row.offer_id),
      driver_id: String(row.driver_id),
      ride_id: String(row.ride_id),
      state: row.state,
      expires_at: row.expires_at.toISOString(),
    },
  };
}
