/** Who may hear of whom, as far as relationships and suspensions decide it; what the recipient chose is decided later. */
import type { Pair, Tie } from '../../core/user.ts';
import type { SqlSession, SqlTransaction } from '../../ports/sql-store/sql-store.ts';
import { getStates } from './hidden-users-queries.ts';
import type { Change } from './notification.ts';
import type { Candidate } from './notification-plan.ts';

/** What lies between users, of many pairs at once, in their order. Inside a transaction, pass it as the session. */
export type TiesOf = (pairs: readonly Pair[], session?: SqlSession) => Promise<readonly Tie[]>;

/** Those that may be heard of: not of the deleted or to them, nor where a block or the recipient's mute is between. */
export async function admit(
  transaction: SqlTransaction,
  changes: readonly Change[],
  tiesOf: TiesOf,
): Promise<readonly Candidate[]> {
  if (changes.length === 0) return [];
  const people = [...new Set(changes.flatMap(({ userId, actorId }) => [userId, actorId]))];
  const rows = await transaction.query(getStates, [people]);
  const states = new Map(rows.map((row) => [row.user_id, row.state]));
  const lasting = changes.filter(
    ({ userId, actorId }) => states.get(userId) !== 'deleted' && states.get(actorId) !== 'deleted',
  );
  const standing = lasting.filter(({ stands }) => stands);
  const pairs = standing.map(({ userId, actorId }) => ({ viewerId: userId, userId: actorId }));
  const ties = pairs.length === 0 ? [] : await tiesOf(pairs, transaction);
  const tieOf = new Map(standing.map((change, index) => [change, ties[index]]));
  return lasting.flatMap((change) => {
    const tie = tieOf.get(change);
    if (tie?.blocked === true || tie?.muting === true) return [];
    const hidden = states.get(change.actorId) === 'suspended';
    return [{ ...change, following: tie?.following ?? false, hidden }];
  });
}
