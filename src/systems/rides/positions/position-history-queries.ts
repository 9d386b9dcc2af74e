/** The table `driver_positions`: where drivers were. */
import type { Id } from '../../../core/ids.ts';
import { readStatement, writeStatement } from '../../../ports/sql-store/sql-store.ts';

/** Of those who are drivers still. What is there already is the same. */
export const insertPositions = writeStatement<
  [
    driverIds: readonly Id[],
    timesMs: readonly number[],
    lats: readonly number[],
    lngs: readonly number[],
    accuracies: readonly number[],
    sequences: readonly number[],
  ]
>(
  'driver_positions_insert',
  `INSERT INTO driver_positions (driver_id, recorded_at, shard, lat_e7, lng_e7, accuracy_dm, sequence)
   SELECT added.driver_id, to_timestamp(added.time_ms / 1000.0), drivers.shard, added.lat, added.lng, added.accuracy,
     added.sequence
   FROM unnest($1::bigint[], $2::bigint[], $3::integer[], $4::integer[], $5::smallint[], $6::bigint[])
     AS added (driver_id, time_ms, lat, lng, accuracy, sequence)
   JOIN drivers ON drivers.driver_id = added.driver_id AND drivers.state <> 'removed'
   ON CONFLICT (driver_id, recorded_at) DO NOTHING`,
);

export interface LastPositionRow {
  readonly recorded_at: Date;
  readonly lat_e7: number;
  readonly lng_e7: number;
  readonly accuracy_dm: number;
  readonly sequence: number;
}

export const getLastPosition = readStatement<[driverId: Id], LastPositionRow>(
  'driver_positions_get_last',
  `SELECT recorded_at, lat_e7, lng_e7, accuracy_dm, sequence FROM driver_positions WHERE driver_id = $1
   ORDER BY recorded_at DESC LIMIT 1`,
);

export const deleteOldPositions = writeStatement<[before: Date, limit: number], { readonly deleted: number }>(
  'driver_positions_delete_old',
  `WITH gone AS (
     DELETE FROM driver_positions WHERE (driver_id, recorded_at) IN (
       SELECT driver_id, recorded_at FROM driver_positions WHERE recorded_at < $1 ORDER BY recorded_at LIMIT $2)
     RETURNING 1)
   SELECT count(*) AS deleted FROM gone`,
);
