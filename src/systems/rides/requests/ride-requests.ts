/** What riders do with their rides. A ride is in one row; whoever changes it says which state it has to be in, and the first wins. */
import type { Clock } from '../../../core/clock.ts';
import { AppError, notFound } from '../../../core/errors.ts';
import { composeId, type Id, type IdGenerator, shardOf } from '../../../core/ids.ts';
import type { Job } from '../../../core/job.ts';
import type { Page, PageRequest } from '../../../core/page.ts';
import type { EventLog, Subscription } from '../../../ports/event-log/event-log.ts';
import type { SqlSession, SqlStore, SqlTransaction } from '../../../ports/sql-store/sql-store.ts';
import type { Quotes, TakeQuote } from '../quotes/quotes.ts';
import { letGo } from '../trips/letting-go.ts';
import type { Ride } from './ride.ts';
import { rideEvent } from './ride-events.ts';
import {
  deleteRidesOf,
  getOpenRide,
  getRide,
  giveUpRides,
  insertRide,
  pageRidesOfDriver,
  pageRidesOfRider,
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

/** Fails with `conflict`, saying what to do, for a rider who has not paid for an earlier ride. */
export type CheckDebt = (session: SqlSession, riderId: Id) => Promise<void>;

export interface RideRequests {
  /** At the price of the quote. Fails as the quote does; with `conflict` for who has a ride that goes on, or owes for one. */
  request(transaction: SqlTransaction, riderId: Id, takeQuote: TakeQuote): Promise<Ride>;
  /** Fails with `not_found` for a ride of others: neither as a rider nor as its driver. */
  get(session: SqlSession, userId: Id, rideId: Id): Promise<Ride>;
  /** As a rider, the newest first. */
  page(session: SqlSession, riderId: Id, page: PageRequest): Promise<Page<Ride>>;
  /** As a driver, but for those that they gave back. */
  pageDriven(session: SqlSession, driverId: Id, page: PageRequest): Promise<Page<Ride>>;
  readonly subscription: Subscription;
  readonly job: Job;
}

export interface RideRequestsDeps {
  readonly sql: SqlStore;
  readonly ids: IdGenerator;
  readonly eventLog: Pick<EventLog, 'append'>;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly quotes: Pick<Quotes, 'deleteOf'>;
  readonly checkDebt: CheckDebt;
}

export function createRideRequests(deps: RideRequestsDeps): RideRequests {
  const { ids, eventLog, quotes, checkDebt } = deps;

  async function found(session: SqlSession, userId: Id, rideId: Id): Promise<Ride> {
    const [row] = await session.query(getRide, [userId, rideId]);
    if (row === undefined) throw notFound('ride');
    return rideOf(row);
  }

  return {
    async request(transaction, riderId, takeQuote) {
      await checkDebt(transaction, riderId);
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

    async page(session, riderId, { before, limit }) {
      return pageOf(await session.query(pageRidesOfRider, [riderId, before, limit + 1]), limit);
    },

    async pageDriven(session, driverId, { before, limit }) {
      return pageOf(await session.query(pageRidesOfDriver, [driverId, before, limit + 1]), limit);
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
        await eventLog.append(transaction, [...removed, ...(await letGo(transaction, open, FREED_BY))]);
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
      new Date(now - GIVE_UP_MS),
      GIVEN_UP_MAX,
      new Date(now),
    ]);
    if (rows.length > 0) {
      const unmatched = rows.map((row) => rideEvent('unmatched', row));
      await eventLog.append(transaction, [...unmatched, ...(await letGo(transaction, rows, []))]);
    }
    return rows.length === GIVEN_UP_MAX ? 'more' : 'done';
  });
}

/** One more than are shown says that there are more. */
function pageOf(rows: readonly RideRow[], limit: number): Page<Ride> {
  const items = rows.slice(0, limit).map(rideOf);
  return { items, nextBefore: rows.length > limit ? items.at(-1)?.rideId : undefined };
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
