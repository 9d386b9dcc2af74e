/**
 * Offers of rides to drivers. Several drivers are offered the same ride, and the first to accept has it: exactly one,
 * because taking the ride, the driver and the offer are three conditional updates in one transaction, of which each finds
 * its row as it must be or all are undone. Whatever a dispatcher believed when it made the offer does not matter.
 */
import type { Randomness } from '../../../core/clock.ts';
import { AppError, notFound } from '../../../core/errors.ts';
import { type Id, type IdGenerator, shardOf } from '../../../core/ids.ts';
import type { Job } from '../../../core/job.ts';
import { APPEND_EVENTS_MAX, type EventLog, type NewEvent } from '../../../ports/event-log/event-log.ts';
import type { SqlSession, SqlStore, SqlTransaction } from '../../../ports/sql-store/sql-store.ts';
import { driverEvent } from '../drivers/driver-events.ts';
import { driverOf } from '../drivers/driver-rows.ts';
import type { BatchOffers } from '../matching/match-batch.ts';
import { rideEvent } from '../requests/ride-events.ts';
import { drawPin } from '../trips/pin.ts';
import { offerEvent, offerMade } from './offer-events.ts';
import {
  acceptOffer,
  declineOffer,
  expireOffers,
  getOffer,
  insertOffers,
  introduceSides,
  type OfferRow,
  reserveDriver,
  takeRide,
  withdrawOffers,
} from './offers-queries.ts';

/** How long a driver may think. */
export const OFFER_MS = 15_000;
const EXPIRE_EVERY_MS = 1_000;
const EXPIRED_MAX = 500;

export interface Offers {
  /**
   * Makes those of the offers that are still sound: the ride is requested, the driver available and without an offer,
   * and not the rider. Answers them. `dispatchToken`: of the lease under which they are made, for whoever checks later.
   */
  make(
    transaction: SqlTransaction,
    offers: readonly BatchOffers[],
    dispatchToken: number,
  ): Promise<readonly OfferRow[]>;
  /** Once more is no error. Fails with `not_found`; with `conflict` and the reason when it is too late. */
  accept(transaction: SqlTransaction, driverId: Id, offerId: Id): Promise<OfferRow>;
  /** Once more is no error. Fails with `not_found`; with `conflict` for one that was accepted. */
  decline(transaction: SqlTransaction, driverId: Id, offerId: Id): Promise<OfferRow>;
  readonly job: Job;
}

export interface OffersDeps {
  readonly sql: SqlStore;
  readonly ids: IdGenerator;
  readonly eventLog: Pick<EventLog, 'append'>;
  readonly randomness: Pick<Randomness, 'bytes'>;
}

export function createOffers({ sql, ids, eventLog, randomness }: OffersDeps): Offers {
  async function append(transaction: SqlTransaction, events: readonly NewEvent[]): Promise<void> {
    for (let at = 0; at < events.length; at += APPEND_EVENTS_MAX) {
      await eventLog.append(transaction, events.slice(at, at + APPEND_EVENTS_MAX));
    }
  }

  return {
    async make(transaction, offers, dispatchToken) {
      // In the same order everywhere, so that no two dispatchers wait for each other.
      const pairs = offers
        .flatMap(({ rideId, driverIds }) => driverIds.map((driverId) => ({ rideId, driverId })))
        .sort((one, other) => one.driverId - other.driverId);
      if (pairs.length === 0) return [];
      const made = await transaction.query(insertOffers, [
        pairs.map(() => ids.next()),
        pairs.map(({ driverId }) => shardOf(driverId)),
        pairs.map(({ rideId }) => rideId),
        pairs.map(({ driverId }) => driverId),
        OFFER_MS / 1_000,
      ]);
      await append(
        transaction,
        made.map((row) => offerMade(row, dispatchToken)),
      );
      return made;
    },

    async accept(transaction, driverId, offerId) {
      const offer = await found(transaction, driverId, offerId);
      if (offer.state === 'accepted') return offer;
      // The ride first: those who want the same one wait for each other here, and hold nothing else.
      const pin = drawPin(randomness);
      const [ride] = await transaction.query(takeRide, [offer.ride_id, offer.ride_version, driverId, pin]);
      if (ride === undefined) throw await lateOr(transaction, offer, 'The ride is taken, or was cancelled.');
      const [driver] = await transaction.query(reserveDriver, [driverId]);
      if (driver === undefined) throw tooLate('You are not available.');
      const [accepted] = await transaction.query(acceptOffer, [offerId]);
      if (accepted === undefined) throw tooLate('The offer has expired, or was declined or withdrawn.');
      const { vehicle } = driverOf(driver);
      const introduced = await transaction.query(introduceSides, [
        ...([ride.ride_id, JSON.stringify(vehicle), driver.rating] as const),
      ]);
      const others = await transaction.query(withdrawOffers, [[offer.ride_id]]);
      await append(transaction, [
        ...introduced.map((row) => rideEvent('accepted', row)),
        driverEvent('state_changed', driver),
        ...[accepted, ...others].map(offerEvent),
      ]);
      return accepted;
    },

    async decline(transaction, driverId, offerId) {
      const offer = await found(transaction, driverId, offerId);
      const [declined] = await transaction.query(declineOffer, [offerId]);
      if (declined !== undefined) {
        await append(transaction, [offerEvent(declined)]);
        return declined;
      }
      const now = await found(transaction, driverId, offerId);
      if (now.state === 'accepted') throw tooLate('You have accepted this offer.');
      return offer.state === 'open' ? now : offer;
    },

    job: {
      name: 'expire-offers',
      everyMs: EXPIRE_EVERY_MS,
      run: () =>
        sql.transaction(async (transaction) => {
          const expired = await transaction.query(expireOffers, [EXPIRED_MAX]);
          await append(transaction, expired.map(offerEvent));
          return expired.length === EXPIRED_MAX ? 'more' : 'done';
        }),
    },
  };
}

async function found(session: SqlSession, driverId: Id, offerId: Id): Promise<OfferRow> {
  const [offer] = await session.query(getOffer, [driverId, offerId]);
  if (offer === undefined) throw notFound('offer');
  return offer;
}

/** Whoever accepts twice at the same time finds the ride taken, by themselves. */
async function lateOr(session: SqlSession, offer: OfferRow, reason: string): Promise<AppError> {
  const { state } = await found(session, offer.driver_id, offer.offer_id);
  if (state !== 'accepted') return tooLate(reason);
  return new AppError('conflict', 'You have just accepted this offer. Ask again.', {
    outcome: 'not_applied',
    retryAfterS: 1,
  });
}

function tooLate(reason: string): AppError {
  return new AppError('conflict', `It is too late for this offer. ${reason}`, { outcome: 'not_applied' });
}
