/** When the driver is there: at the pickup first, and after the start at the drop-off. */
import type { Ride } from '../api/types.ts';
import type { LiveEvents } from '../state/live.ts';

export type DriverPlace = LiveEvents['ride_position'];

/** The time to the pickup is none to the drop-off, which is told with the next position; the car stays where it is. */
export function placeAfter(
  place: DriverPlace | undefined,
  before: Pick<Ride, 'ride_id' | 'status'> | null | undefined,
  after: Pick<Ride, 'ride_id' | 'status'>,
): DriverPlace | undefined {
  const hasStarted =
    before?.ride_id === after.ride_id && before.status !== 'started' && after.status === 'started';
  return place === undefined || !hasStarted ? place : { ...place, eta_s: null };
}
