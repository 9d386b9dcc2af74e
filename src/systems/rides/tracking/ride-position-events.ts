/**
 * Where the drivers of rides are, in the event log (topic `ride_positions`, kind `moved`): many in one event, for whatever
 * process serves their riders. Only the last one of a ride is of use, so it does not matter which were lost or came twice.
 */
import { assert } from '../../../core/errors.ts';
import { type Id, isIdText } from '../../../core/ids.ts';
import {
  EVENT_PAYLOAD_BYTES_MAX,
  type LoggedEvent,
  type NewEvent,
} from '../../../ports/event-log/event-log.ts';
import { UNITS_PER_DEGREE } from '../positions/binary-points.ts';
import type { TimedPoint } from '../trips/arrival.ts';

export const RIDE_POSITIONS_TOPIC = 'ride_positions';
/** Of a position as JSON, with all digits. */
const POSITION_BYTES_MAX = 100;
/** In one event. */
export const RIDE_POSITIONS_MAX = Math.floor((EVENT_PAYLOAD_BYTES_MAX - 1_024) / POSITION_BYTES_MAX);
const FORMAT = 1;
/** Numbers of each: time, latitude, longitude, seconds to the pickup or drop-off. */
const FIELDS = 4;
/** In place of a time that nobody knows. */
const UNKNOWN = -1;

export interface RidePosition {
  readonly rideId: Id;
  readonly riderId: Id;
  readonly point: TimedPoint;
  /** Whole seconds to the pickup, or once the ride has started to the drop-off; null: the driver waits. */
  readonly etaS: number | null;
}

export function ridePositionEvents(positions: readonly RidePosition[]): NewEvent[] {
  const events: NewEvent[] = [];
  for (let at = 0; at < positions.length; at += RIDE_POSITIONS_MAX) {
    events.push(eventOf(positions.slice(at, at + RIDE_POSITIONS_MAX)));
  }
  return events;
}

function eventOf(positions: readonly RidePosition[]): NewEvent {
  // One of its rides stands for all: there is no order between them.
  const { rideId: key = 0, riderId: ownerId = 0 } = positions[0] ?? {};
  return {
    ...{ topic: RIDE_POSITIONS_TOPIC, kind: 'moved', key, ownerId },
    payload: {
      format: FORMAT,
      ride_ids: positions.map(({ rideId }) => String(rideId)),
      rider_ids: positions.map(({ riderId }) => String(riderId)),
      numbers: positions.flatMap(({ point, etaS }) => [
        Math.round(point.atMs),
        Math.round(point.lat * UNITS_PER_DEGREE),
        Math.round(point.lng * UNITS_PER_DEGREE),
        etaS ?? UNKNOWN,
      ]),
    },
  };
}

/** None of a format that this release does not know: the next will come in two seconds. */
export function ridePositionsOf({ payload }: Pick<LoggedEvent, 'payload'>): RidePosition[] {
  const { format, ride_ids: rideIds, rider_ids: riderIds, numbers } = payload;
  if (format !== FORMAT) return [];
  assert(Array.isArray(rideIds) && Array.isArray(riderIds) && Array.isArray(numbers), 'positions are lists');
  assert(riderIds.length === rideIds.length, 'each ride has a rider');
  assert(
    numbers.length === rideIds.length * FIELDS && numbers.every(Number.isSafeInteger),
    'and all numbers',
  );
  return rideIds.map((rideId: unknown, index) => {
    const riderId: unknown = riderIds[index];
    assert(typeof rideId === 'string' && isIdText(rideId), 'a ride is named by its id');
    assert(typeof riderId === 'string' && isIdText(riderId), 'a rider is named by their id');
    const [atMs = 0, lat = 0, lng = 0, etaS = UNKNOWN] = numbers.slice(index * FIELDS, (index + 1) * FIELDS);
    const point = { atMs, lat: lat / UNITS_PER_DEGREE, lng: lng / UNITS_PER_DEGREE };
    return { rideId: Number(rideId), riderId: Number(riderId), point, etaS: etaS === UNKNOWN ? null : etaS };
  });
}
