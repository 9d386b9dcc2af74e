/** What a ride does to what its driver is doing, by the events of MDS. A driver who cannot be reached does it all the same. */
import { assert } from '../../../core/errors.ts';
import type { Id } from '../../../core/ids.ts';
import type { NewEvent } from '../../../ports/event-log/event-log.ts';
import type { SqlTransaction } from '../../../ports/sql-store/sql-store.ts';
import { driverEvent } from '../drivers/driver-events.ts';
import {
  type DriverEvent,
  TRANSITIONS,
  WORKING_STATES,
  type WorkingState,
} from '../drivers/driver-states.ts';
import { updateDriverByRide } from './trips-queries.ts';

/**
 * One event after the other, each in the states that it leads out of; where the driver is in none of them it is passed
 * over. Answers the events that say so. To be called under the lock of the ride, which comes before that of its driver.
 */
export async function moveDriver(
  transaction: SqlTransaction,
  driverId: Id,
  events: readonly DriverEvent[],
): Promise<NewEvent[]> {
  const moved: NewEvent[] = [];
  for (const event of events) {
    const { from, to } = wayOf(event);
    const rows = await transaction.query(updateDriverByRide, [driverId, event, from, to]);
    moved.push(...rows.map((row) => driverEvent('state_changed', row)));
  }
  return moved;
}

function wayOf(event: DriverEvent): { readonly from: readonly string[]; readonly to: WorkingState } {
  const ways = TRANSITIONS.filter(([, by]) => by === event);
  const to = WORKING_STATES.find((state) => ways.every(([, , target]) => target === state));
  assert(to !== undefined && ways.length > 0, `${event} leads to one state`);
  return { from: ways.map(([from]) => from), to };
}
