/** The way that a ride takes next: to the pickup, and then to the drop-off. */
import type { Clock } from '../../../core/clock.ts';
import type { GeoPoint } from '../../../core/geo.ts';
import type { Id } from '../../../core/ids.ts';
import type { Route, Routing } from '../../../ports/routing/routing.ts';
import type { Ride, RideStatus } from '../requests/ride.ts';
import { POINT_MS_MAX, type TimedPoint } from '../trips/arrival.ts';

export interface RideWay {
  readonly to: 'pickup' | 'dropoff';
  /** `undefined`: no road leads there, or nobody knows from where. */
  readonly route: Route | undefined;
}

export interface RideWays {
  /** Not to be called inside of a transaction. */
  of(ride: Ride): Promise<RideWay>;
}

export interface RideWaysDeps {
  readonly routing: Pick<Routing, 'route'>;
  /** Where a driver was last. */
  readonly whereIs: (driverId: Id) => Promise<TimedPoint | undefined>;
  readonly clock: Pick<Clock, 'nowMs'>;
}

/** The driver is on the way to the pickup. */
const BEFORE_PICKUP: ReadonlySet<RideStatus> = new Set(['accepted', 'arriving']);

export function createRideWays({ routing, whereIs, clock }: RideWaysDeps): RideWays {
  /** As long as it may still be so: a driver who is silent for longer is somewhere else. */
  async function placeOf(driverId: Id | null): Promise<GeoPoint | undefined> {
    const last = driverId === null ? undefined : await whereIs(driverId);
    return last !== undefined && last.atMs >= clock.nowMs() - POINT_MS_MAX ? last : undefined;
  }

  async function between(from: GeoPoint | undefined, to: GeoPoint): Promise<Route | undefined> {
    if (from === undefined) return undefined;
    // Without what else a point says of its time.
    const way = await routing.route({ lat: from.lat, lng: from.lng }, to, clock.nowMs());
    return typeof way === 'object' ? way : undefined;
  }

  return {
    async of({ status, driverId, pickup, dropoff }) {
      if (BEFORE_PICKUP.has(status))
        return { to: 'pickup', route: await between(await placeOf(driverId), pickup) };
      const from = status === 'started' ? ((await placeOf(driverId)) ?? pickup) : pickup;
      return { to: 'dropoff', route: await between(from, dropoff) };
    },
  };
}
