/** Users who are deleted drive no more, and nothing of them is kept: told by the topic `users`. */
import type { Id } from '../../../core/ids.ts';
import type { Job } from '../../../core/job.ts';
import type { EventLog, Subscription } from '../../../ports/event-log/event-log.ts';
import type { SqlStore, SqlTransaction } from '../../../ports/sql-store/sql-store.ts';
import { deleteOffersOf } from '../offers/offer-retention-queries.ts';
import {
  claimRemovedDriver,
  deleteDriver,
  deletePositionsOf,
  forgetDriverOfRides,
  removeDrivers,
} from './driver-erasure-queries.ts';
import { driverEvent } from './driver-events.ts';

const USERS_TOPIC = 'users';
const ERASE_EVERY_MS = 60_000;
/** Rows of one transaction: some 20 ms. */
const DELETED_MAX = 2_000;

export interface DriverErasure {
  readonly subscription: Subscription;
  readonly job: Job;
}

export function createDriverErasure(deps: {
  readonly sql: SqlStore;
  readonly eventLog: Pick<EventLog, 'append'>;
  /** What they drive ends with them, or is driven by others. */
  readonly abandonRides: (transaction: SqlTransaction, driverIds: readonly Id[]) => Promise<void>;
}): DriverErasure {
  const { sql, eventLog, abandonRides } = deps;
  return {
    subscription: {
      ...{ group: 'removed-drivers', topics: [USERS_TOPIC], from: 'beginning' },
      async handle(events, transaction) {
        const deleted = events.filter(({ kind }) => kind === 'deleted').map(({ key }) => key);
        if (deleted.length === 0) return;
        // Rides are locked before their drivers.
        await abandonRides(transaction, deleted);
        const removed = await transaction.query(removeDrivers, [deleted]);
        if (removed.length === 0) return;
        await eventLog.append(
          transaction,
          removed.map((row) => driverEvent('removed', row)),
        );
      },
    },
    job: { name: 'erase-drivers', everyMs: ERASE_EVERY_MS, run: () => erase(sql) },
  };
}

/** Positions and offers first, then what rides say of them, the driver last. Any number of workers may; one that stops half-way is taken up by the next. */
function erase(sql: SqlStore): Promise<'more' | 'done'> {
  return sql.transaction(async (transaction) => {
    const [claimed] = await transaction.query(claimRemovedDriver, []);
    if (claimed === undefined) return 'done';
    const { driver_id: driverId } = claimed;
    for (const statement of [deletePositionsOf, deleteOffersOf]) {
      const [row] = await transaction.query(statement, [driverId, DELETED_MAX]);
      if (row?.deleted === DELETED_MAX) return 'more';
    }
    const [rides] = await transaction.query(forgetDriverOfRides, [driverId, DELETED_MAX]);
    if (rides?.changed !== DELETED_MAX) await transaction.query(deleteDriver, [driverId]);
    return 'more';
  });
}
