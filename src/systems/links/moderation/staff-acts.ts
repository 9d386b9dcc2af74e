/** What the staff does about links, as it goes into the log of its acts, which is another system's. */
import { invalidField } from '../../../core/errors.ts';
import type { Id } from '../../../core/ids.ts';
import type { SqlTransaction } from '../../../ports/sql-store/sql-store.ts';

export interface StaffAct {
  readonly action:
    | 'target_blocked'
    | 'target_warned'
    | 'target_unblocked'
    | 'link_disabled'
    | 'link_enabled'
    | 'link_warned'
    | 'link_unwarned';
  /** Whom it is done to. */
  readonly userId?: Id;
  readonly detail: string;
}

/** Written with the act itself, or not at all. */
export type RecordAct = (transaction: SqlTransaction, actorId: Id, act: StaffAct) => Promise<void>;

/** What people read who open a link that leads nowhere any more, or that is warned of. Fails with `invalid`. */
export function parseReason(text: string): string {
  const line = text.trim();
  if (line === '' || /[\p{Cc}\p{Cs}]/u.test(line))
    throw invalidField('reason', 'must be one line of text, and not empty: people read it.');
  return line;
}
