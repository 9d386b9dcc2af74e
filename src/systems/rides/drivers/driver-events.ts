/** What happens to drivers, in the event log: topic `drivers`, key the driver. Each event says how the driver is from then on. */
import { assert } from '../../../core/errors.ts';
import { type Id, isIdText } from '../../../core/ids.ts';
import type { LoggedEvent, NewEvent } from '../../../ports/event-log/event-log.ts';
import { RIDE_TYPES, type RideType } from './driver.ts';
import { DRIVER_STATES, type DriverState } from './driver-states.ts';
import type { DriverRow } from './drivers-queries.ts';

export const DRIVERS_TOPIC = 'drivers';

/** `connected`: has a stream, in place of any other. */
export type DriverEventKind = 'registered' | 'updated' | 'state_changed' | 'connected' | 'removed';

export function driverEvent(kind: DriverEventKind, row: DriverRow): NewEvent {
  const { driver_id: driverId } = row;
  return {
    ...{ topic: DRIVERS_TOPIC, key: driverId, ownerId: driverId, kind },
    payload: {
      driver_id: String(driverId),
      state: row.state,
      state_event: row.state_event,
      ride_types: row.ride_types,
      rating: row.rating,
      version: row.version,
      connection: row.connection,
    },
  };
}

/** What a process that has the driver's stream wants to know. */
export interface DriverNews {
  readonly kind: string;
  readonly driverId: Id;
  readonly state: DriverState;
  readonly rideTypes: readonly RideType[];
  readonly rating: number | null;
  /** News of an older one are no news. */
  readonly version: number;
  /** The number of their last stream. */
  readonly connection: number;
}

export function driverNews({ kind, payload }: Pick<LoggedEvent, 'kind' | 'payload'>): DriverNews {
  const { driver_id: driverId, state, ride_types: types, rating, version, connection } = payload;
  assert(typeof driverId === 'string' && isIdText(driverId), 'an event of a driver names them');
  assert(isState(state) && Array.isArray(types), 'an event of a driver says what they do and offer');
  assert(rating === null || typeof rating === 'number', 'a rating is a number');
  assert(typeof version === 'number' && typeof connection === 'number', 'an event of a driver is numbered');
  return {
    ...{ kind, driverId: Number(driverId), state, rating, version, connection },
    rideTypes: RIDE_TYPES.filter((type) => types.includes(type)),
  };
}

function isState(value: unknown): value is DriverState {
  return DRIVER_STATES.some((state) => state === value);
}
