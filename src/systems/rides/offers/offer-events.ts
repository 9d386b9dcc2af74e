/** What happens to offers, in the event log: topic `offers`, key the driver, so that those of a driver are in order. */
import type { NewEvent } from '../../../ports/event-log/event-log.ts';
import type { OfferRow } from './offers-queries.ts';

export const OFFERS_TOPIC = 'offers';

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
