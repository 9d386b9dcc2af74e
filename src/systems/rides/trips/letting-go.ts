/** What goes with a ride that ends, or that its driver gives back. */
import type { NewEvent } from '../../../ports/event-log/event-log.ts';
import type { SqlTransaction } from '../../../ports/sql-store/sql-store.ts';
import type { DriverEvent } from '../drivers/driver-states.ts';
import { offerEvent } from '../offers/offer-events.ts';
import { withdrawOffers } from '../offers/offers-queries.ts';
import type { RideRow } from '../requests/ride-requests-queries.ts';
import { moveDriver } from './driver-moves.ts';

/** Whoever was offered the rides, or had them, is free again, by one of `moves` or all of them. Answers the events that say so. */
export async function letGo(
  transaction: SqlTransaction,
  rows: readonly Pick<RideRow, 'ride_id' | 'driver_id'>[],
  moves: readonly DriverEvent[],
): Promise<NewEvent[]> {
  const withdrawn = await transaction.query(withdrawOffers, [rows.map(({ ride_id: rideId }) => rideId)]);
  const events = withdrawn.map(offerEvent);
  // Drivers one by one: a person has one ride that goes on, and nobody ends many with drivers at once.
  for (const { driver_id: driverId } of rows) {
    if (driverId !== null) events.push(...(await moveDriver(transaction, driverId, moves)));
  }
  return events;
}
