/** Quotes: prices that are kept for some minutes for who asked, and for good with the ride that they were used for. */
import type { Clock } from '../../../core/clock.ts';
import { AppError, invalidField, notFound } from '../../../core/errors.ts';
import { type Id, type IdGenerator, shardOf } from '../../../core/ids.ts';
import type { Job } from '../../../core/job.ts';
import type { SqlSession, SqlStore, SqlTransaction } from '../../../ports/sql-store/sql-store.ts';
import { createCoalescer } from '../../../resilience/coalesce.ts';
import type { RideType } from '../drivers/driver.ts';
import { fareJson } from '../fares/fare-json.ts';
import { degreesE7 } from '../positions/binary-points.ts';
import type { Prices } from './prices.ts';
import { EXPIRED_QUOTE_KEPT_MS, type Places, type Price, QUOTE_MS } from './quote.ts';
import {
  deleteQuotesOf,
  deleteUnusedQuotes,
  getQuote,
  insertQuotes,
  type QuoteRow,
  takeQuote,
} from './quotes-queries.ts';

const FORGET_EVERY_MS = 60_000;
/** Rows of one statement: some 20 ms. */
const DELETED_MAX = 2_000;

export interface PricedRequest extends Places {
  readonly rideType: RideType;
  /** `undefined`: at what it costs now. */
  readonly quoteId: Id | undefined;
}

/** Requests whose quotes are kept in one statement: of four rows each. */
export const KEPT_TOGETHER_MAX = 50;
/** While one batch waits for the disk, the other is written. */
const CONCURRENT_BATCHES_MAX = 2;
export const KEEPING_QUEUE_MAX = 1_000;

/** Prices of the same places, for one rider. */
interface NewQuotes {
  readonly riderId: Id;
  readonly made: readonly Price[];
  /** Of a ride that is asked for at once. */
  readonly rideId: Id | null;
}

/** Makes the price that of the ride, in the transaction that makes the ride. */
export type TakeQuote = (transaction: SqlTransaction, rideId: Id) => Promise<QuoteRow>;

export interface Quotes {
  /** In the same order as the prices, which are of the same places. */
  keep(transaction: SqlTransaction, riderId: Id, prices: readonly Price[]): Promise<readonly QuoteRow[]>;
  /** As `keep`, in one commit with those of others who ask meanwhile. Fails with `unavailable` when too many wait. */
  keepWithOthers(riderId: Id, prices: readonly Price[]): Promise<readonly QuoteRow[]>;
  /**
   * The price of a ride that is asked for: that of the quote, or one that is made now, for which it must not be called inside of a
   * transaction. Fails as `Prices.of` does; what it answers fails with `not_found` for a quote that is not the rider's, with
   * `invalid` for another ride than it is of, with `conflict` when it was used or has expired.
   */
  forRide(riderId: Id, request: PricedRequest): Promise<TakeQuote>;
  /** With their rides. */
  deleteOf(transaction: SqlTransaction, riderIds: readonly Id[]): Promise<void>;
  readonly job: Job;
}

export interface QuotesDeps {
  readonly sql: SqlStore;
  readonly ids: IdGenerator;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly prices: Prices;
}

export function createQuotes({ sql, ids, clock, prices }: QuotesDeps): Quotes {
  /** The rows of each, in its order. */
  async function insert(
    session: SqlSession,
    asked: readonly NewQuotes[],
  ): Promise<readonly (readonly QuoteRow[])[]> {
    const rows = asked.flatMap(({ riderId, made, rideId }) =>
      made.map((price) => ({ quoteId: ids.next(), riderId, rideId, price, places: placesE7(price) })),
    );
    const kept = await session.query(insertQuotes, [
      rows.map(({ quoteId }) => quoteId),
      rows.map(({ riderId }) => shardOf(riderId)),
      rows.map(({ riderId }) => riderId),
      rows.map(({ price }) => price.city),
      rows.map(({ places }) => places[0]),
      rows.map(({ places }) => places[1]),
      rows.map(({ places }) => places[2]),
      rows.map(({ places }) => places[3]),
      rows.map(({ price }) => price.distanceM),
      rows.map(({ price }) => price.durationS),
      rows.map(({ price }) => price.rideType),
      rows.map(({ price }) => JSON.stringify(price.rates)),
      rows.map(({ price }) => price.surge.percent),
      rows.map(({ price }) => price.surge.version ?? null),
      rows.map(({ price: { surge } }) => (surge.basis === undefined ? null : JSON.stringify(surge.basis))),
      rows.map(({ price }) => JSON.stringify(fareJson(price))),
      rows.map(({ rideId }) => rideId),
      new Date(clock.nowMs() + QUOTE_MS),
    ]);
    const byId = new Map(kept.map((row) => [row.quote_id, row]));
    const inOrder = rows.map(({ quoteId }) => byId.get(quoteId));
    let at = 0;
    return asked.map(({ made }) => {
      at += made.length;
      return inOrder.slice(at - made.length, at).filter((row) => row !== undefined);
    });
  }

  const keeping = createCoalescer<NewQuotes, readonly QuoteRow[]>({
    ...{ batchMax: KEPT_TOGETHER_MAX, concurrentBatchesMax: CONCURRENT_BATCHES_MAX },
    queueMax: KEEPING_QUEUE_MAX,
    run: async (asked) => (await insert(sql, asked)).map((value) => ({ ok: true, value })),
  });

  async function take(
    transaction: SqlTransaction,
    riderId: Id,
    quoteId: Id,
    rideId: Id,
    request: PricedRequest,
  ): Promise<QuoteRow> {
    const now = new Date(clock.nowMs());
    const [taken] = await transaction.query(takeQuote, [riderId, quoteId, rideId, now]);
    if (taken === undefined) throw await whyNot(transaction, riderId, quoteId);
    refuseOther(taken, request);
    return taken;
  }

  return {
    async keep(transaction, riderId, made) {
      const [rows = []] = await insert(transaction, [{ riderId, made, rideId: null }]);
      return rows;
    },

    keepWithOthers: (riderId, made) => keeping.submit({ riderId, made, rideId: null }),

    async forRide(riderId, request) {
      const { quoteId, rideType } = request;
      if (quoteId !== undefined) {
        return (transaction, rideId) => take(transaction, riderId, quoteId, rideId, request);
      }
      const made = await prices.of(request, rideType);
      return async (transaction, rideId) => {
        const [[row] = []] = await insert(transaction, [{ riderId, made, rideId }]);
        if (row === undefined) throw new AppError('internal', 'The ride could not be priced.');
        return row;
      };
    },

    async deleteOf(transaction, riderIds) {
      await transaction.query(deleteQuotesOf, [riderIds]);
    },

    job: {
      name: 'forget-ride-quotes',
      everyMs: FORGET_EVERY_MS,
      async run() {
        const before = new Date(clock.nowMs() - EXPIRED_QUOTE_KEPT_MS);
        const [row] = await sql.query(deleteUnusedQuotes, [before, DELETED_MAX]);
        return row?.deleted === DELETED_MAX ? 'more' : 'done';
      },
    },
  };
}

async function whyNot(transaction: SqlTransaction, riderId: Id, quoteId: Id): Promise<AppError> {
  const [quote] = await transaction.query(getQuote, [riderId, quoteId]);
  if (quote === undefined) return notFound('quote, or it is long expired: ask for another one');
  const why = quote.ride_id === null ? 'has expired' : `was used for the ride ${quote.ride_id}`;
  return new AppError('conflict', `This quote ${why}. Ask for another one.`, { outcome: 'not_applied' });
}

/** A price is of its ride alone. */
function refuseOther(quote: QuoteRow, request: PricedRequest): void {
  const [pickupLat, pickupLng, dropoffLat, dropoffLng] = placesE7(request);
  const isThere = pickupLat === quote.pickup_lat_e7 && pickupLng === quote.pickup_lng_e7;
  if (!isThere) throw asQuoted('pickup');
  const goesThere = dropoffLat === quote.dropoff_lat_e7 && dropoffLng === quote.dropoff_lng_e7;
  if (!goesThere) throw asQuoted('dropoff');
  if (request.rideType !== quote.ride_type) throw asQuoted('ride_type');
}

function asQuoted(field: string): AppError {
  return invalidField(field, 'must be that of the quote.');
}

function placesE7({
  pickup,
  dropoff,
}: Places): [pickupLat: number, pickupLng: number, dropoffLat: number, dropoffLng: number] {
  return [degreesE7(pickup.lat), degreesE7(pickup.lng), degreesE7(dropoff.lat), degreesE7(dropoff.lng)];
}
