/**
 * Offers end as positions do. By the last of them it is told how many of their offers a driver takes, so those stay, however old:
 * each old offer is looked at once, and what it was kept for is looked at again when the driver's newer ones are as old.
 */
import type { Clock } from '../../../core/clock.ts';
import { composeId } from '../../../core/ids.ts';
import type { Job } from '../../../core/job.ts';
import type { SqlStore } from '../../../ports/sql-store/sql-store.ts';
import { deleteOldOffers } from './offer-retention-queries.ts';

/** Of a driver, by which it is told how many they take. */
export const OFFERS_COUNTED = 20;
/** For whoever is asked why somebody was, or was not, offered a ride. */
export const OFFER_RETENTION_MS = 30 * 24 * 3_600_000;
const FORGET_EVERY_MS = 60_000;
/** Rows of one statement: some 20 ms. */
const LOOKED_AT_MAX = 1_000;
const DELETED_MAX = 4_000;

export function forgetOffersJob(deps: { readonly sql: SqlStore; readonly clock: Pick<Clock, 'nowMs'> }): Job {
  const { sql, clock } = deps;
  return {
    name: 'forget-offers',
    everyMs: FORGET_EVERY_MS,
    async run() {
      const before = composeId(clock.nowMs() - OFFER_RETENTION_MS, 0, 0);
      const [row] = await sql.query(deleteOldOffers, [before, LOOKED_AT_MAX, OFFERS_COUNTED, DELETED_MAX]);
      return row?.due === LOOKED_AT_MAX ? 'more' : 'done';
    },
  };
}
