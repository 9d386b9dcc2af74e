/**
 * What both sides see of their rides as they go on, over the live updates (docs/live.md): event `ride`, the ride as it is now, and
 * for the rider `ride_position`, where the driver is. Both are states, of which the last one counts: none has a place in the log of its
 * own, and whoever connects, for the first time or again, is told at once how things are.
 */
import type { Clock } from '../../../core/clock.ts';
import type { Id } from '../../../core/ids.ts';
import type { OwnChannel, OwnState } from '../../../core/own-state.ts';
import type { LoggedEvent, NewEvent, TailFollower } from '../../../ports/event-log/event-log.ts';
import type { SqlSession } from '../../../ports/sql-store/sql-store.ts';
import type { Log } from '../../../telemetry/log.ts';
import { isUnderWay, type Ride } from '../requests/ride.ts';
import { RIDES_TOPIC, type RideNews, rideNews } from '../requests/ride-events.ts';
import { getRide } from '../requests/ride-requests-queries.ts';
import { rideOf } from '../requests/ride-rows.ts';
import { getDrivenRide } from './driven-rides-queries.ts';
import { RIDE_POSITIONS_TOPIC, type RidePosition, ridePositionsOf } from './ride-position-events.ts';
import { getLastRide } from './ride-tracking-queries.ts';

/** Rides of which it is remembered what was told last; of others it may be told once more. */
const REMEMBERED_MAX = 20_000;

/** Who was away when their ride ended is told so for that long. */
const ENDED_TOLD_MS = 3_600_000;

export interface RideTracking {
  readonly tail: TailFollower;
  /** What there is to tell a user who has just connected. */
  statesOf(userId: Id): Promise<readonly OwnState[]>;
}

export interface RideTrackingDeps {
  readonly sql: SqlSession;
  readonly channel: OwnChannel;
  /** As `GET /rides/{ride_id}` answers it to the user. */
  readonly present: (ride: Ride, userId: Id) => Promise<object>;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly log: Log;
}

interface Told {
  /** The highest that was heard of. */
  readonly version: number;
  /** Nobody drives towards the rider, or with them. */
  readonly idle: boolean;
}

export function createRideTracking(deps: RideTrackingDeps): RideTracking {
  const { sql, channel, present, clock, log } = deps;
  /** By ride, those of which nothing was heard for longest first. */
  const told = new Map<Id, Told>();

  /** Whether it is news. */
  function remember({ rideId, version, status, removed }: RideNews): boolean {
    const known = told.get(rideId);
    if (known !== undefined && known.version >= version && !removed) return false;
    told.delete(rideId);
    told.set(rideId, { version, idle: removed || !isUnderWay(status) });
    const [oldest] = told.keys();
    if (told.size > REMEMBERED_MAX && oldest !== undefined) told.delete(oldest);
    return true;
  }

  function hear(events: readonly (LoggedEvent | NewEvent)[]): void {
    for (const { topic, kind, payload } of events) {
      // The payload of an event that is appended is one that JSON can carry.
      const event = { kind, payload: payload as Readonly<Record<string, unknown>> };
      if (topic === RIDES_TOPIC) hearRide(rideNews(event));
      else if (topic === RIDE_POSITIONS_TOPIC) ridePositionsOf(event, channel.isHere).forEach(hearPosition);
    }
  }

  function hearRide(news: RideNews): void {
    const { riderId, driverId, rideId, removed } = news;
    const here = [riderId, driverId].filter((userId) => userId !== undefined).filter(channel.isHere);
    if (here.length === 0 || !remember(news) || removed) return;
    for (const userId of here) {
      tellRide(news, userId).catch((error: unknown) =>
        log.warn({ err: error, ride_id: rideId }, 'somebody could not be told of their ride'),
      );
    }
  }

  /** To the rider with its PIN, which no event carries. */
  async function tellRide({ rideId, version }: RideNews, userId: Id): Promise<void> {
    const [row] = await sql.query(getRide, [userId, rideId]);
    // What has changed since is told by its own event.
    if (row === undefined || row.version > version) return;
    channel.tell(userId, await rideState(rideOf(row), userId));
  }

  async function rideState(ride: Ride, userId: Id): Promise<OwnState> {
    return { event: 'ride', data: JSON.stringify({ ride: await present(ride, userId) }), passing: false };
  }

  function hearPosition({ rideId, riderId, point, etaS }: RidePosition): void {
    if (told.get(rideId)?.idle === true) return;
    const at = new Date(point.atMs).toISOString();
    const data = { ride_id: String(rideId), lat: point.lat, lng: point.lng, at, eta_s: etaS };
    channel.tell(riderId, { event: 'ride_position', data: JSON.stringify(data), passing: true });
  }

  return {
    tail: { topics: [RIDES_TOPIC, RIDE_POSITIONS_TOPIC], hear, follow: () => undefined },

    async statesOf(userId) {
      const [[ridden], [driven]] = await Promise.all([
        sql.query(getLastRide, [userId]),
        sql.query(getDrivenRide, [userId]),
      ]);
      const rides = [ridden, driven].filter((row) => row !== undefined).map(rideOf);
      const sinceMs = clock.nowMs() - ENDED_TOLD_MS;
      const present = rides.filter(({ endedAt }) => endedAt === null || endedAt.getTime() > sinceMs);
      return Promise.all(present.map((ride) => rideState(ride, userId)));
    },
  };
}
