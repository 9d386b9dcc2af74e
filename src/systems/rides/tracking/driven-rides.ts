/**
 * The rides of the drivers who are connected to this process: from their points it follows that they are nearly there, or
 * there, and where the rider sees them. A point costs a look at a map and a distance; only what a ride becomes by it goes to
 * the database, which decides.
 */
import type { Clock } from '../../../core/clock.ts';
import { hasCode } from '../../../core/errors.ts';
import type { Id } from '../../../core/ids.ts';
import type { LoggedEvent, NewEvent, TailFollower } from '../../../ports/event-log/event-log.ts';
import type { SqlStore } from '../../../ports/sql-store/sql-store.ts';
import type { Log } from '../../../telemetry/log.ts';
import { isUnderWay } from '../requests/ride.ts';
import { RIDES_TOPIC, type RideNews, rideEvent, rideNews } from '../requests/ride-events.ts';
import { approachOf, type TimedPoint } from '../trips/arrival.ts';
import type { Trips } from '../trips/trips.ts';
import { getDrivenRide } from './driven-rides-queries.ts';
import type { RidePositions } from './ride-positions.ts';

/** After a step that failed: whatever it was, the next points come every second. */
const RETRY_MS = 2_000;

export interface DrivenRides {
  readonly tail: TailFollower;
  /** A stream of the driver is open here. Resolves when it is known what they drive. */
  joined(driverId: Id): Promise<void>;
  /** None is. */
  left(driverId: Id): void;
  /** The driver is there now, as far as their app knows. */
  moved(driverId: Id, point: TimedPoint): void;
  /** Where a driver who has a ride was last; `undefined` for others, and those who are connected elsewhere. */
  lastPoint(driverId: Id): TimedPoint | undefined;
  /** How many rides there are. */
  count(): number;
}

export interface DrivenRidesDeps {
  readonly sql: SqlStore;
  readonly trips: Pick<Trips, 'approach' | 'arrive'>;
  readonly positions: Pick<RidePositions, 'note' | 'forget'>;
  readonly clock: Pick<Clock, 'sleep'>;
  readonly log: Log;
}

interface DrivenRide extends Omit<RideNews, 'driverId' | 'removed'> {
  readonly driverId: Id;
  thereSinceMs: number | undefined;
  last: TimedPoint | undefined;
  /** A step is on its way to the database. */
  stepping: boolean;
}

export function createDrivenRides(deps: DrivenRidesDeps): DrivenRides {
  const { sql, trips, positions, clock, log } = deps;
  const here = new Set<Id>();
  const byDriver = new Map<Id, DrivenRide>();
  const driverOf = new Map<Id, Id>();
  /** Rides that were over before it had been read that they go on. */
  const over = new Set<Id>();
  let reads = 0;

  function learn(news: RideNews): void {
    const { rideId, driverId, removed, version } = news;
    const known = byDriver.get(driverOf.get(rideId) ?? 0);
    if (known !== undefined && known.version >= version && !removed) return;
    if (isUnderWay(news.status) && driverId !== undefined && !removed) {
      if (here.has(driverId) && !over.has(rideId)) keep({ ...news, driverId }, known);
      return;
    }
    if (reads > 0) over.add(rideId);
    if (known !== undefined) drop(known);
  }

  function keep(news: RideNews & { readonly driverId: Id }, known: DrivenRide | undefined): void {
    const { thereSinceMs, last } = known ?? { thereSinceMs: undefined, last: undefined };
    byDriver.set(news.driverId, { ...news, thereSinceMs, last, stepping: false });
    driverOf.set(news.rideId, news.driverId);
  }

  function drop({ driverId, rideId }: DrivenRide): void {
    byDriver.delete(driverId);
    driverOf.delete(rideId);
    positions.forget(rideId);
  }

  function hear(events: readonly (LoggedEvent | NewEvent)[]): void {
    for (const { topic, kind, payload } of events) {
      // The payload of an event that is appended is one that JSON can carry.
      const event = { kind, payload: payload as Readonly<Record<string, unknown>> };
      if (topic === RIDES_TOPIC) learn(rideNews(event));
    }
  }

  async function step(ride: DrivenRide, status: 'arriving' | 'arrived', point: TimedPoint): Promise<void> {
    const { driverId, rideId } = ride;
    ride.stepping = true;
    try {
      await sql.transaction((transaction) =>
        status === 'arriving'
          ? trips.approach(transaction, driverId, rideId)
          : trips.arrive(transaction, driverId, rideId, point),
      );
    } catch (error) {
      // The ride is another by now, of which the log will tell.
      const isLate = hasCode(error, 'conflict') || hasCode(error, 'not_found');
      if (!isLate) log.warn({ err: error, ride_id: rideId }, `that a driver is ${status} could not be noted`);
      await clock.sleep(RETRY_MS);
    } finally {
      ride.stepping = false;
    }
  }

  return {
    tail: { topics: [RIDES_TOPIC], hear, committed: hear, follow: () => undefined },
    lastPoint: (driverId) => byDriver.get(driverId)?.last,
    count: () => byDriver.size,

    async joined(driverId) {
      here.add(driverId);
      reads += 1;
      try {
        const [row] = await sql.query(getDrivenRide, [driverId]);
        // As its last event said.
        if (row !== undefined) hear([rideEvent(row.status, row)]);
      } finally {
        reads -= 1;
        if (reads === 0) over.clear();
      }
    },

    left(driverId) {
      here.delete(driverId);
      const ride = byDriver.get(driverId);
      if (ride !== undefined) drop(ride);
    },

    moved(driverId, point) {
      const ride = byDriver.get(driverId);
      if (ride === undefined) return;
      ride.last = point;
      positions.note(ride, point);
      const { thereSinceMs, status } = approachOf(ride.status, ride.pickup, point, ride.thereSinceMs);
      ride.thereSinceMs = thereSinceMs;
      if (status !== undefined && !ride.stepping) void step(ride, status, point);
    },
  };
}
