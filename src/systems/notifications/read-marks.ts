/** How far a user has read: only ever further, and never further than there is something to read. */
import type { Id } from '../../core/ids.ts';
import type { EventLog } from '../../ports/event-log/event-log.ts';
import type { SqlTransaction } from '../../ports/sql-store/sql-store.ts';
import { lockReadMark, moveReadMark } from './inboxes-queries.ts';
import { read } from './notification-events.ts';

export interface ReadMarks {
  /** Up to a notification, or all. Answers how far the user has read; 0: there was never anything to read. */
  markRead(transaction: SqlTransaction, userId: Id, upToId: Id | undefined): Promise<Id>;
}

export function createReadMarks({ eventLog }: { readonly eventLog: Pick<EventLog, 'append'> }): ReadMarks {
  return {
    async markRead(transaction, userId, upToId) {
      const [mark] = await transaction.query(lockReadMark, [userId]);
      if (mark === undefined) return 0;
      const { latest_id: latestId, read_up_to_id: before } = mark;
      const readUpToId = Math.min(upToId ?? latestId, latestId);
      if (readUpToId <= before) return before;
      await transaction.query(moveReadMark, [userId, readUpToId]);
      await eventLog.append(transaction, [read(userId, readUpToId)]);
      return readUpToId;
    },
  };
}
