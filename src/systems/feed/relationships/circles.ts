/** Who surrounds a user, for other systems: in bounded lists, each in one query. */
import type { Id } from '../../../core/ids.ts';
import type { SqlStore } from '../../../ports/sql-store/sql-store.ts';
import { getCircle, getFriendsOfFriends } from './circles-queries.ts';

/** Of each list. Who follows more has the posts of the others, which are for followers only, in the timeline all the same. */
export const CIRCLE_MAX = 10_000;

/** Follows of the user, and of each of those, that are looked at: some 20,000 rows of an index. */
const WIDTH = 200;
const DEPTH = 100;
/** Most of them the user follows already. */
const REACH = 1_000;

export interface Circle {
  readonly followeeIds: readonly Id[];
  /** By a block of either of the two. */
  readonly partedIds: readonly Id[];
  readonly mutedIds: readonly Id[];
}

export interface Circles {
  circleOf(userId: Id): Promise<Circle>;
  /** Whom most of those follow whom the user follows; nobody whom they would not want or may not follow. */
  friendsOfFriends(userId: Id, limit: number): Promise<Id[]>;
}

export function createCircles({ sql }: { readonly sql: SqlStore }): Circles {
  return {
    async circleOf(userId) {
      const [row] = await sql.query(getCircle, [userId, CIRCLE_MAX]);
      return {
        followeeIds: row?.followee_ids ?? [],
        partedIds: row?.parted_ids ?? [],
        mutedIds: row?.muted_ids ?? [],
      };
    },

    async friendsOfFriends(userId, limit) {
      const rows = await sql.query(getFriendsOfFriends, [userId, WIDTH, DEPTH, REACH, limit]);
      return rows.map(({ user_id }) => user_id);
    },
  };
}
