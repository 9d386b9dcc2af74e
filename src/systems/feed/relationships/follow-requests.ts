/** The answers of a locked account to those who ask to follow it. */

import { notFound } from '../../../core/errors.ts';
import type { Id, IdGenerator } from '../../../core/ids.ts';
import type { Page, PageRequest } from '../../../core/page.ts';
import type { DescribeUsers, Profile, Relationship } from '../../../core/user.ts';
import type { SqlStore, SqlTransaction } from '../../../ports/sql-store/sql-store.ts';
import { endFollow, startFollow } from './follows.ts';
import { getFollowRequest, pageFollowRequests } from './follows-queries.ts';
import type { Appender } from './relationship-events.ts';
import { pageOfRows } from './relationship-lists.ts';
import { beginChange, readRelationship, type Target } from './relationships.ts';

export interface FollowRequest {
  readonly requestId: Id;
  readonly requester: Profile;
}

export interface FollowRequests {
  /** The open requests to the viewer, newest first. */
  page(viewerId: Id, page: PageRequest): Promise<Page<FollowRequest>>;
  /**
   * Makes the requester a follower; one who already follows stays one. Fails with `not_found` when nothing was
   * asked. The limit of followings was checked when it was.
   */
  accept(transaction: SqlTransaction, viewerId: Id, requester: Target): Promise<Relationship>;
  /** Fails with `not_found` when nothing was asked. */
  reject(transaction: SqlTransaction, viewerId: Id, requester: Target): Promise<Relationship>;
}

export function createFollowRequests(deps: {
  readonly sql: SqlStore;
  readonly ids: IdGenerator;
  readonly eventLog: Appender;
  readonly describeUsers: DescribeUsers;
}): FollowRequests {
  const { sql, ids, eventLog, describeUsers } = deps;
  return {
    async page(viewerId, { before, limit }) {
      const rows = await sql.query(pageFollowRequests, [viewerId, before, limit + 1]);
      const { items, nextBefore } = pageOfRows(rows, limit, ({ request_id }) => request_id);
      const requesters = items.map(({ requester_id }) => requester_id);
      const described = requesters.length === 0 ? [] : await describeUsers(viewerId, requesters);
      const profiles = new Map(described.map((profile) => [profile.userId, profile]));
      const requests = items.flatMap(({ requester_id, request_id: requestId }) => {
        const requester = profiles.get(requester_id);
        return requester === undefined ? [] : [{ requestId, requester }];
      });
      return { items: requests, nextBefore };
    },

    async accept(transaction, viewerId, requester) {
      await beginChange(transaction, viewerId, requester);
      const { userId } = requester;
      const [request] = await transaction.query(getFollowRequest, [userId, viewerId]);
      if (request !== undefined) await startFollow(transaction, { ids, eventLog }, userId, viewerId);
      const relationship = await readRelationship(transaction, viewerId, userId);
      if (!relationship.followedBy) throw notFound('follow request');
      return relationship;
    },

    async reject(transaction, viewerId, requester) {
      await beginChange(transaction, viewerId, requester);
      const { userId } = requester;
      const [request] = await transaction.query(getFollowRequest, [userId, viewerId]);
      if (request === undefined) throw notFound('follow request');
      await endFollow(transaction, eventLog, userId, viewerId, 'request_rejected');
      return readRelationship(transaction, viewerId, userId);
    },
  };
}
