/** What an owner's change of a link means for the check of its target. */
import { hostOf } from '../../../core/outbound-target.ts';
import type { SqlTransaction } from '../../../ports/sql-store/sql-store.ts';
import type { LinkChanges } from '../link.ts';
import type { LinkRow } from '../links-queries.ts';
import { followTarget, leaveTitle } from './target-checks-queries.ts';

/** The link is locked. */
export async function followChange(
  transaction: SqlTransaction,
  before: LinkRow,
  after: LinkRow,
  { title }: LinkChanges,
  nowMs: number,
): Promise<void> {
  if (before.url !== after.url) {
    await transaction.query(followTarget, [after.link_id, hostOf(new URL(after.url)), new Date(nowMs)]);
  }
  if (title !== undefined) await transaction.query(leaveTitle, [after.link_id]);
}
