/** The tables `surge_versions` and `surge_orders`, and what of `rides` is counted. */
import type { Id } from '../../../core/ids.ts';
import { readStatement, writeStatement } from '../../../ports/sql-store/sql-store.ts';
import type { RideType } from '../drivers/driver.ts';
import type { SurgeFieldsJson } from './surge-json.ts';
import type { SurgeLevel } from './surge-rules.ts';

export interface SurgeVersionRow {
  readonly surge_version: Id;
  readonly city: string;
  readonly computed_at: Date;
  readonly elapsed_ms: number;
  readonly levels: readonly SurgeLevel[];
  readonly fields: SurgeFieldsJson;
}

const COLUMNS = 'surge_version, city, computed_at, elapsed_ms, levels, fields';

export const insertSurgeVersion = writeStatement<
  [version: Id, city: string, computedAt: Date, elapsedMs: number, levels: string, fields: string]
>(
  'surge_versions_insert',
  `INSERT INTO surge_versions (surge_version, city, computed_at, elapsed_ms, levels, fields)
   VALUES ($1, $2, $3, $4, $5::json, $6::json)`,
);

/** The newest, if it is newer than `after`. */
export const getNewestSurge = readStatement<[city: string, after: Id], SurgeVersionRow>(
  'surge_versions_get_newest',
  `SELECT ${COLUMNS} FROM surge_versions WHERE city = $1 AND surge_version > $2 ORDER BY surge_version DESC LIMIT 1`,
);

export const getSurgeVersions = readStatement<[versions: readonly Id[]], SurgeVersionRow>(
  'surge_versions_get_many',
  `SELECT ${COLUMNS} FROM surge_versions WHERE surge_version = ANY ($1::bigint[])`,
);

/** But for the newest of each city, from which the next goes on. */
export const deleteOldSurge = writeStatement<[before: Id, limit: number], { readonly deleted: number }>(
  'surge_versions_delete_old',
  `WITH gone AS (
     DELETE FROM surge_versions WHERE surge_version IN (
       SELECT old.surge_version FROM surge_versions AS old
       WHERE old.surge_version < $1 AND EXISTS (SELECT FROM surge_versions AS newer
         WHERE newer.city = old.city AND newer.surge_version > old.surge_version)
       ORDER BY old.surge_version LIMIT $2)
     RETURNING 1)
   SELECT count(*) AS deleted FROM gone`,
);

export const orderSurge = writeStatement<[city: string]>(
  'surge_orders_insert',
  `INSERT INTO surge_orders (city) VALUES ($1) ON CONFLICT (city) DO NOTHING`,
);

export const takeSurgeOrders = writeStatement<[cities: readonly string[]], { readonly city: string }>(
  'surge_orders_take',
  `DELETE FROM surge_orders WHERE city = ANY ($1::text[]) RETURNING city`,
);

export interface OpenRequestRow {
  readonly ride_type: RideType;
  readonly pickup_lat_e7: number;
  readonly pickup_lng_e7: number;
}

export const getOpenRequests = readStatement<[city: string, limit: number], OpenRequestRow>(
  'surge_get_open_requests',
  `SELECT ride_type, pickup_lat_e7, pickup_lng_e7 FROM rides
   WHERE city = $1 AND status = 'requested' ORDER BY ride_id LIMIT $2`,
);
