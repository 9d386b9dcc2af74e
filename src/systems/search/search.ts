/** The system `search`, put together: what is asked of the index, and what keeps the index. */
import type { Clock } from '../../core/clock.ts';
import type { Id } from '../../core/ids.ts';
import type { Job } from '../../core/job.ts';
import type { Page, PageRequest } from '../../core/page.ts';
import type { DescribeUsers, FindUsers, Profile } from '../../core/user.ts';
import type { Subscription } from '../../ports/event-log/event-log.ts';
import type {
  SearchIndex,
  TagHits,
  TagPosition,
  UserPosition,
  ViewerCircle,
} from '../../ports/search-index/search-index.ts';
import type { SqlStore } from '../../ports/sql-store/sql-store.ts';
import { type Backfill, createBackfill, type PagePosts, type PageUsers } from './backfill.ts';
import type { CountFollowers } from './count-followers.ts';
import { createIndexing } from './indexing.ts';
import { cleanQuery, parsePostQuery } from './post-query.ts';

/** Whom the viewer follows, and who must not come up: by blocks of either of the two, and by mutes. */
export interface SearchCircle {
  readonly followeeIds: readonly Id[];
  readonly partedIds: readonly Id[];
  readonly mutedIds: readonly Id[];
}

export type CircleOf = (viewerId: Id) => Promise<SearchCircle>;
/** Posts in JSON, as the viewer may see them now, by id; the others are not in the answer. */
export type PresentPosts = (
  viewerId: Id | undefined,
  postIds: readonly Id[],
) => Promise<ReadonlyMap<Id, object>>;

export interface UsersPage {
  readonly users: readonly Profile[];
  readonly next: UserPosition | undefined;
}

export interface Search {
  /** Each fails with `invalid` for a text without anything to look for. */
  posts(viewerId: Id | undefined, text: string, page: PageRequest): Promise<Page<object>>;
  users(
    viewerId: Id | undefined,
    text: string,
    page: { readonly after: UserPosition | undefined; readonly limit: number },
  ): Promise<UsersPage>;
  tags(
    text: string,
    page: { readonly after: TagPosition | undefined; readonly limit: number },
  ): Promise<TagHits>;
  readonly backfill: Backfill;
  readonly subscriptions: readonly Subscription[];
  readonly jobs: readonly Job[];
}

export interface SearchDeps {
  readonly sql: SqlStore;
  readonly searchIndex: SearchIndex;
  readonly clock: Clock;
  readonly circleOf: CircleOf;
  readonly presentPosts: PresentPosts;
  readonly describeUsers: DescribeUsers;
  readonly findUsers: FindUsers;
  readonly countFollowers: CountFollowers;
  readonly pagePosts: PagePosts;
  readonly pageUsers: PageUsers;
  /** What was told `lagMs` ago is found from now on. */
  readonly indexed: (topic: string, lagMs: number) => void;
}

/**
 * The index leaves out what the viewer may not see, so one round is the rule; more are needed in the moment in which it has not
 * heard of a deletion or a block. A page that is still short after these leads on to the next one.
 */
const ROUNDS_MAX = 3;
const PURGE_EVERY_MS = 600_000;
const NOBODYS_CIRCLE: SearchCircle = { followeeIds: [], partedIds: [], mutedIds: [] };

export function createSearch(deps: SearchDeps): Search {
  const { searchIndex, circleOf, presentPosts, describeUsers, findUsers } = deps;
  const backfill = createBackfill(deps);
  const indexing = createIndexing({ ...deps, backfill });

  const readCircle = async (viewerId: Id | undefined): Promise<SearchCircle> =>
    viewerId === undefined ? NOBODYS_CIRCLE : circleOf(viewerId);

  return {
    async posts(viewerId, text, { before, limit }) {
      const { username, ...query } = parsePostQuery(cleanQuery(text));
      const author =
        username === undefined ? undefined : (await findUsers([username])).get(username.toLowerCase());
      if (username !== undefined && author === undefined) return { items: [], nextBefore: undefined };
      const { followeeIds, partedIds, mutedIds } = await readCircle(viewerId);
      const circle: ViewerCircle = { viewerId, followeeIds, hiddenIds: [...partedIds, ...mutedIds] };
      const items: object[] = [];
      let nextBefore: Id | undefined = Math.min(before, query.before);
      for (
        let round = 0;
        round < ROUNDS_MAX && items.length < limit && nextBefore !== undefined;
        round += 1
      ) {
        const page: PageRequest = { before: nextBefore, limit: limit - items.length };
        const hits: Page<Id> = await searchIndex.searchPosts(
          { ...query, authorId: author?.userId },
          circle,
          page,
        );
        const posts = await presentPosts(viewerId, hits.items);
        items.push(...hits.items.map((postId) => posts.get(postId)).filter((post) => post !== undefined));
        nextBefore = hits.nextBefore;
      }
      return { items, nextBefore };
    },

    async users(viewerId, text, page) {
      const name = cleanQuery(text).replace(/^@/, '');
      // Whom the viewer has muted they may look for by name, else they could never be found to be unmuted.
      const { followeeIds, partedIds } = await readCircle(viewerId);
      const circle: ViewerCircle = { viewerId, followeeIds, hiddenIds: partedIds };
      const { userIds, next } = await searchIndex.searchUsers(name, circle, page);
      return { users: await describeUsers(viewerId, userIds), next };
    },

    tags: async (text, page) => searchIndex.searchTags(cleanQuery(text).replace(/^[#＃]/, ''), page),

    backfill,
    subscriptions: [indexing.subscription, indexing.ranking],
    jobs: [
      backfill.job,
      {
        name: 'purge-search-index',
        everyMs: PURGE_EVERY_MS,
        run: async () => ((await searchIndex.purge()) ? 'more' : 'done'),
      },
    ],
  };
}
