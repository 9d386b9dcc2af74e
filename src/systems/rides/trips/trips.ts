/**
 * How a ride goes on once a driver has accepted it. Each step is one conditional update of the ride, which says in which
 * status it has to be, and one of its driver, with their events, in one transaction: whoever comes first takes the step,
 * and whoever repeats it is answered with the ride as it is.
 */
import type { Clock, Randomness } from '../../../core/clock.ts';
import { AppError, assert, invalidField, notFound } from '../../../core/errors.ts';
import { distanceM, type GeoPoint } from '../../../core/geo.ts';
import type { Id } from '../../../core/ids.ts';
import type { EventLog, NewEvent } from '../../../ports/event-log/event-log.ts';
import type { SqlSession, SqlTransaction } from '../../../ports/sql-store/sql-store.ts';
import type { DriverEvent } from '../drivers/driver-states.ts';
import { BEFORE_START, type Ride, type RideStatus } from '../requests/ride.ts';
import { rideEvent } from '../requests/ride-events.ts';
import { getRide, type RideRow } from '../requests/ride-requests-queries.ts';
import { rideOf } from '../requests/ride-rows.ts';
import { ARRIVED_BY_WORD_M, POINT_MS_MAX, type TimedPoint } from './arrival.ts';
import { moveDriver } from './driver-moves.ts';
import { drawPin, PIN_TRIES_MAX } from './pin.ts';
import type { RideObserver } from './ride-observer.ts';
import {
  approachRide,
  arriveRide,
  completeRide,
  countWrongPin,
  renewPin,
  startRide,
} from './trips-queries.ts';

/** All fail with `not_found` for strangers, `forbidden` for the other side, and `conflict` in a status where it cannot be. */
export interface Trips {
  /** The driver is nearly there. Answers `undefined` for a ride that is further than that, or is none of theirs any more. */
  approach(transaction: SqlTransaction, driverId: Id, rideId: Id): Promise<Ride | undefined>;
  /**
   * The driver is at the pickup, by their word and where they were last. Once more is no error. Fails with `conflict` also
   * when they are too far away, or nobody knows where they are.
   */
  arrive(transaction: SqlTransaction, driverId: Id, rideId: Id, last: TimedPoint | undefined): Promise<Ride>;
  /**
   * To be called before `start`, and outside of its transaction, so that a wrong PIN stays counted. Fails with `invalid`
   * for that; whatever else is wrong, `start` will say.
   */
  tryPin(driverId: Id, rideId: Id, pin: string): Promise<void>;
  /** With the PIN that the rider says. Also before the driver has arrived: who knows it has met the rider. Once more is no error. */
  start(transaction: SqlTransaction, driverId: Id, rideId: Id, pin: string): Promise<Ride>;
  /** The rider is there, or wants to get off. Once more is no error. */
  complete(transaction: SqlTransaction, driverId: Id, rideId: Id): Promise<Ride>;
  /** A new PIN for the rider, with all its tries: the old one was overheard, or used up. */
  renewPin(transaction: SqlTransaction, riderId: Id, rideId: Id): Promise<Ride>;
}

export interface TripsDeps {
  readonly sql: SqlSession;
  readonly eventLog: Pick<EventLog, 'append'>;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly randomness: Pick<Randomness, 'bytes'>;
  readonly rideObserver: RideObserver;
}

export function createTrips(deps: TripsDeps): Trips {
  const { sql, eventLog, clock, randomness, rideObserver } = deps;

  /** The ride has taken a step, and its driver with it. */
  async function tell(
    transaction: SqlTransaction,
    row: RideRow,
    driverId: Id,
    moves: readonly DriverEvent[],
  ): Promise<Ride> {
    const moved: NewEvent[] = await moveDriver(transaction, driverId, moves);
    assert(moved.length > 0, `the driver of a ride is in no state for ${moves.join(', ')}`);
    await eventLog.append(transaction, [rideEvent(row.status, row), ...moved]);
    transaction.afterCommit(() => rideObserver.became(row.status));
    return rideOf(row);
  }

  return {
    async approach(transaction, driverId, rideId) {
      const [row] = await transaction.query(approachRide, [driverId, rideId]);
      if (row === undefined) return undefined;
      await eventLog.append(transaction, [rideEvent('arriving', row)]);
      transaction.afterCommit(() => rideObserver.became('arriving'));
      return rideOf(row);
    },

    async arrive(transaction, driverId, rideId, last) {
      const ride = await driven(transaction, driverId, rideId);
      if (ride.status === 'arrived') return ride;
      if (!BEFORE_START.has(ride.status)) throw tooLate(ride.status, 'arrived');
      checkDistance(ride.pickup, last, clock.nowMs());
      const [row] = await transaction.query(arriveRide, [driverId, rideId]);
      if (row !== undefined) return tell(transaction, row, driverId, ['reservation_stop']);
      const now = await driven(transaction, driverId, rideId);
      if (now.status === 'arrived') return now;
      throw tooLate(now.status, 'arrived');
    },

    async tryPin(driverId, rideId, pin) {
      const [row] = await sql.query(countWrongPin, [driverId, rideId, pin, PIN_TRIES_MAX]);
      if (row === undefined) return;
      rideObserver.pinRefused();
      const left = PIN_TRIES_MAX - row.pin_tries;
      if (left === 0) throw usedUp();
      throw invalidField(
        'pin',
        `is not the one of this ride: ask the rider. ${left === 1 ? 'One more try' : `${left} more tries`}.`,
      );
    },

    async start(transaction, driverId, rideId, pin) {
      const [row] = await transaction.query(startRide, [driverId, rideId, pin, PIN_TRIES_MAX]);
      if (row !== undefined) return tell(transaction, row, driverId, ['reservation_stop', 'trip_start']);
      const ride = await driven(transaction, driverId, rideId);
      if (ride.status === 'started') return ride;
      if (!BEFORE_START.has(ride.status)) throw tooLate(ride.status, 'started');
      if (ride.pinTries >= PIN_TRIES_MAX) throw usedUp();
      // The rider has taken a new one in between.
      throw invalidField('pin', 'is not the one of this ride: ask the rider.');
    },

    async complete(transaction, driverId, rideId) {
      const [row] = await transaction.query(completeRide, [driverId, rideId, new Date(clock.nowMs())]);
      if (row !== undefined) return tell(transaction, row, driverId, ['trip_stop', 'trip_end']);
      const ride = await driven(transaction, driverId, rideId);
      if (ride.status === 'completed') return ride;
      throw tooLate(ride.status, 'completed');
    },

    async renewPin(transaction, riderId, rideId) {
      const [row] = await transaction.query(renewPin, [riderId, rideId, drawPin(randomness)]);
      if (row !== undefined) return rideOf(row);
      const ride = await found(transaction, riderId, rideId);
      if (ride.riderId !== riderId) throw new AppError('forbidden', 'The PIN is the rider’s.');
      throw conflict(`This ride is ${ride.status}: it has a PIN from its acceptance until it starts.`);
    },
  };
}

async function found(session: SqlSession, userId: Id, rideId: Id): Promise<Ride> {
  const [row] = await session.query(getRide, [userId, rideId]);
  if (row === undefined) throw notFound('ride');
  return rideOf(row);
}

async function driven(session: SqlSession, driverId: Id, rideId: Id): Promise<Ride> {
  const ride = await found(session, driverId, rideId);
  if (ride.driverId !== driverId)
    throw new AppError('forbidden', 'That is for the driver of the ride to say.');
  return ride;
}

function checkDistance(pickup: GeoPoint, last: TimedPoint | undefined, nowMs: number): void {
  if (last === undefined || nowMs - last.atMs > POINT_MS_MAX) {
    throw conflict('It is not known where you are. Send your position over the stream, and try again.');
  }
  const left = Math.round(distanceM(last, pickup));
  if (left <= ARRIVED_BY_WORD_M) return;
  throw conflict(`You are ${left} m from the pickup: come within ${ARRIVED_BY_WORD_M} m.`);
}

function usedUp(): AppError {
  return conflict(
    `${PIN_TRIES_MAX} wrong PINs were tried. The rider can take a new one: POST /rides/{ride_id}/pin.`,
  );
}

function tooLate(status: RideStatus, wanted: RideStatus): AppError {
  return conflict(`This ride is ${status}: it cannot be ${wanted} now.`);
}

function conflict(message: string): AppError {
  return new AppError('conflict', message, { outcome: 'not_applied' });
}
