/** Users by name, group after group: who has just this name, whom the viewer follows, all others. */
import { assert } from '../../core/errors.ts';
import { ID_MAX, type Id } from '../../core/ids.ts';
import type { SqlSession } from '../sql-store/sql-store.ts';
import {
  getSearchUsersNamed,
  type SearchUsersParams,
  searchAllUsers,
  searchFollowees,
  searchPopularUsers,
  searchSimilarUsers,
  type UserHitRow,
} from './postgres-search-users.ts';
import { beginningsText } from './postgres-text-query.ts';
import { SEARCH_LIMIT_MAX, type SearchIndex, type UserPosition, type ViewerCircle } from './search-index.ts';
import { foldText } from './search-words.ts';

const GROUPS = { named: 0, followed: 1, others: 2 } as const;
/** As with posts: what is in many names fills a page from so many. */
const POPULAR_WALKED = 1_000;
const POPULARITY_MAX = 2_147_483_647;
/** Among whom a similar name is looked for: some 20 ms. */
const SIMILAR_WALKED = 5_000;
/** Of 1; that of `alexandre` to `alexander` is 0.5. */
const LIKENESS_MIN = 0.3;
/** Shorter texts are similar to everything. */
const SIMILAR_LENGTH_MIN = 3;

interface Hit {
  readonly group: number;
  readonly row: UserHitRow;
}

export function createPostgresUserSearch(sql: SqlSession): Pick<SearchIndex, 'searchUsers'> {
  /** Those of all others, in two steps as with posts. */
  async function searchOthers(params: SearchUsersParams): Promise<UserHitRow[]> {
    const [beginnings, popularity, userId, limit, ...left] = params;
    const rows = await sql.query(searchPopularUsers, [...params, POPULAR_WALKED]);
    if (rows.length === limit || beginnings === '') return rows;
    const last = rows.at(-1) ?? { popularity, user_id: userId };
    const after = [last.popularity, last.user_id] as const;
    const further = await sql.query(searchAllUsers, [beginnings, ...after, limit - rows.length, ...left]);
    return [...rows, ...further];
  }

  return {
    async searchUsers(text, { followeeIds, hiddenIds }: ViewerCircle, { after, limit }) {
      assert(limit <= SEARCH_LIMIT_MAX, `${limit} hits are too many for one page`);
      const beginnings = text === '' ? '' : beginningsText(text);
      if (beginnings === undefined) return { userIds: [], next: undefined };
      const named = text === '' ? [] : await sql.query(getSearchUsersNamed, [foldText(text), hiddenIds]);
      const namedIds = named.map(({ user_id }) => user_id);
      const hits: Hit[] = [];
      const wanted = limit + 1;
      const group = async (
        rank: number,
        search: (popularity: number, userId: Id, count: number) => Promise<readonly UserHitRow[]>,
      ): Promise<void> => {
        if (hits.length >= wanted || (after !== undefined && after.group > rank)) return;
        const start = after?.group === rank ? after : { popularity: POPULARITY_MAX, userId: ID_MAX };
        const rows = await search(start.popularity, start.userId, wanted - hits.length);
        hits.push(...rows.map((row) => ({ group: rank, row })));
      };
      const left = [...hiddenIds, ...namedIds];
      await group(GROUPS.named, async () => (after === undefined ? named : []));
      await group(GROUPS.followed, (popularity, userId, count) =>
        followeeIds.length === 0 || beginnings === ''
          ? Promise.resolve([])
          : sql.query(searchFollowees, [beginnings, popularity, userId, count, followeeIds, left]),
      );
      const unfollowed = beginnings === '' ? [] : followeeIds;
      await group(GROUPS.others, (popularity, userId, count) =>
        searchOthers([beginnings, popularity, userId, count, unfollowed, left]),
      );
      if (hits.length === 0 && after === undefined && text.length >= SIMILAR_LENGTH_MIN) {
        const similar = await sql.query(searchSimilarUsers, [
          foldText(text),
          limit,
          hiddenIds,
          SIMILAR_WALKED,
          LIKENESS_MIN,
        ]);
        return { userIds: similar.map(({ user_id }) => user_id), next: undefined };
      }
      return { userIds: hits.slice(0, limit).map(({ row }) => row.user_id), next: nextOf(hits, limit) };
    },
  };
}

function nextOf(hits: readonly Hit[], limit: number): UserPosition | undefined {
  const last = hits[limit - 1];
  if (hits.length <= limit || last === undefined) return undefined;
  return { group: last.group, popularity: last.row.popularity, userId: last.row.user_id };
}
