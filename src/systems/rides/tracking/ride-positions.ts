/** Tells all processes where the drivers of rides are: the last position of each, every TOLD_EVERY_MS, all of them together. */
import type { Clock } from '../../../core/clock.ts';
import type { GeoPoint } from '../../../core/geo.ts';
import type { Id } from '../../../core/ids.ts';
import { type EventLog, PUBLISH_EVENTS_MAX } from '../../../ports/event-log/event-log.ts';
import { straightDurationS } from '../../../ports/routing/routing.ts';
import type { Log } from '../../../telemetry/log.ts';
import type { RideStatus } from '../requests/ride.ts';
import type { TimedPoint } from '../trips/arrival.ts';
import type { RideObserver } from '../trips/ride-observer.ts';
import { type RidePosition, ridePositionEvents } from './ride-position-events.ts';

/** Twenty meters in a town: what an app shows in between it draws itself. */
export const TOLD_EVERY_MS = 2_000;

/** On its way to the pickup, or to the drop-off. */
export interface NotedRide extends Pick<RidePosition, 'rideId' | 'riderId'> {
  readonly status: RideStatus;
  readonly pickup: GeoPoint;
  readonly dropoff: GeoPoint;
}

export interface RidePositions {
  note(ride: NotedRide, point: TimedPoint): void;
  /** What is not told of the ride yet never will be: it is over. */
  forget(rideId: Id): void;
  /** What is noted after the call is not told. */
  close(): Promise<void>;
}

export interface RidePositionsDeps {
  readonly eventLog: Pick<EventLog, 'publish'>;
  readonly clock: Pick<Clock, 'sleep'>;
  readonly log: Log;
  readonly rideObserver: Pick<RideObserver, 'positionsTold'>;
}

export function createRidePositions(deps: RidePositionsDeps): RidePositions {
  const { eventLog, clock, log, rideObserver } = deps;
  let fresh = new Map<Id, readonly [ride: NotedRide, point: TimedPoint]>();
  let running: Promise<void> | undefined;
  const closing = new AbortController();

  async function run(): Promise<void> {
    while (fresh.size > 0 && !closing.signal.aborted) {
      await clock.sleep(TOLD_EVERY_MS, closing.signal);
      const positions = [...fresh.values()].map(positionOf);
      fresh = new Map();
      await tell(positions);
    }
  }

  function positionOf([{ rideId, riderId, ...ride }, point]: readonly [NotedRide, TimedPoint]): RidePosition {
    const to = ride.status === 'started' ? ride.dropoff : ride.pickup;
    const etaS = ride.status === 'arrived' ? null : Math.round(straightDurationS(point, to, point.atMs));
    return { rideId, riderId, point, etaS };
  }

  async function tell(positions: readonly RidePosition[]): Promise<void> {
    const events = ridePositionEvents(positions);
    try {
      for (let at = 0; at < events.length; at += PUBLISH_EVENTS_MAX) {
        await eventLog.publish(events.slice(at, at + PUBLISH_EVENTS_MAX));
      }
      rideObserver.positionsTold(positions.length);
    } catch (error) {
      // The next are on their way.
      log.warn({ err: error, positions: positions.length }, 'riders are not told where their drivers are');
    }
  }

  return {
    note(ride, point) {
      if (closing.signal.aborted) return;
      fresh.set(ride.rideId, [ride, point]);
      running ??= run().finally(() => {
        running = undefined;
      });
    },

    forget: (rideId) => void fresh.delete(rideId),

    async close() {
      closing.abort();
      await running;
    },
  };
}
