/** The table `offers`, as its rows grow old. */
import type { Id } from '../../../core/ids.ts';
import { writeStatement } from '../../../ports/sql-store/sql-store.ts';

/** Those that were the driver's to answer. */
export const ANSWERED = `('accepted', 'declined', 'expired')`;

/** Of a driver who is gone. */
export const deleteOffersOf = writeStatement<[driverId: Id, limit: number], { readonly deleted: number }>(
  'offers_delete_of',
  `WITH gone AS (
     DELETE FROM offers WHERE offer_id IN (
       SELECT offer_id FROM offers WHERE driver_id = $1 ORDER BY offer_id LIMIT $2)
     RETURNING 1)
   SELECT count(*) AS deleted FROM gone`,
);

/**
 * Takes the oldest that were not looked at, and with them all old ones of their drivers, but for the last that count. Nobody
 * waits: what another worker has in hand is left to it. Answers how many were taken.
 */
export const deleteOldOffers = writeStatement<
  [before: Id, limit: number, counted: number, deletedMax: number],
  { readonly due: number; readonly deleted: number }
>(
  'offers_delete_old',
  `WITH due AS (
     SELECT offer_id, driver_id, state FROM offers WHERE NOT kept AND offer_id < $1 AND state <> 'open'
     ORDER BY offer_id LIMIT $2 FOR UPDATE SKIP LOCKED),
   of_drivers AS (
     SELECT due.driver_id, coalesce((
       SELECT last.offer_id FROM offers AS last WHERE last.driver_id = due.driver_id AND last.state IN ${ANSWERED}
       ORDER BY last.offer_id DESC OFFSET $3 - 1 LIMIT 1), 0) AS kept_from
     FROM (SELECT DISTINCT driver_id FROM due) AS due),
   doomed AS (
     SELECT offers.offer_id FROM of_drivers JOIN offers ON offers.driver_id = of_drivers.driver_id
     WHERE offers.offer_id < $1 AND offers.state <> 'open'
       AND (offers.state = 'withdrawn' OR offers.offer_id < of_drivers.kept_from)
     LIMIT $4 FOR UPDATE OF offers SKIP LOCKED),
   gone AS (DELETE FROM offers WHERE offer_id IN (SELECT offer_id FROM doomed) RETURNING 1),
   settled AS (
     UPDATE offers SET kept = true WHERE offer_id IN (
       SELECT due.offer_id FROM due JOIN of_drivers USING (driver_id)
       WHERE due.state IN ${ANSWERED} AND due.offer_id >= of_drivers.kept_from)
     RETURNING 1)
   SELECT (SELECT count(*) FROM due) AS due, (SELECT count(*) FROM gone) AS deleted, (SELECT count(*) FROM settled)`,
);
