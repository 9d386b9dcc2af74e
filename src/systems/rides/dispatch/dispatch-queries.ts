/** What a dispatcher reads of `rides`, `drivers` and `offers`. */
import type { Id } from '../../../core/ids.ts';
import { readStatement } from '../../../ports/sql-store/sql-store.ts';
import type { RideType } from '../drivers/driver.ts';
import { ANSWERED } from '../offers/offer-retention-queries.ts';

export const getRequestedCities = readStatement<[cities: readonly string[]], { readonly city: string }>(
  'dispatch_get_requested_cities',
  `SELECT city FROM unnest($1::text[]) AS led (city)
   WHERE EXISTS (SELECT FROM rides WHERE rides.city = led.city AND rides.status = 'requested')`,
);

export interface RequestRow {
  readonly ride_id: Id;
  readonly rider_id: Id;
  readonly ride_type: RideType;
  readonly pickup_lat_e7: number;
  readonly pickup_lng_e7: number;
  /** To whom it was offered already, and who did not take it. */
  readonly refused_by: readonly Id[];
}

/** Those that no driver is thinking about, the oldest first. */
export const getRequests = readStatement<[city: string, after: Id, limit: number], RequestRow>(
  'dispatch_get_requests',
  `SELECT ride_id, rider_id, ride_type, pickup_lat_e7, pickup_lng_e7,
     ARRAY(SELECT offers.driver_id FROM offers WHERE offers.ride_id = rides.ride_id AND offers.state <> 'withdrawn')
       AS refused_by
   FROM rides WHERE city = $1 AND status = 'requested' AND ride_id > $2
     AND NOT EXISTS (SELECT FROM offers
       WHERE offers.ride_id = rides.ride_id AND offers.state = 'open' AND offers.expires_at > now())
   ORDER BY ride_id LIMIT $3`,
);

export interface FreeDriverRow {
  readonly driver_id: Id;
  readonly rating: number | null;
  /** Since when the driver is available. */
  readonly state_changed_at: Date;
  /** 0 to 1, of the last offers that were theirs to answer; null: there were none. */
  readonly acceptance: number | null;
}

/** Those who are available, have no offer to think about, and are not connected to a process that says nothing. */
export const getFreeDrivers = readStatement<
  [driverIds: readonly Id[], offersCounted: number, silentS: number],
  FreeDriverRow
>(
  'dispatch_get_free_drivers',
  `SELECT driver_id, rating, state_changed_at,
     (SELECT avg((last.state = 'accepted')::int)::double precision FROM (
       SELECT offers.state FROM offers
       WHERE offers.driver_id = drivers.driver_id AND offers.state IN ${ANSWERED}
       ORDER BY offers.offer_id DESC LIMIT $2) AS last) AS acceptance
   FROM drivers WHERE driver_id = ANY ($1::bigint[]) AND state = 'available'
     AND NOT EXISTS (SELECT FROM offers WHERE offers.driver_id = drivers.driver_id AND offers.state = 'open')
     AND NOT EXISTS (SELECT FROM driver_servers WHERE driver_servers.server_id = drivers.server_id
       AND driver_servers.seen_at < now() - make_interval(secs => $3::double precision))`,
);
