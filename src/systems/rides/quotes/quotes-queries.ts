/** The table `ride_quotes`. */
import type { Id } from '../../../core/ids.ts';
import { readStatement, writeStatement } from '../../../ports/sql-store/sql-store.ts';
import type { RideType } from '../drivers/driver.ts';
import type { FareJson } from '../fares/fare-json.ts';

export interface QuoteRow {
  readonly quote_id: Id;
  readonly rider_id: Id;
  readonly city: string;
  readonly ride_type: RideType;
  readonly pickup_lat_e7: number;
  readonly pickup_lng_e7: number;
  readonly dropoff_lat_e7: number;
  readonly dropoff_lng_e7: number;
  readonly fare: FareJson;
  readonly expires_at: Date;
  readonly ride_id: Id | null;
}

const COLUMNS = `quote_id, rider_id, city, ride_type, pickup_lat_e7, pickup_lng_e7, dropoff_lat_e7, dropoff_lng_e7,
  fare, expires_at, ride_id`;

/** Of any riders and places. `rideIds`: of rides that are asked for at once; null: of none. */
export const insertQuotes = writeStatement<
  [
    quoteIds: readonly Id[],
    shards: readonly number[],
    riderIds: readonly Id[],
    cities: readonly string[],
    pickupLats: readonly number[],
    pickupLngs: readonly number[],
    dropoffLats: readonly number[],
    dropoffLngs: readonly number[],
    distancesM: readonly number[],
    durationsS: readonly number[],
    rideTypes: readonly RideType[],
    rates: readonly string[],
    surgePercents: readonly number[],
    surgeVersions: readonly (Id | null)[],
    surgeBases: readonly (string | null)[],
    fares: readonly string[],
    rideIds: readonly (Id | null)[],
    expiresAt: Date,
  ],
  QuoteRow
>(
  'ride_quotes_insert',
  `INSERT INTO ride_quotes (quote_id, shard, rider_id, city, pickup_lat_e7, pickup_lng_e7, dropoff_lat_e7, dropoff_lng_e7,
     distance_m, duration_s, ride_type, rates, surge_percent, surge_version, surge_basis, fare, expires_at, ride_id)
   SELECT quote_id, shard, rider_id, city, pickup_lat, pickup_lng, dropoff_lat, dropoff_lng, distance_m, duration_s, ride_type,
     rates::json, surge_percent, surge_version, surge_basis::json, fare::json, $18::timestamptz, ride_id
   FROM unnest($1::bigint[], $2::smallint[], $3::bigint[], $4::text[], $5::int[], $6::int[], $7::int[], $8::int[], $9::int[],
     $10::int[], $11::text[], $12::text[], $13::smallint[], $14::bigint[], $15::text[], $16::text[], $17::bigint[])
     AS made (quote_id, shard, rider_id, city, pickup_lat, pickup_lng, dropoff_lat, dropoff_lng, distance_m, duration_s,
       ride_type, rates, surge_percent, surge_version, surge_basis, fare, ride_id)
   RETURNING ${COLUMNS}`,
);

export const getQuote = readStatement<[riderId: Id, quoteId: Id], QuoteRow>(
  'ride_quotes_get',
  `SELECT ${COLUMNS} FROM ride_quotes WHERE quote_id = $2 AND rider_id = $1`,
);

/** If it was not used, and has not expired. */
export const takeQuote = writeStatement<[riderId: Id, quoteId: Id, rideId: Id, now: Date], QuoteRow>(
  'ride_quotes_take',
  `UPDATE ride_quotes SET ride_id = $3
   WHERE quote_id = $2 AND rider_id = $1 AND ride_id IS NULL AND expires_at > $4 RETURNING ${COLUMNS}`,
);

/** Those that nobody used, and whose end is so long ago. */
export const deleteUnusedQuotes = writeStatement<[before: Date, limit: number], { readonly deleted: number }>(
  'ride_quotes_delete_unused',
  `WITH gone AS (
     DELETE FROM ride_quotes WHERE quote_id IN (
       SELECT quote_id FROM ride_quotes WHERE ride_id IS NULL AND expires_at < $1
       ORDER BY expires_at, quote_id LIMIT $2 FOR UPDATE SKIP LOCKED)
     RETURNING 1)
   SELECT count(*) AS deleted FROM gone`,
);

export const deleteQuotesOf = writeStatement<[riderIds: readonly Id[]]>(
  'ride_quotes_delete_of',
  `DELETE FROM ride_quotes WHERE rider_id = ANY ($1::bigint[])`,
);
