/** Drivers: who drives what, and what they are doing. One row decides, under its lock; every change of state is an event. */
import type { Clock } from '../../../core/clock.ts';
import { AppError, assert } from '../../../core/errors.ts';
import { type Id, shardOf } from '../../../core/ids.ts';
import type { EventLog } from '../../../ports/event-log/event-log.ts';
import type { SqlSession, SqlTransaction } from '../../../ports/sql-store/sql-store.ts';
import { checkRegistration, type Driver, type Registration } from './driver.ts';
import { type DriverEventKind, driverEvent } from './driver-events.ts';
import { driverOf } from './driver-rows.ts';
import { type DriverEvent, type DriverState, isLegal, OWN_EVENTS, type OwnState } from './driver-states.ts';
import {
  type DriverRow,
  getDriver,
  insertDriver,
  lockDriver,
  updateDriverState,
  updateVehicle,
} from './drivers-queries.ts';

/** All fail with `not_found` for who is no driver. */
export interface Drivers {
  /** Makes the user a driver, or changes their vehicle. Fails with `invalid`; with `conflict` during a ride. */
  register(transaction: SqlTransaction, driverId: Id, registration: Registration): Promise<Driver>;
  get(session: SqlSession, driverId: Id): Promise<Driver>;
  /** What drivers say of themselves. Once more is no error. Fails with `conflict` where that is not theirs to say. */
  setOwnState(transaction: SqlTransaction, driverId: Id, state: OwnState): Promise<Driver>;
}

export interface DriversDeps {
  readonly eventLog: Pick<EventLog, 'append'>;
  readonly clock: Pick<Clock, 'nowMs'>;
}

/** In these the vehicle is what the rider was told of, or is about to be. */
const DURING_RIDE: ReadonlySet<DriverState> = new Set(['reserved', 'stopped', 'on_trip']);

export function createDrivers({ eventLog, clock }: DriversDeps): Drivers {
  const now = (): Date => new Date(clock.nowMs());

  async function tell(
    transaction: SqlTransaction,
    kind: DriverEventKind,
    [row]: readonly DriverRow[],
  ): Promise<Driver> {
    assert(row !== undefined, 'a driver who is locked is there');
    await eventLog.append(transaction, [driverEvent(kind, row)]);
    return driverOf(row);
  }

  async function lock(transaction: SqlTransaction, driverId: Id): Promise<DriverRow | undefined> {
    const [row] = await transaction.query(lockDriver, [driverId]);
    return row?.state === 'removed' ? undefined : row;
  }

  return {
    async register(transaction, driverId, registration) {
      const { vehicle, rideTypes } = checkRegistration(registration);
      const { make, model, colour, plate, seats } = vehicle;
      const fields = [rideTypes, make, model, colour, plate, seats] as const;
      const inserted = await transaction.query(insertDriver, [driverId, shardOf(driverId), ...fields, now()]);
      if (inserted.length > 0) return tell(transaction, 'registered', inserted);
      const row = await lock(transaction, driverId);
      if (row === undefined) throw noDriver();
      if (DURING_RIDE.has(row.lost_state ?? row.state)) throw duringRide();
      return tell(transaction, 'updated', await transaction.query(updateVehicle, [driverId, ...fields]));
    },

    async get(session, driverId) {
      const [row] = await session.query(getDriver, [driverId]);
      if (row === undefined || row.state === 'removed') throw noDriver();
      return driverOf(row);
    },

    async setOwnState(transaction, driverId, wanted) {
      const row = await lock(transaction, driverId);
      if (row === undefined) throw noDriver();
      if (row.state === wanted) return driverOf(row);
      const event = ownEvent(row, wanted);
      const updated = await transaction.query(updateDriverState, [driverId, wanted, event, null, now()]);
      return tell(transaction, 'state_changed', updated);
    },
  };
}

/** Who cannot be reached may go off duty: the request itself is a sign of life. On duty they come by their stream. */
function ownEvent({ state, lost_state: lostState }: DriverRow, wanted: OwnState): DriverEvent {
  const event = OWN_EVENTS[wanted];
  if (isLegal(lostState ?? state, event, wanted)) return event;
  if (lostState === 'available') throw lost();
  throw new AppError(
    'conflict',
    `You are ${lostState ?? state}, which ends with the ride: it is not yours to become ${wanted} now.`,
    { outcome: 'not_applied' },
  );
}

function lost(): AppError {
  const message = 'Your connection is lost. Open GET /drivers/me/stream, and you are available again.';
  return new AppError('conflict', message, { outcome: 'not_applied' });
}

function duringRide(): AppError {
  const message = 'During a ride the vehicle stays the one that the rider was told of.';
  return new AppError('conflict', message, { outcome: 'not_applied' });
}

export function noDriver(): AppError {
  return new AppError('not_found', 'You are not a driver. Register your vehicle first: PUT /drivers/me.');
}
