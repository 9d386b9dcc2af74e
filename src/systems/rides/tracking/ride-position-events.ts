/**
 * Where the drivers of rides are, in the event log (topic `ride_positions`, kind `moved`): many in one event, for whatever
 * process serves their riders. Only the last one of a ride is of use, so it does not matter which were lost or came twice.
 */
import { assert } from '../../../core/errors.ts';
import type { Id } from '../../../core/ids.ts';
import {
  EVENT_PAYLOAD_BYTES_MAX,
  type LoggedEvent,
  type NewEvent,
} from '../../../ports/event-log/event-log.ts';
import { UNITS_PER_DEGREE } from '../positions/binary-points.ts';
import type { TimedPoint } from '../trips/arrival.ts';

export const RIDE_POSITIONS_TOPIC = 'ride_positions';
/** Of a position as JSON, with all digits. */
const POSITION_BYTES_MAX = 90;
/** In one event. */
export const RIDE_POSITIONS_MAX = Math.floor((EVENT_PAYLOAD_BYTES_MAX - 1_024) / POSITION_BYTES_MAX);
const FORMAT = 1;
/** Numbers of each: ride, rider, time, latitude, longitude, seconds to the pickup or drop-off. */
const FIELDS = 6;
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
      numbers: positions.flatMap(({ rideId, riderId, point, etaS }) => [
        ...[rideId, riderId, Math.round(point.atMs)],
        Math.round(point.lat * UNITS_PER_DEGREE),
        Math.round(point.lng * UNITS_PER_DEGREE),
        etaS ?? UNKNOWN,
      ]),
    },
  };
}

/**
 * Those of riders who are here: the others are looked at and no more, because every process hears of everybody's. None of a
 * format that this release does not know: the next will come in two seconds.
 */
export function ridePositionsOf(
  { payload }: Pick<LoggedEvent, 'payload'>,
  isHere: (riderId: Id) => boolean,
): RidePosition[] {
  const { format, numbers } = payload;
  if (format !== FORMAT) return [];
  assert(Array.isArray(numbers) && numbers.length % FIELDS === 0, 'each position has all its numbers');
  assert(numbers.every(Number.isSafeInteger), 'numbers are whole');
  const found: RidePosition[] = [];
  for (let at = 0; at < numbers.length; at += FIELDS) {
    if (isHere(numbers[at + 1])) found.push(positionAt(numbers, at));
  }
  return found;
}

function positionAt(numbers: readonly number[], at: number): RidePosition {
  const [rideId = 0, riderId = 0, atMs = 0, lat = 0, lng = 0, etaS = UNKNOWN] = numbers.slice(
    at,
    at + FIELDS,
  );
  const point = { atMs, lat: lat / UNITS_PER_DEGREE, lng: lng / UNITS_PER_DEGREE };
  return { rideId, riderId, point, etaS: etaS === UNKNOWN ? null : etaS };
}
