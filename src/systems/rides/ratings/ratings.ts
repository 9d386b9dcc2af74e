/** What riders and drivers think of each other: stars and a word, once a ride, while they remember it. */
import type { Clock } from '../../../core/clock.ts';
import { AppError, invalidField, notFound } from '../../../core/errors.ts';
import { type Id, shardOf } from '../../../core/ids.ts';
import { isVisible } from '../../../core/visible-text.ts';
import type { EventLog, Subscription } from '../../../ports/event-log/event-log.ts';
import type { SqlTransaction } from '../../../ports/sql-store/sql-store.ts';
import { driverEvent } from '../drivers/driver-events.ts';
import type { RideRating } from '../requests/ride.ts';
import { getRide, type RideRow } from '../requests/ride-requests-queries.ts';
import { ratingOf } from './rating-mean.ts';
import {
  addDriverStars,
  addRiderStars,
  deleteRatingsOf,
  deleteRiders,
  getRating,
  insertRating,
  type Rater,
  setDriverRating,
  setRiderRating,
} from './ratings-queries.ts';

/** After the end of the ride. */
export const RATED_WITHIN_MS = 7 * 24 * 3_600_000;
/** In UTF-16 code units. */
export const COMMENT_LENGTH_MAX = 500;
const USERS_TOPIC = 'users';

export interface NewRating {
  readonly stars: number;
  readonly comment: string | undefined;
}

export interface Rating {
  readonly rideId: Id;
  readonly rater: Rater;
  readonly stars: number;
  readonly comment: string | null;
}

export interface Ratings {
  /**
   * Of the other side of a completed ride. The same again is no error. Fails with `not_found` for strangers; `conflict` for
   * a ride that is not completed, or too long ago, or that was rated otherwise, or whose other side is gone.
   */
  rate(transaction: SqlTransaction, userId: Id, rideId: Id, rating: NewRating): Promise<Rating>;
  /** Of users who are deleted no words are left, nor what was said of them. */
  readonly subscription: Subscription;
}

export interface RatingsDeps {
  readonly eventLog: Pick<EventLog, 'append'>;
  readonly clock: Pick<Clock, 'nowMs'>;
}

export function createRatings({ eventLog, clock }: RatingsDeps): Ratings {
  async function addToDriver(transaction: SqlTransaction, driverId: Id, stars: number): Promise<void> {
    const [row] = await transaction.query(addDriverStars, [driverId, stars]);
    if (row === undefined) throw conflict('The driver of this ride is no longer here.');
    const rating = ratingOf({ sum: row.stars_sum, count: row.stars_count });
    const rated = await transaction.query(setDriverRating, [driverId, rating]);
    // Searches go by it.
    await eventLog.append(
      transaction,
      rated.map((each) => driverEvent('updated', each)),
    );
  }

  async function addToRider(transaction: SqlTransaction, riderId: Id, stars: number): Promise<void> {
    const [row] = await transaction.query(addRiderStars, [riderId, shardOf(riderId), stars]);
    if (row === undefined) return;
    const rating = ratingOf({ sum: row.stars_sum, count: row.stars_count });
    await transaction.query(setRiderRating, [riderId, rating]);
  }

  return {
    async rate(transaction, userId, rideId, { stars, comment: text }) {
      const comment = parseComment(text);
      const [row] = await transaction.query(getRide, [userId, rideId]);
      if (row === undefined) throw notFound('ride');
      const rater = row.rider_id === userId ? 'rider' : 'driver';
      const ratedId = ratedBy(row, rater, clock.nowMs());
      const added = await transaction.query(insertRating, [
        ...([rideId, rater, shardOf(ratedId), userId, ratedId, stars, comment] as const),
      ]);
      const rating = { rideId, rater, stars, comment } as const;
      if (added.length === 0) {
        const [before] = await transaction.query(getRating, [rideId, rater]);
        if (isSame(before, rating)) return rating;
        throw conflict('You have rated this ride already, and otherwise.');
      }
      if (rater === 'rider') await addToDriver(transaction, ratedId, stars);
      else await addToRider(transaction, ratedId, stars);
      return rating;
    },

    subscription: {
      ...{ group: 'removed-raters', topics: [USERS_TOPIC], from: 'beginning' },
      async handle(events, transaction) {
        const deleted = events.filter(({ kind }) => kind === 'deleted').map(({ key }) => key);
        if (deleted.length === 0) return;
        await transaction.query(deleteRatingsOf, [deleted]);
        await transaction.query(deleteRiders, [deleted]);
      },
    },
  };
}

/** The other side. Fails with `conflict` for a ride that cannot be rated. */
function ratedBy(
  { status, ended_at: endedAt, driver_id, rider_id }: RideRow,
  rater: Rater,
  nowMs: number,
): Id {
  if (status !== 'completed' || endedAt === null) {
    throw conflict(`This ride is ${status}: it can be rated once it is completed.`);
  }
  if (nowMs - endedAt.getTime() > RATED_WITHIN_MS) {
    throw conflict(`A ride can be rated for ${RATED_WITHIN_MS / 86_400_000} days after its end.`);
  }
  if (rater === 'driver') return rider_id;
  if (driver_id === null) throw conflict('The driver of this ride is no longer here.');
  return driver_id;
}

function isSame(before: RideRating | undefined, now: RideRating): boolean {
  return before?.stars === now.stars && before.comment === now.comment;
}

// Controls, halves of surrogate pairs, and what turns around the text after it.
const FORBIDDEN = /[^\P{Cc}\n\t]|[\p{Cs}\u202a-\u202e\u2066-\u2069]/u;

function parseComment(text: string | undefined): string | null {
  const trimmed = text?.trim() ?? '';
  if (FORBIDDEN.test(trimmed)) {
    throw invalidField(
      'comment',
      'must not have control characters or characters that turn the text around.',
    );
  }
  return isVisible(trimmed) ? trimmed : null;
}

function conflict(message: string): AppError {
  return new AppError('conflict', message, { outcome: 'not_applied' });
}
