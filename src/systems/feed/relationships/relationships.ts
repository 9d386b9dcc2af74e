/** How one user stands to others; and what all changes between two users have in common. */
import { AppError, assert, invalidField, notFound } from '../../../core/errors.ts';
import type { Id } from '../../../core/ids.ts';
import type { GetUsers, Pair, Relationship, StandingsOf, Tie, User } from '../../../core/user.ts';
import type { SqlSession, SqlStore, SqlTransaction } from '../../../ports/sql-store/sql-store.ts';
import {
  getRelationships,
  getStandings,
  getTies,
  lockPair,
  type RelationshipRow,
} from './relationships-queries.ts';
import { userCountsOf } from './user-counts.ts';

/**
 * How the viewer stands to each of `userIds`, in one query. Every id asked for is in the answer; to unknown users,
 * and to oneself, one stands in no relationship. Inside a transaction, pass it as the session.
 */
export type RelationshipsOf = (
  viewerId: Id,
  userIds: readonly Id[],
  session?: SqlSession,
) => Promise<ReadonlyMap<Id, Relationship>>;

/**
 * Whom a write is about, as found before its transaction: to look a user up inside it would take a second
 * connection while the first is held, and enough such writes at once would wait for each other for ever.
 */
export interface Target {
  readonly userId: Id;
  /** `undefined`: unknown, suspended or deleted. */
  readonly user: User | undefined;
}

export interface Relationships {
  relationshipsOf: RelationshipsOf;
  standingsOf: StandingsOf;
  /** For any number of viewers in one query: the answers in the order of the pairs. */
  tiesOf(pairs: readonly Pair[], session?: SqlSession): Promise<readonly Tie[]>;
  getTarget(userId: Id): Promise<Target>;
}

export function createRelationships(deps: {
  readonly sql: SqlStore;
  readonly getUsers: GetUsers;
}): Relationships {
  const { sql, getUsers } = deps;
  return {
    relationshipsOf: (viewerId, userIds, session = sql) => readRelationships(session, viewerId, userIds),

    async standingsOf(viewerId, userIds) {
      const rows = userIds.length === 0 ? [] : await sql.query(getStandings, [viewerId, userIds]);
      return new Map(
        rows.map((row) => [row.user_id, { counts: userCountsOf(row), relationship: relationshipOf(row) }]),
      );
    },

    async tiesOf(pairs, session = sql) {
      if (pairs.length === 0) return [];
      return session.query(getTies, [
        pairs.map(({ viewerId }) => viewerId),
        pairs.map(({ userId }) => userId),
      ]);
    },

    async getTarget(userId) {
      return { userId, user: (await getUsers([userId])).get(userId) };
    },
  };
}

/** How the viewer stands to one user, inside the transaction that has just changed it. */
export async function readRelationship(session: SqlSession, viewerId: Id, userId: Id): Promise<Relationship> {
  const relationship = (await readRelationships(session, viewerId, [userId])).get(userId);
  assert(relationship !== undefined, 'every id asked for is in the answer');
  return relationship;
}

/**
 * Begins a change between two users: everything that is read after it holds until the end of the transaction.
 * Fails with `invalid` when the two are one, with `not_found` when there is no such target.
 *
 * What is written under this lock commits in the order of the lock, and so do the events: of two changes between
 * the same two users, the later one's event has the higher id. Followers of one celebrity do not meet here.
 */
export async function beginChange(transaction: SqlTransaction, viewerId: Id, target: Target): Promise<void> {
  requireOther(viewerId, target);
  await transaction.query(lockPair, [viewerId, target.userId]);
}

/** The checks of `beginChange` alone, for who has another lock to take first. */
export function requireOther(viewerId: Id, { userId, user }: Target): void {
  if (userId === viewerId) throw invalidField('user_id', 'is your own; name another user.');
  if (user === undefined) throw notFound('user');
}

/** Says the same whoever of the two has blocked the other. */
export function blockedBetween(): AppError {
  return new AppError('forbidden', 'You cannot follow this user.');
}

async function readRelationships(
  session: SqlSession,
  viewerId: Id,
  userIds: readonly Id[],
): Promise<ReadonlyMap<Id, Relationship>> {
  if (userIds.length === 0) return new Map();
  const rows = await session.query(getRelationships, [viewerId, userIds]);
  return new Map(rows.map((row) => [row.user_id, relationshipOf(row)]));
}

function relationshipOf(row: RelationshipRow): Relationship {
  return {
    following: row.following,
    followedBy: row.followed_by,
    requested: row.requested,
    requestedBy: row.requested_by,
    muting: row.muting,
    blocking: row.blocking,
    blockedBy: row.blocked_by,
  };
}
