/**
 * How rides end before their time. The ride is locked, the rules say what becomes of it, and one update under its version
 * makes it so; its driver is free again in the same transaction. A ride that its driver gives back is requested again, and
 * dispatched to others: whoever has had an offer of it gets no second one.
 */
import type { Clock } from '../../../core/clock.ts';
import { assert, notFound } from '../../../core/errors.ts';
import type { Id } from '../../../core/ids.ts';
import type { Job } from '../../../core/job.ts';
import type { EventLog } from '../../../ports/event-log/event-log.ts';
import type { SqlStore, SqlTransaction } from '../../../ports/sql-store/sql-store.ts';
import type { DriverEvent } from '../drivers/driver-states.ts';
import { BEFORE_START, type Ride, type RideReason, type RideSide } from '../requests/ride.ts';
import { rideEvent, rideReleased } from '../requests/ride-events.ts';
import type { RideRow } from '../requests/ride-requests-queries.ts';
import { rideOf } from '../requests/ride-rows.ts';
import { cancelledByDriver, cancelledByRider } from './cancellation-rules.ts';
import {
  endRide,
  getLostDrivers,
  lockForgottenRides,
  lockRide,
  lockRidesDrivenBy,
  lockRidesOfLost,
  releaseRide,
} from './cancellations-queries.ts';
import { letGo } from './letting-go.ts';
import type { RideObserver } from './ride-observer.ts';

/** A driver who is on the way and was not heard of for so long, after the grace that every connection has, does not come. */
export const LOST_MS = 3 * 60_000;
const LOST_EVERY_MS = 10_000;
/** A ride that has not begun by then, after its acceptance, never will. */
export const FORGOTTEN_WAITING_MS = 2 * 3_600_000;
/** After its acceptance: the longest ride of RIDE_M_MAX takes a quarter of it. */
export const FORGOTTEN_STARTED_MS = 24 * 3_600_000;
const FORGOTTEN_EVERY_MS = 60_000;
/** Rides of one transaction: some 200 ms. */
const RIDES_MAX = 100;

export interface Cancellations {
  /**
   * By its rider or its driver. Once more is no error. Fails with `not_found` for others, a driver who has given it back
   * among them; `invalid` for a reason that is none of theirs; `conflict` when it is too late, or too early.
   */
  cancel(transaction: SqlTransaction, userId: Id, rideId: Id, reason: string | undefined): Promise<Ride>;
  /** The drivers are no more: what they were about to drive is given back, what they drive has ended. */
  abandon(transaction: SqlTransaction, driverIds: readonly Id[]): Promise<void>;
  /** End what nobody ends, and give back what nobody drives any more. */
  readonly jobs: readonly Job[];
}

export interface CancellationsDeps {
  readonly sql: SqlStore;
  readonly eventLog: Pick<EventLog, 'append'>;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly rideObserver: Pick<RideObserver, 'became'>;
}

interface End {
  readonly to: 'cancelled' | 'completed';
  readonly reason: RideReason;
  readonly by: RideSide;
  readonly costs: boolean;
  /** How its driver is free again. */
  readonly moves: readonly DriverEvent[];
}

export function createCancellations(deps: CancellationsDeps): Cancellations {
  const { sql, eventLog, clock, rideObserver } = deps;

  async function end(transaction: SqlTransaction, row: RideRow, how: End): Promise<Ride> {
    const fee = how.costs ? row.fare?.cancellation : undefined;
    const [ended] = await transaction.query(endRide, [
      ...([row.ride_id, row.version, how.to, how.reason, how.by] as const),
      ...([fee?.total ?? null, fee?.to_driver ?? null, new Date(clock.nowMs())] as const),
    ]);
    assert(ended !== undefined, 'a ride that is locked keeps its version');
    const freed = await letGo(transaction, [ended], how.moves);
    await eventLog.append(transaction, [rideEvent(how.to, ended), ...freed]);
    transaction.afterCommit(() => rideObserver.became(how.to));
    return rideOf(ended);
  }

  async function release(
    transaction: SqlTransaction,
    row: RideRow,
    reason: RideReason | 'driver_lost',
    by: DriverEvent,
  ): Promise<Ride> {
    const [released] = await transaction.query(releaseRide, [row.ride_id, row.version]);
    assert(released !== undefined, 'a ride that is locked keeps its version');
    const freed = await letGo(transaction, [row], [by]);
    await eventLog.append(transaction, [rideReleased(released, row.driver_id, reason), ...freed]);
    transaction.afterCommit(() => rideObserver.became('requested'));
    return rideOf(released);
  }

  async function endForgotten(transaction: SqlTransaction, row: RideRow): Promise<void> {
    const isDriven = row.status === 'started';
    await end(transaction, row, {
      // Who has started a ride has met its rider: it took place.
      ...{ to: isDriven ? 'completed' : 'cancelled', reason: 'forgotten', by: 'system', costs: false },
      moves: isDriven ? ['trip_stop', 'trip_end'] : ['provider_cancellation'],
    });
  }

  async function endAllForgotten(transaction: SqlTransaction): Promise<'more' | 'done'> {
    const rows = await transaction.query(lockForgottenRides, [
      ...([FORGOTTEN_WAITING_MS / 1_000, FORGOTTEN_STARTED_MS / 1_000, RIDES_MAX] as const),
    ]);
    for (const row of rows) await endForgotten(transaction, row);
    return rows.length === RIDES_MAX ? 'more' : 'done';
  }

  async function releaseLost(transaction: SqlTransaction): Promise<'more' | 'done'> {
    const lost = await transaction.query(getLostDrivers, [LOST_MS / 1_000, RIDES_MAX]);
    if (lost.length === 0) return 'done';
    const rows = await transaction.query(lockRidesOfLost, [lost.map(({ driver_id: driverId }) => driverId)]);
    for (const row of rows) await release(transaction, row, 'driver_lost', 'provider_cancellation');
    return rows.length === RIDES_MAX ? 'more' : 'done';
  }

  return {
    async cancel(transaction, userId, rideId, reason) {
      const [row] = await transaction.query(lockRide, [userId, rideId]);
      if (row === undefined) throw notFound('ride');
      if (row.status === 'cancelled') return rideOf(row);
      const { status, accepted_s: acceptedS, arrived_s: arrivedS, driver_lost: driverLost } = row;
      const standing = { status, acceptedS, arrivedS, driverLost };
      const isRider = row.rider_id === userId;
      const how = isRider ? cancelledByRider(standing, reason) : cancelledByDriver(standing, reason);
      if (how.to === 'released') return release(transaction, row, how.reason, 'driver_cancellation');
      return end(transaction, row, {
        ...how,
        by: isRider ? 'rider' : 'driver',
        moves: [isRider ? 'passenger_cancellation' : 'driver_cancellation'],
      });
    },

    async abandon(transaction, driverIds) {
      for (const row of await transaction.query(lockRidesDrivenBy, [driverIds])) {
        if (BEFORE_START.has(row.status)) {
          await release(transaction, row, 'driver_removed', 'provider_cancellation');
        } else {
          const how = { to: 'cancelled', reason: 'driver_removed', by: 'system', costs: false } as const;
          await end(transaction, row, { ...how, moves: ['trip_stop', 'trip_end'] });
        }
      }
    },

    jobs: [
      {
        name: 'end-forgotten-rides',
        everyMs: FORGOTTEN_EVERY_MS,
        run: () => sql.transaction(endAllForgotten),
      },
      { name: 'release-lost-rides', everyMs: LOST_EVERY_MS, run: () => sql.transaction(releaseLost) },
    ],
  };
}
