/** The system `search`, with what it needs of the feed and the accounts. */
import type { Clock } from '../core/clock.ts';
import type { Id } from '../core/ids.ts';
import type { Ports } from '../ports/open-ports.ts';
import type { SqlStore } from '../ports/sql-store/sql-store.ts';
import type { Accounts } from '../systems/accounts/accounts.ts';
import { pageUsersInOrder } from '../systems/accounts/users/users-in-order-queries.ts';
import type { Feed } from '../systems/feed/feed.ts';
import { pagePostsInOrder } from '../systems/feed/posts/posts-in-order-queries.ts';
import { presentPost } from '../systems/feed/posts/posts-routes.ts';
import { createCircles } from '../systems/feed/relationships/circles.ts';
import type { PostToIndex } from '../systems/search/announced.ts';
import type { PagePosts, PageUsers } from '../systems/search/backfill.ts';
import { createSearch, type PresentPosts, type Search, type SearchDeps } from '../systems/search/search.ts';
import { SEARCH_SCHEMAS, searchRoutes } from '../systems/search/search-routes.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { createSearchMetrics } from '../telemetry/search-metrics.ts';
import type { ComposedSystem } from './composed-system.ts';

export interface SearchParts {
  readonly ports: Pick<Ports, 'sql' | 'searchIndex'>;
  readonly clock: Clock;
  readonly accounts: Accounts;
  readonly feed: Feed;
}

export interface ComposeSearchDeps extends SearchParts {
  readonly metrics: Metrics;
}

export function composeSearch(deps: ComposeSearchDeps): ComposedSystem {
  const search = searchOf(deps, createSearchMetrics(deps.metrics.registry).indexed);
  return {
    name: 'search',
    schemas: SEARCH_SCHEMAS,
    routes: (app) => searchRoutes(app, { search }),
    subscriptions: search.subscriptions,
    jobs: search.jobs,
  };
}

/** Also for commands, which measure nothing. */
export function searchOf(
  { ports, clock, accounts, feed }: SearchParts,
  indexed: SearchDeps['indexed'] = () => undefined,
): Search {
  const { sql, searchIndex } = ports;
  return createSearch({
    sql,
    searchIndex,
    clock,
    circleOf: createCircles({ sql }).circleOf,
    presentPosts: createPresentPosts(feed),
    describeUsers: accounts.profiles.describeUsers,
    findUsers: accounts.users.findUsers,
    countFollowers: (userIds) => feed.countsOf(userIds),
    pagePosts: createPagePosts(sql),
    pageUsers: createPageUsers(sql),
    indexed,
  });
}

function createPresentPosts({ posts: feedPosts }: Feed): PresentPosts {
  return async (viewerId, postIds) => {
    const posts = await feedPosts.getMany(viewerId, postIds);
    return new Map([...posts].map(([postId, post]) => [postId, presentPost(post)]));
  };
}

export function createPagePosts(sql: SqlStore): PagePosts {
  return async (after: Id, limit: number): Promise<PostToIndex[]> => {
    const rows = await sql.query(pagePostsInOrder, [after, limit]);
    return rows.map((row) => ({
      postId: row.post_id,
      authorId: row.author_id,
      text: row.text,
      contentWarning: row.content_warning,
      language: row.language,
      visibility: row.visibility,
      replyToUserId: row.reply_to_user_id,
      mentionUserIds: row.mention_user_ids,
      tags: row.tags,
      editedAt: row.edited_at,
    }));
  };
}

export function createPageUsers(sql: SqlStore): PageUsers {
  return async (after, limit) => {
    const rows = await sql.query(pageUsersInOrder, [after, limit]);
    return rows.map(({ user_id, username, display_name, suspended }) => {
      return { userId: user_id, username, displayName: display_name, hidden: suspended };
    });
  };
}
