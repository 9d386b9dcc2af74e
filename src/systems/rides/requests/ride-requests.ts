/** What riders do with their rides. A ride is in one row; whoever changes it says which state it has to be in, and the first wins. */
import type { Clock } from '../../../core/clock.ts';
import { AppError, notFound } from '../../../core/errors.ts';
import { composeId, type Id, type IdGenerator, shardOf } from '../../../core/ids.ts';
import type { Job } from '../../../core/job.ts';
import type { EventLog, NewEvent, Subscription } from '../../../ports/event-log/event-log.ts';
import type { SqlSession, SqlStore, SqlTransaction } from '../../../ports/sql-store/sql-store.ts';
import { offerEvent } from '../offers/offer-events.ts';
import { withdrawOffers } from '../offers/offers-queries.ts';
import type { Quotes, TakeQuote } from '../quotes/quotes.ts';
import { moveDriver } from '../trips/driver-moves.ts';
import type { Ride, RiderReason } from './ride.ts';
import { rideEvent } from './ride-events.ts';
import {
  cancelRide,
  deleteRidesOf,
  getOpenRide,
  getRide,
  giveUpRides,
  insertRide,
  type RideRow,
} from './ride-requests-queries.ts';
import { rideOf } from './ride-rows.ts';

/** Whoever has no driver by then is told so, and may ask again. */
export const GIVE_UP_MS = 5 * 60_000;
const GIVE_UP_EVERY_MS = 5_000;
/** Rides of one statement: some 10 ms. */
const GIVEN_UP_MAX = 500;
const USERS_TOPIC = 'users';
/** Before the start, or in the middle of the way. */
const FREED_BY = ['passenger_cancellation', 'trip_stop', 'trip_end'] as const;

export interface RideRequests {
  /** At the price of the quote. Fails as the quote does; with `conflict` for who has a ride that goes on. */
  request(transaction: SqlTransaction, riderId: Id, takeQuote: TakeQuote): Promise<Ride>;
  /** Fails with `not_found` for a ride of others: neither as a rider nor as its driver. */
  get(session: SqlSession, userId: Id, rideId: Id): Promise<Ride>;
  /** Once more is no error. Fails with `not_found`, or with `conflict` when it has begun or ended otherwise. */
  cancel(transaction: SqlTransaction, riderId: Id, rideId: Id, reason: RiderReason): Promise<Ride>;
  readonly subscription: Subscription;
  readonly job: Job;
}

export interface RideRequestsDeps {
  readonly sql: SqlStore;
  readonly ids: IdGenerator;
  readonly eventLog: Pick<EventLog, 'append'>;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly quotes: Pick<Quotes, 'deleteOf'>;
}

export function createRideRequests(deps: RideRequestsDeps): RideRequests {
  const { ids, eventLog, clock, quotes } = deps;

  async function found(session: SqlSession, userId: Id, rideId: Id): Promise<Ride> {
    const [row] = await session.query(getRide, [userId, rideId]);
    if (row === undefined) throw notFound('ride');
    return rideOf(row);
  }

  return {
    async request(transaction, riderId, takeQuote) {
      const rideId = ids.next();
      const quote = await takeQuote(transaction, rideId);
      const [row] = await transaction.query(insertRide, [
        ...([rideId, shardOf(riderId), riderId, quote.city, quote.ride_type] as const),
        ...([quote.pickup_lat_e7, quote.pickup_lng_e7] as const),
        ...([quote.dropoff_lat_e7, quote.dropoff_lng_e7] as const),
        ...([quote.quote_id, JSON.stringify(quote.fare)] as const),
      ]);
      if (row === undefined) throw await hasRide(transaction, riderId);
      await eventLog.append(transaction, [rideEvent('requested', row)]);
      return rideOf(row);
    },

    get: found,

    async cancel(transaction, riderId, rideId, reason) {
      const [row] = await transaction.query(cancelRide, [riderId, rideId, reason, new Date(clock.nowMs())]);
      if (row !== undefined) {
        await eventLog.append(transaction, [
          rideEvent('cancelled', row),
          ...(await letGo(transaction, [row])),
        ]);
        return rideOf(row);
      }
      const ride = await found(transaction, riderId, rideId);
      if (ride.status === 'cancelled') return ride;
      throw new AppError('conflict', `This ride is ${ride.status}: it cannot be cancelled any more.`, {
        outcome: 'not_applied',
      });
    },

    subscription: {
      ...{ group: 'removed-riders', topics: [USERS_TOPIC], from: 'beginning' },
      async handle(events, transaction) {
        const deleted = events.filter(({ kind }) => kind === 'deleted').map(({ key }) => key);
        if (deleted.length === 0) return;
        const rows = await transaction.query(deleteRidesOf, [deleted]);
        await quotes.deleteOf(transaction, deleted);
        const open = rows.filter(({ ended_at: endedAt }) => endedAt === null);
        if (open.length === 0) return;
        const removed = open.map((row) => rideEvent('removed', row));
        await eventLog.append(transaction, [...removed, ...(await letGo(transaction, open))]);
      },
    },

    job: { name: 'give-up-rides', everyMs: GIVE_UP_EVERY_MS, run: () => giveUp(deps) },
  };
}

function giveUp({ sql, eventLog, clock }: RideRequestsDeps): Promise<'more' | 'done'> {
  return sql.transaction(async (transaction) => {
    const now = clock.nowMs();
    const rows = await transaction.query(giveUpRides, [
      composeId(now - GIVE_UP_MS, 0, 0),
      GIVEN_UP_MAX,
      new Date(now),
    ]);
    if (rows.length > 0) {
      const unmatched = rows.map((row) => rideEvent('unmatched', row));
      await eventLog.append(transaction, [...unmatched, ...(await letGo(transaction, rows))]);
    }
    return rows.length === GIVEN_UP_MAX ? 'more' : 'done';
  });
}

/** Whoever was offered the rides, or had them, is free again. Answers the events that say so. */
async function letGo(transaction: SqlTransaction, rows: readonly RideRow[]): Promise<NewEvent[]> {
  const withdrawn = await transaction.query(withdrawOffers, [rows.map(({ ride_id: rideId }) => rideId)]);
  const events = withdrawn.map(offerEvent);
  // One ride as a rule: only a rider who is deleted has none or one, and nobody cancels two at once.
  for (const { driver_id: driverId } of rows) {
    if (driverId === null) continue;
    events.push(...(await moveDriver(transaction, driverId, FREED_BY)));
  }
  return events;
}

async function hasRide(session: SqlSession, riderId: Id): Promise<AppError> {
  const [open] = await session.query(getOpenRide, [riderId]);
  const which = open === undefined ? '' : `: ${open.ride_id}`;
  return new AppError(
    'conflict',
    `You have a ride that goes on${which}. Cancel it first, or wait for its end.`,
    {
      outcome: 'not_applied',
    },
  );
}
