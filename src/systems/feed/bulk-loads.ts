/**
 * That very much was loaded at once (`groundswell seed`), without an event for each: what is kept in memory is void,
 * and so are all cached timelines.
 * Each batch announces itself in its own transaction, so that what is committed is announced, whatever is killed.
 */
import type { Id } from '../../core/ids.ts';
import type { EventLog } from '../../ports/event-log/event-log.ts';
import type { SqlStore, SqlTransaction } from '../../ports/sql-store/sql-store.ts';
import { renewTimelineEpoch } from './home/timeline-epoch-queries.ts';

export const BULK_LOADS_TOPIC = 'bulk_loads';

export interface BulkLoadDeps {
  readonly sql: SqlStore;
  readonly eventLog: Pick<EventLog, 'append'>;
}

/** To be called in the transaction of each batch that has written something. `firstId`: of the batch's first row. */
export async function announceBatch(
  transaction: SqlTransaction,
  eventLog: BulkLoadDeps['eventLog'],
  firstId: Id,
): Promise<void> {
  const event = { topic: BULK_LOADS_TOPIC, key: firstId, kind: 'loaded', payload: {}, ownerId: firstId };
  await eventLog.append(transaction, [event]);
  await transaction.query(renewTimelineEpoch, []);
}
