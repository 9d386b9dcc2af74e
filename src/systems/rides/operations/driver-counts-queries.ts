/** The table `driver_counts`. Times are those of the database. */
import { readStatement, writeStatement } from '../../../ports/sql-store/sql-store.ts';
import type { DriverState } from '../drivers/driver-states.ts';

/** Drivers of the same state and types; of `stale` of them nothing was heard for a while. */
export type DriversLine = readonly [state: DriverState, types: number, drivers: number, stale: number];

/** By city. */
export type DriverCountsJson = Readonly<Record<string, readonly DriversLine[]>>;

export const putDriverCounts = writeStatement<[serverId: string, drivers: string]>(
  'driver_counts_put',
  `INSERT INTO driver_counts (server_id, drivers) VALUES ($1, $2::json)
   ON CONFLICT (server_id) DO UPDATE SET drivers = excluded.drivers, counted_at = excluded.counted_at`,
);

export interface DriverCountsRow {
  readonly server_id: string;
  readonly counted_at: Date;
  /** Null: none in that city. */
  readonly drivers: readonly DriversLine[] | null;
}

export const getDriverCounts = readStatement<[city: string, seconds: number], DriverCountsRow>(
  'driver_counts_get',
  `SELECT server_id, counted_at, drivers -> $1 AS drivers FROM driver_counts
   WHERE counted_at > now() - make_interval(secs => $2::double precision)`,
);

export const deleteDriverCounts = writeStatement<[serverId: string]>(
  'driver_counts_delete',
  `DELETE FROM driver_counts WHERE server_id = $1`,
);

/** Of processes that are gone. */
export const deleteOldDriverCounts = writeStatement<[seconds: number]>(
  'driver_counts_delete_old',
  `DELETE FROM driver_counts WHERE counted_at < now() - make_interval(secs => $1::double precision)`,
);
