/** That very much was loaded at once (`groundswell seed`), without an event for each: what is kept in memory is void. */
import type { Id } from '../../core/ids.ts';
import type { EventLog } from '../../ports/event-log/event-log.ts';
import type { SqlStore } from '../../ports/sql-store/sql-store.ts';

export const BULK_LOADS_TOPIC = 'bulk_loads';

/** To be called after the last batch. `loadId`: a new id, of the load itself. */
export async function announceBulkLoad(
  { sql, eventLog }: { readonly sql: SqlStore; readonly eventLog: EventLog },
  loadId: Id,
): Promise<void> {
  const event = { topic: BULK_LOADS_TOPIC, key: loadId, kind: 'loaded', payload: {}, ownerId: loadId };
  await sql.transaction((transaction) => eventLog.append(transaction, [event]));
}
