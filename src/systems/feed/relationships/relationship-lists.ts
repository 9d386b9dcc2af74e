/** Lists of users, newest relationship first: followers, followings, the muted and the blocked. */

import { AppError, notFound } from '../../../core/errors.ts';
import type { Id } from '../../../core/ids.ts';
import type { Page, PageRequest } from '../../../core/page.ts';
import type { DescribeUsers, GetUsers, Profile } from '../../../core/user.ts';
import type { SqlStore } from '../../../ports/sql-store/sql-store.ts';
import {
  type ListRow,
  pageBlocks,
  pageFollowers,
  pageFollowing,
  pageMutes,
} from './relationship-lists-queries.ts';
import type { RelationshipsOf } from './relationships.ts';

export interface RelationshipLists {
  /**
   * Who follows the user. Hidden users, and those who block the viewer or are blocked by them, are left out.
   * Fails with `not_found` when the user is unknown, hidden or blocks the viewer, and with `forbidden` when the
   * account is locked and the viewer no follower of it.
   */
  followers(viewerId: Id | undefined, userId: Id, page: PageRequest): Promise<Page<Profile>>;
  /** Whom the user follows, by the same rules. */
  following(viewerId: Id | undefined, userId: Id, page: PageRequest): Promise<Page<Profile>>;
  mutes(viewerId: Id, page: PageRequest): Promise<Page<Profile>>;
  blocks(viewerId: Id, page: PageRequest): Promise<Page<Profile>>;
}

export function createRelationshipLists(deps: {
  readonly sql: SqlStore;
  readonly getUsers: GetUsers;
  readonly describeUsers: DescribeUsers;
  readonly relationshipsOf: RelationshipsOf;
}): RelationshipLists {
  const { sql, getUsers, describeUsers, relationshipsOf } = deps;

  async function requireVisible(viewerId: Id | undefined, userId: Id): Promise<void> {
    const [users, relationships] = await Promise.all([
      getUsers([userId]),
      viewerId === undefined ? undefined : relationshipsOf(viewerId, [userId]),
    ]);
    const user = users.get(userId);
    const relationship = relationships?.get(userId);
    if (user === undefined || relationship?.blockedBy === true) throw notFound('user');
    if (!user.locked || viewerId === userId || relationship?.following === true) return;
    throw new AppError('forbidden', 'The account is locked: only its followers may see this list.');
  }

  async function present(
    viewerId: Id | undefined,
    limit: number,
    rows: readonly ListRow[],
  ): Promise<Page<Profile>> {
    const { items, nextBefore } = pageOfRows(rows, limit, ({ entry_id }) => entry_id);
    const userIds = items.map(({ user_id }) => user_id);
    return { items: userIds.length === 0 ? [] : await describeUsers(viewerId, userIds), nextBefore };
  }

  return {
    async followers(viewerId, userId, { before, limit }) {
      await requireVisible(viewerId, userId);
      const params = [userId, viewerId ?? NOBODY, before, limit + 1] as const;
      return present(viewerId, limit, await sql.query(pageFollowers, [...params]));
    },

    async following(viewerId, userId, { before, limit }) {
      await requireVisible(viewerId, userId);
      const params = [userId, viewerId ?? NOBODY, before, limit + 1] as const;
      return present(viewerId, limit, await sql.query(pageFollowing, [...params]));
    },

    async mutes(viewerId, { before, limit }) {
      return present(viewerId, limit, await sql.query(pageMutes, [viewerId, before, limit + 1]));
    },

    async blocks(viewerId, { before, limit }) {
      return present(viewerId, limit, await sql.query(pageBlocks, [viewerId, before, limit + 1]));
    },
  };
}

/** No user has this id, so nobody blocks it. */
const NOBODY: Id = 0;

/** A page out of up to `limit + 1` rows: the one too many only tells that there is a next page. */
export function pageOfRows<Row>(rows: readonly Row[], limit: number, idOf: (row: Row) => Id): Page<Row> {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, nextBefore: rows.length > limit && last !== undefined ? idOf(last) : undefined };
}
