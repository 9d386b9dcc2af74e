/** The table `dispatch_leases`: which process makes the offers of which city. Times are those of the database. */
import { writeStatement } from '../../../ports/sql-store/sql-store.ts';

/** Keeps those that the holder has, and takes those that are free or expired; answers both. What it did goes along. */
export const claimCities = writeStatement<
  [cities: readonly string[], holder: string, seconds: number, batches: readonly (string | null)[]],
  { readonly city: string; readonly token: number }
>(
  'dispatch_leases_claim',
  `INSERT INTO dispatch_leases AS leases (city, holder, held_until, batches)
   SELECT named.city, $2, now() + make_interval(secs => $3::double precision), named.batches::json
   FROM unnest($1::text[], $4::text[]) AS named (city, batches) ORDER BY named.city
   ON CONFLICT (city) DO UPDATE SET holder = excluded.holder, held_until = excluded.held_until, batches = excluded.batches,
     led_since = CASE WHEN leases.holder <> excluded.holder OR leases.held_until = '-infinity' THEN now() ELSE leases.led_since END,
     token = leases.token + (leases.holder <> excluded.holder)::int
   WHERE leases.holder = excluded.holder OR leases.held_until < clock_timestamp()
   RETURNING city, token`,
);

/**
 * Nobody takes the city over before this transaction has ended, and if somebody has, it answers nothing. A process that
 * stands still in the middle of it loses its connection after `idleMs`, so that it holds up nobody.
 */
export const fenceCity = writeStatement<
  [city: string, token: number, idleMs: string],
  { readonly idle_ms: string }
>(
  'dispatch_leases_fence',
  `SELECT set_config('idle_in_transaction_session_timeout', $3, true) AS idle_ms
   FROM dispatch_leases WHERE city = $1 AND token = $2 FOR UPDATE`,
);

export const releaseCities = writeStatement<[holder: string]>(
  'dispatch_leases_release',
  `UPDATE dispatch_leases SET held_until = '-infinity' WHERE city IN (
     SELECT city FROM dispatch_leases WHERE holder = $1 ORDER BY city FOR UPDATE)`,
);
