/** The table `surge_supplies`. Times are those of the database. */
import { readStatement, writeStatement } from '../../../ports/sql-store/sql-store.ts';
import type { RideType } from '../drivers/driver.ts';

type DriversLine = readonly [cell: string, drivers: number];

/** By city and type of ride. */
export type SuppliesJson = Readonly<Record<string, Partial<Record<RideType, readonly DriversLine[]>>>>;

export const putSupplies = writeStatement<[serverId: string, drivers: string]>(
  'surge_supplies_put',
  `INSERT INTO surge_supplies (server_id, drivers) VALUES ($1, $2::json)
   ON CONFLICT (server_id) DO UPDATE SET drivers = excluded.drivers, counted_at = excluded.counted_at`,
);

/** Of other processes. */
export const getSupplies = readStatement<
  [serverId: string, city: string, seconds: number],
  { readonly drivers: SuppliesJson[string] }
>(
  'surge_supplies_get',
  `SELECT drivers -> $2 AS drivers FROM surge_supplies
   WHERE counted_at > now() - make_interval(secs => $3::double precision) AND server_id <> $1
     AND drivers -> $2 IS NOT NULL`,
);

export const deleteSupplies = writeStatement<[serverId: string]>(
  'surge_supplies_delete',
  `DELETE FROM surge_supplies WHERE server_id = $1`,
);

/** Of processes that are gone. */
export const deleteOldSupplies = writeStatement<[seconds: number]>(
  'surge_supplies_delete_old',
  `DELETE FROM surge_supplies WHERE counted_at < now() - make_interval(secs => $1::double precision)`,
);
