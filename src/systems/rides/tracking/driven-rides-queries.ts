/** Of the table `rides`, what drivers have to do. */
import type { Id } from '../../../core/ids.ts';
import { readStatement } from '../../../ports/sql-store/sql-store.ts';
import { RIDE_COLUMNS, type RideRow } from '../requests/ride-requests-queries.ts';

export const getDrivenRide = readStatement<[driverId: Id], RideRow>(
  'driven_rides_get',
  `SELECT ${RIDE_COLUMNS} FROM rides WHERE driver_id = $1 AND ended_at IS NULL`,
);
