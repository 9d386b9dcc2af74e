/** The stores as a task meets them that a test can stop at every call, and whose process can die there. */
import type { SqlSession, SqlStore, SqlTransaction } from '../../src/ports/sql-store/sql-store.ts';
import type { TimelineStore } from '../../src/ports/timeline-store/timeline-store.ts';
import type { Interleaving } from './interleaving.ts';

export function gateSqlStore(sql: SqlStore, interleaving: Interleaving): SqlStore {
  const gated = (session: SqlSession): SqlSession => ({
    query: (statement, params) => interleaving.call(statement.name, () => session.query(statement, params)),
  });

  return {
    ...sql,
    ...gated(sql),

    async transaction(work) {
      let leave = interleaving.enter();
      try {
        return await sql.transaction(async (transaction: SqlTransaction) => {
          leave();
          try {
            const result = await work({ ...transaction, ...gated(transaction) });
            // Whoever dies here has done everything and acknowledged nothing.
            await interleaving.call('commit', async () => undefined);
            return result;
          } finally {
            leave = interleaving.enter();
          }
        });
      } finally {
        leave();
      }
    },
  };
}

export function gateTimelineStore(store: TimelineStore, interleaving: Interleaving): TimelineStore {
  const { maybeCall } = interleaving;
  return {
    generation: () => maybeCall('generation', () => store.generation()),
    read: (readerId, before, limit) => maybeCall('read', () => store.read(readerId, before, limit)),
    begin: (readerId) => maybeCall('begin', () => store.begin(readerId)),
    complete: (...build) => maybeCall('complete', () => store.complete(...build)),
    deliver: (deliveries, generation) => maybeCall('deliver', () => store.deliver(deliveries, generation)),
    drop: (readerIds) => maybeCall('drop', () => store.drop(readerIds)),
    clear: () => maybeCall('clear', () => store.clear()),
    cached: () => store.cached(),
    announceDelivered: (entryIds) => store.announceDelivered(entryIds),
    onDelivered: (hear) => store.onDelivered(hear),
    close: () => store.close(),
  };
}

/**
 * Keeps fewer entries of what is built than it is given, as a store may: so that feeds of some dozens of entries reach
 * below their timelines.
 */
export function shortenTimelines(store: TimelineStore, builtMax: number): TimelineStore {
  return {
    ...store,
    complete(readerId, generation, entryIds, floor, sources) {
      const cut = entryIds[builtMax];
      if (cut === undefined) return store.complete(readerId, generation, entryIds, floor, sources);
      return store.complete(readerId, generation, entryIds.slice(0, builtMax), cut, sources);
    },
  };
}
