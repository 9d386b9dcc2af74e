/** What the staff does about links, as it goes into the log of its acts, which is another system's. */
import type { Id } from '../../../core/ids.ts';
import type { SqlTransaction } from '../../../ports/sql-store/sql-store.ts';

export interface StaffAct {
  readonly action: 'target_blocked' | 'target_unblocked' | 'link_disabled' | 'link_enabled';
  /** Whom it is done to. */
  readonly userId?: Id;
  readonly detail: string;
}

/** Written with the act itself, or not at all. */
export type RecordAct = (transaction: SqlTransaction, actorId: Id, act: StaffAct) => Promise<void>;
