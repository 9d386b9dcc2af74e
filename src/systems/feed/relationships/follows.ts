/** Who follows whom: beginning, asking where the account is locked, and ending. */
import { AppError, assert, notFound } from '../../../core/errors.ts';
import { type Id, type IdGenerator, shardOf } from '../../../core/ids.ts';
import type { Relationship } from '../../../core/user.ts';
import type { SqlTransaction } from '../../../ports/sql-store/sql-store.ts';
import {
  deleteFollow,
  type FollowStateRow,
  getFollowState,
  insertFollow,
  insertFollowRequest,
} from './follows-queries.ts';
import { type Appender, followed, requestEvent, unfollowed } from './relationship-events.ts';
import { beginChange, blockedBetween, readRelationship, requireOther, type Target } from './relationships.ts';
import { lockFollower } from './relationships-queries.ts';

/**
 * What a home timeline is merged from stays bounded, and so does what one account can do to others. Of the
 * 75,879 people of the Epinions graph the most active follows 1,801; Mastodon stops at 7,500.
 */
export const FOLLOWINGS_MAX = 10_000;

export interface FollowsDeps {
  readonly ids: IdGenerator;
  readonly eventLog: Appender;
  /** Followings and open requests that one user may have. */
  readonly followingsMax?: number;
}

export interface Follows {
  /**
   * Follows, or asks to when the account is locked. What is so already stays as it is, so that a request becomes
   * a follow when the account was unlocked meanwhile. Fails with `forbidden` when either blocks the other, and
   * with `conflict` for one following too many.
   */
  follow(transaction: SqlTransaction, viewerId: Id, target: Target): Promise<Relationship>;
  /** Ends a follow, and withdraws a request. */
  unfollow(transaction: SqlTransaction, viewerId: Id, target: Target): Promise<Relationship>;
  /** Makes the target follow the viewer no longer; a request of theirs is rejected. */
  removeFollower(transaction: SqlTransaction, viewerId: Id, target: Target): Promise<Relationship>;
}

export function createFollows({ ids, eventLog, followingsMax = FOLLOWINGS_MAX }: FollowsDeps): Follows {
  async function ask(transaction: SqlTransaction, requesterId: Id, targetId: Id): Promise<void> {
    const requestId = ids.next();
    await transaction.query(insertFollowRequest, [requesterId, targetId, requestId, shardOf(requesterId)]);
    await eventLog.append(transaction, [requestEvent('requested', { requestId, requesterId, targetId })]);
  }

  return {
    async follow(transaction, viewerId, target) {
      const { userId, user } = target;
      requireOther(viewerId, target);
      await transaction.query(lockFollower, [viewerId]);
      await beginChange(transaction, viewerId, target);
      const [state] = await transaction.query(getFollowState, [viewerId, userId]);
      assert(state !== undefined, 'a query without a table answers one row');
      switch (nextStep(state, user?.locked ?? false, followingsMax)) {
        case 'follow':
          await startFollow(transaction, { ids, eventLog }, viewerId, userId);
          break;
        case 'ask':
          await ask(transaction, viewerId, userId);
          break;
      }
      return readRelationship(transaction, viewerId, userId);
    },

    async unfollow(transaction, viewerId, target) {
      await beginChange(transaction, viewerId, target);
      await endFollow(transaction, eventLog, viewerId, target.userId, 'request_withdrawn');
      return readRelationship(transaction, viewerId, target.userId);
    },

    async removeFollower(transaction, viewerId, target) {
      await beginChange(transaction, viewerId, target);
      await endFollow(transaction, eventLog, target.userId, viewerId, 'request_rejected');
      return readRelationship(transaction, viewerId, target.userId);
    },
  };
}

/** Begins a follow, and ends a request in its favour, under the lock of the pair. */
export async function startFollow(
  transaction: SqlTransaction,
  { ids, eventLog }: Pick<FollowsDeps, 'ids' | 'eventLog'>,
  followerId: Id,
  followeeId: Id,
): Promise<void> {
  const followId = ids.next();
  const shards = [shardOf(followerId), shardOf(followeeId)] as const;
  const [begun] = await transaction.query(insertFollow, [followerId, followeeId, followId, ...shards]);
  if (begun?.inserted !== true) return;
  const { request_id: requestId } = begun;
  await eventLog.append(transaction, [followed({ followId, followerId, followeeId, requestId })]);
}

/** Ends whatever the follower has with the followee, if anything, under the lock of the pair. */
export async function endFollow(
  transaction: SqlTransaction,
  eventLog: Appender,
  followerId: Id,
  followeeId: Id,
  requestEnd: 'request_withdrawn' | 'request_rejected',
): Promise<void> {
  const shards = [shardOf(followerId), shardOf(followeeId)] as const;
  const [ended] = await transaction.query(deleteFollow, [followerId, followeeId, ...shards]);
  const { follow_id: followId = null, request_id: requestId = null } = ended ?? {};
  const events = [
    ...(followId === null ? [] : [unfollowed({ followId, followerId, followeeId })]),
    ...(requestId === null
      ? []
      : [requestEvent(requestEnd, { requestId, requesterId: followerId, targetId: followeeId })]),
  ];
  if (events.length > 0) await eventLog.append(transaction, events);
}

function nextStep(state: FollowStateRow, locked: boolean, followingsMax: number): 'follow' | 'ask' | 'none' {
  if (state.hidden) throw notFound('user');
  if (state.blocked) throw blockedBetween();
  if (state.following || (state.requested && locked)) return 'none';
  if (!state.requested && state.following_count >= followingsMax) throw followingsFull(followingsMax);
  return locked ? 'ask' : 'follow';
}

function followingsFull(followingsMax: number): AppError {
  return new AppError(
    'conflict',
    `You follow, or have asked to follow, ${followingsMax} users, which is the most. Unfollow someone first.`,
  );
}
