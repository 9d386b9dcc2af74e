/** Of the table `rides`, what riders see of it as it goes on. */
import type { Id } from '../../../core/ids.ts';
import { readStatement } from '../../../ports/sql-store/sql-store.ts';
import { RIDE_COLUMNS, type RideRow } from '../requests/ride-requests-queries.ts';

export const getLastRide = readStatement<[riderId: Id], RideRow>(
  'ride_tracking_get_last',
  `SELECT ${RIDE_COLUMNS} FROM rides WHERE rider_id = $1 ORDER BY ride_id DESC LIMIT 1`,
);
