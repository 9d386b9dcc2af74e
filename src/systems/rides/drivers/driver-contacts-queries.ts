/** The table `drivers`, as their connections come and go, and `driver_servers`, who holds these. Times are those of the database. */
import type { Id } from '../../../core/ids.ts';
import { readStatement, writeStatement } from '../../../ports/sql-store/sql-store.ts';
import { DRIVER_COLUMNS, type DriverRow } from './drivers-queries.ts';

/** They go on with what they were doing when contact was lost. */
export const connectDriver = writeStatement<
  [driverId: Id, serverId: string],
  DriverRow & { readonly restored: boolean }
>(
  'drivers_connect',
  `WITH held AS (SELECT driver_id, lost_state AS was_lost FROM drivers WHERE driver_id = $1 AND state <> 'removed' FOR UPDATE)
   UPDATE drivers SET connection = connection + 1, server_id = $2, contact_lost_at = NULL, lost_state = NULL,
     state = coalesce(was_lost, state),
     state_event = CASE WHEN was_lost IS NULL THEN state_event ELSE 'comms_restored' END,
     state_changed_at = CASE WHEN was_lost IS NULL THEN state_changed_at ELSE now() END,
     version = version + (was_lost IS NOT NULL)::int
   FROM held WHERE drivers.driver_id = held.driver_id
   RETURNING ${DRIVER_COLUMNS.replace('driver_id', 'drivers.driver_id')}, was_lost IS NOT NULL AS restored`,
);

const LOST_NOW = `server_id = NULL,
     contact_lost_at = CASE WHEN state IN ('non_operational', 'non_contactable', 'removed') THEN NULL ELSE now() END`;

/** But for those who have another connection by now. 0 stands for whichever the process has, if it did not hear the number. */
export const disconnectDrivers = writeStatement<
  [driverIds: readonly Id[], connections: readonly number[], serverId: string]
>(
  'drivers_disconnect',
  `UPDATE drivers SET ${LOST_NOW}
   FROM unnest($1::bigint[], $2::bigint[]) AS ended (driver_id, connection)
   WHERE drivers.driver_id = ended.driver_id AND drivers.server_id = $3
     AND ended.connection IN (0, drivers.connection)`,
);

/** Those who have not come back in time. */
export const loseDrivers = writeStatement<[graceS: number, limit: number], DriverRow>(
  'drivers_lose',
  `UPDATE drivers SET state = 'non_contactable', lost_state = state, state_event = 'comms_lost',
     state_changed_at = now(), version = version + 1, contact_lost_at = NULL
   WHERE driver_id IN (
     SELECT driver_id FROM drivers WHERE contact_lost_at <= now() - make_interval(secs => $1::double precision)
     ORDER BY contact_lost_at LIMIT $2 FOR UPDATE SKIP LOCKED)
   RETURNING ${DRIVER_COLUMNS}`,
);

/** `fresh`: there was no such server, or it was taken for dead. */
export const seeServer = writeStatement<[serverId: string], { readonly fresh: boolean }>(
  'driver_servers_see',
  `INSERT INTO driver_servers (server_id, seen_at) VALUES ($1, now())
   ON CONFLICT (server_id) DO UPDATE SET seen_at = excluded.seen_at RETURNING xmax = 0 AS fresh`,
);

/** Whether any has drivers: it says so every few seconds for as long as it has. */
export const anyServerSeen = readStatement<[withinS: number], { readonly seen: boolean }>(
  'driver_servers_any_seen',
  `SELECT EXISTS (
     SELECT FROM driver_servers WHERE seen_at >= now() - make_interval(secs => $1::double precision)) AS seen`,
);

/** One that was not seen for so long, and that nobody else is burying. */
export const claimDeadServer = writeStatement<[silentS: number], { readonly server_id: string }>(
  'driver_servers_claim_dead',
  `SELECT server_id FROM driver_servers WHERE seen_at < now() - make_interval(secs => $1::double precision)
   ORDER BY seen_at LIMIT 1 FOR UPDATE SKIP LOCKED`,
);

export const releaseDriversOf = writeStatement<[serverId: string, limit: number], { readonly driver_id: Id }>(
  'drivers_release_of',
  `UPDATE drivers SET ${LOST_NOW}
   WHERE driver_id IN (
     SELECT driver_id FROM drivers WHERE server_id = $1 ORDER BY driver_id LIMIT $2 FOR UPDATE)
   RETURNING driver_id`,
);

/** But if it has drivers. */
export const deleteServer = writeStatement<[serverId: string]>(
  'driver_servers_delete',
  `DELETE FROM driver_servers WHERE server_id = $1
   AND NOT EXISTS (SELECT FROM drivers WHERE drivers.server_id = $1)`,
);
