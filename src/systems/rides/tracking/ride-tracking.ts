/**
 * What riders see of their rides as they go on, over the live updates (docs/live.md): event `ride`, the ride as it is now, and
 * `ride_position`, where its driver is. Both are states, of which the last one counts: none has a place in the log of its
 * own, and whoever connects, for the first time or again, is told at once how things are.
 */
import type { Clock } from '../../../core/clock.ts';
import type { Id } from '../../../core/ids.ts';
import type { LoggedEvent, NewEvent, TailFollower } from '../../../ports/event-log/event-log.ts';
import type { SqlSession } from '../../../ports/sql-store/sql-store.ts';
import type { Log } from '../../../telemetry/log.ts';
import { lastPositionOf } from '../positions/position-history.ts';
import { isUnderWay, type Ride } from '../requests/ride.ts';
import { RIDES_TOPIC, type RideNews, rideNews } from '../requests/ride-events.ts';
import { getRide } from '../requests/ride-requests-queries.ts';
import { rideOf } from '../requests/ride-rows.ts';
import type { TimedPoint } from '../trips/arrival.ts';
import { RIDE_POSITIONS_TOPIC, type RidePosition, ridePositionsOf } from './ride-position-events.ts';
import { getLastRide } from './ride-tracking-queries.ts';

/** Riders of whom it is remembered what they were told last; of others it may be told once more. */
const REMEMBERED_MAX = 20_000;

/** Who was away when their ride ended is told so for that long. */
const ENDED_TOLD_MS = 3_600_000;

/** Something that is so now, for a user alone. */
export interface OwnState {
  readonly event: string;
  /** JSON. */
  readonly data: string;
  /** Who is busy need not have it: a newer one follows. */
  readonly passing: boolean;
}

/** How users are reached who are connected to this process. */
export interface OwnChannel {
  isHere(userId: Id): boolean;
  tell(userId: Id, state: OwnState): void;
}

export interface RideTracking {
  readonly tail: TailFollower;
  /** What there is to tell a user who has just connected. */
  statesOf(userId: Id): Promise<readonly OwnState[]>;
}

export interface RideTrackingDeps {
  readonly sql: SqlSession;
  readonly channel: OwnChannel;
  /** As `GET /rides/{ride_id}` answers it to the user. */
  readonly present: (ride: Ride, userId: Id) => object;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly log: Log;
}

interface Told {
  readonly rideId: Id;
  /** The highest that was heard of. */
  version: number;
  /** Nobody drives towards the rider, or with them. */
  idle: boolean;
}

export function createRideTracking(deps: RideTrackingDeps): RideTracking {
  const { sql, channel, present, clock, log } = deps;
  /** By rider, those of whom nothing was heard for longest first. */
  const told = new Map<Id, Told>();

  /** Whether it is news. */
  function remember({ rideId, riderId, version, status, removed }: RideNews): boolean {
    const known = told.get(riderId);
    if (known?.rideId === rideId && known.version >= version && !removed) return false;
    // Ids are times: of an older ride there is nothing to tell any more.
    if (known !== undefined && known.rideId > rideId) return false;
    told.delete(riderId);
    told.set(riderId, { rideId, version, idle: removed || !isUnderWay(status) });
    const [oldest] = told.keys();
    if (told.size > REMEMBERED_MAX && oldest !== undefined) told.delete(oldest);
    return true;
  }

  function hear(events: readonly (LoggedEvent | NewEvent)[]): void {
    for (const { topic, kind, payload } of events) {
      // The payload of an event that is appended is one that JSON can carry.
      const event = { kind, payload: payload as Readonly<Record<string, unknown>> };
      if (topic === RIDES_TOPIC) hearRide(rideNews(event));
      else if (topic === RIDE_POSITIONS_TOPIC) ridePositionsOf(event).forEach(hearPosition);
    }
  }

  function hearRide(news: RideNews): void {
    if (!channel.isHere(news.riderId) || !remember(news) || news.removed) return;
    tellRide(news).catch((error: unknown) =>
      log.warn({ err: error, ride_id: news.rideId }, 'a rider could not be told of their ride'),
    );
  }

  /** With its PIN, which no event carries. */
  async function tellRide({ riderId, rideId, version }: RideNews): Promise<void> {
    const [row] = await sql.query(getRide, [riderId, rideId]);
    // What has changed since is told by its own event.
    if (row === undefined || (told.get(riderId)?.version ?? version) > version) return;
    channel.tell(riderId, rideState(rideOf(row)));
  }

  function rideState(ride: Ride): OwnState {
    return { event: 'ride', data: JSON.stringify(present(ride, ride.riderId)), passing: false };
  }

  function hearPosition({ rideId, riderId, point }: RidePosition): void {
    if (!channel.isHere(riderId)) return;
    const known = told.get(riderId);
    if (known !== undefined && (known.idle || known.rideId !== rideId)) return;
    channel.tell(riderId, positionState(rideId, point));
  }

  return {
    tail: { topics: [RIDES_TOPIC, RIDE_POSITIONS_TOPIC], hear, follow: () => undefined },

    async statesOf(userId) {
      const [row] = await sql.query(getLastRide, [userId]);
      if (row === undefined) return [];
      const ride = rideOf(row);
      if (ride.endedAt !== null && clock.nowMs() - ride.endedAt.getTime() > ENDED_TOLD_MS) return [];
      const { driverId, acceptedAt } = ride;
      const last =
        driverId !== null && isUnderWay(ride.status) ? await lastPositionOf(sql, driverId) : undefined;
      const isOfRide = last !== undefined && last.last.atMs >= (acceptedAt?.getTime() ?? 0);
      return [rideState(ride), ...(isOfRide ? [positionState(ride.rideId, last.last)] : [])];
    },
  };
}

function positionState(rideId: Id, { lat, lng, atMs }: TimedPoint): OwnState {
  const data = { ride_id: String(rideId), lat, lng, at: new Date(atMs).toISOString() };
  return { event: 'ride_position', data: JSON.stringify(data), passing: true };
}
