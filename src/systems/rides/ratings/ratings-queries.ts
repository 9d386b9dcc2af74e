/** The table `ride_ratings`, and what follows from it in `drivers` and `riders`. */
import type { Id } from '../../../core/ids.ts';
import { readStatement, writeStatement } from '../../../ports/sql-store/sql-store.ts';
import { DRIVER_COLUMNS, type DriverRow } from '../drivers/drivers-queries.ts';
import type { RideRating } from '../requests/ride.ts';

export type Rater = 'rider' | 'driver';

/** Answers nothing if that side has rated the ride already. */
export const insertRating = writeStatement<
  [rideId: Id, rater: Rater, shard: number, raterId: Id, ratedId: Id, stars: number, comment: string | null],
  RideRating
>(
  'ride_ratings_insert',
  `INSERT INTO ride_ratings (ride_id, rater, shard, rater_id, rated_id, stars, comment)
   VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (ride_id, rater) DO NOTHING RETURNING stars, comment`,
);

export const getRating = readStatement<[rideId: Id, rater: Rater], RideRating>(
  'ride_ratings_get',
  `SELECT stars, comment FROM ride_ratings WHERE ride_id = $1 AND rater = $2`,
);

export interface StarsRow {
  readonly stars_sum: number;
  readonly stars_count: number;
}

/** Its lock is kept until the rating that follows is written. Nothing for a driver who is no more. */
export const addDriverStars = writeStatement<[driverId: Id, stars: number], StarsRow>(
  'ride_ratings_add_driver_stars',
  `UPDATE drivers SET stars_sum = stars_sum + $2, stars_count = stars_count + 1
   WHERE driver_id = $1 AND state <> 'removed' RETURNING stars_sum, stars_count`,
);

export const setDriverRating = writeStatement<[driverId: Id, rating: number | null], DriverRow>(
  'ride_ratings_set_driver_rating',
  `UPDATE drivers SET rating = $2, version = version + 1 WHERE driver_id = $1 RETURNING ${DRIVER_COLUMNS}`,
);

export const addRiderStars = writeStatement<[riderId: Id, shard: number, stars: number], StarsRow>(
  'ride_ratings_add_rider_stars',
  `INSERT INTO riders (rider_id, shard, stars_sum, stars_count) VALUES ($1, $2, $3, 1)
   ON CONFLICT (rider_id) DO UPDATE SET stars_sum = riders.stars_sum + excluded.stars_sum,
     stars_count = riders.stars_count + 1
   RETURNING stars_sum, stars_count`,
);

export const setRiderRating = writeStatement<[riderId: Id, rating: number | null]>(
  'ride_ratings_set_rider_rating',
  `UPDATE riders SET rating = $2 WHERE rider_id = $1`,
);

/** What they said, and what was said of them. The stars that they gave stay counted. */
export const deleteRatingsOf = writeStatement<[userIds: readonly Id[]]>(
  'ride_ratings_delete_of',
  `DELETE FROM ride_ratings WHERE rater_id = ANY ($1::bigint[]) OR rated_id = ANY ($1::bigint[])`,
);

export const deleteRiders = writeStatement<[userIds: readonly Id[]]>(
  'riders_delete',
  `DELETE FROM riders WHERE rider_id = ANY ($1::bigint[])`,
);
