/** The system `search` over the posts of a feed, kept by its real consumers. */
import { systemClock } from '../../src/core/clock.ts';
import { ID_MAX, type Id } from '../../src/core/ids.ts';
import type { PageRequest } from '../../src/core/page.ts';
import type { User } from '../../src/core/user.ts';
import type { LoggedEvent } from '../../src/ports/event-log/event-log.ts';
import { createPostgresSearchIndex } from '../../src/ports/search-index/postgres-search-index.ts';
import { readStatement, writeStatement } from '../../src/ports/sql-store/sql-store.ts';
import { createPagePosts } from '../../src/roles/compose-search.ts';
import { createCircles } from '../../src/systems/feed/relationships/circles.ts';
import { createSearch } from '../../src/systems/search/search.ts';
import { createFeedSetting } from './feed-setting.ts';
import { until } from './until.ts';

export type SearchSetting = Awaited<ReturnType<typeof createSearchSetting>>;

export async function createSearchSetting() {
  const feed = await createFeedSetting();
  const { sql, eventLog, people, hydration, getUsers } = feed;
  const lags: { readonly topic: string; readonly lagMs: number }[] = [];
  const followers = new Map<Id, number>();
  const searchIndex = createPostgresSearchIndex({ sql, clock: systemClock });
  const search = createSearch({
    sql,
    searchIndex,
    clock: systemClock,
    circleOf: createCircles({ sql }).circleOf,
    async presentPosts(viewerId, postIds) {
      const posts = await hydration.hydrate(viewerId, postIds);
      return new Map([...posts].map(([postId, { text }]) => [postId, { postId, text }]));
    },
    describeUsers: async (_viewerId, userIds) => {
      const users = await getUsers(userIds);
      const counts = { followerCount: 0, followingCount: 0, postCount: 0 };
      return userIds.flatMap((userId) => {
        const user = users.get(userId);
        return user === undefined ? [] : [{ ...user, counts, relationship: null }];
      });
    },
    findUsers: async (names) =>
      new Map(
        [...people.values()]
          .filter(({ username }) => names.includes(username))
          .map((user): [string, User] => [user.username, user]),
      ),
    countFollowers: async (userIds) =>
      new Map(
        userIds.map((userId) => {
          const followerCount = followers.get(userId) ?? 0;
          return [userId, { followerCount, followingCount: 0, postCount: 0 }];
        }),
      ),
    pagePosts: createPagePosts(sql),
    pageUsers: async (after, limit) =>
      [...people.values()]
        .filter(({ userId }) => userId > after)
        .sort((left, right) => left.userId - right.userId)
        .slice(0, limit)
        .map(({ userId, username, displayName }) => ({ userId, username, displayName, hidden: false })),
    indexed: (topic, lagMs) => void lags.push({ topic, lagMs }),
  });
  const consumers = await Promise.all(search.subscriptions.map((each) => eventLog.subscribe(each)));

  return {
    ...feed,
    search,
    searchIndex,
    lags,
    followers,
    /** All that was announced has been handled, or failed. */
    async settle(): Promise<void> {
      await until(async () => {
        const lag = await eventLog.lag();
        return lag.filter(({ group }) => group.startsWith('search')).every(({ waiting }) => waiting === 0);
      });
    },
    /** The ids that all pages of a search have, one after the other. */
    async postIds(viewerId: Id | undefined, text: string, limit = 100): Promise<Id[]> {
      const found: Id[] = [];
      let page: PageRequest | undefined = { before: ID_MAX, limit };
      while (page !== undefined) {
        const { items, nextBefore } = await search.posts(viewerId, text, page);
        for (const item of items) if ('postId' in item) found.push(Number(item.postId));
        page = nextBefore === undefined ? undefined : { before: nextBefore, limit };
      }
      return found;
    },
    /** Nothing is indexed, and nothing is to be. */
    async clearIndex(): Promise<void> {
      await sql.query(emptyIndex, []);
      await sql.query(endBackfills, []);
    },
    /** The posts lose their words. */
    damageIndex: () => sql.query(emptyWords, []),
    /** Of one key, in order. */
    async loggedEvents(topic: string, key: Id): Promise<LoggedEvent[]> {
      const rows = await sql.query(readEvents, [topic, key]);
      return rows.map(({ created_at: createdAt, ...row }) => ({ ...row, createdAt, traceparent: undefined }));
    },
    announceFollow: (followerId: Id, followeeId: Id) =>
      sql.transaction((transaction) => {
        const payload = { follower_id: String(followerId), followee_id: String(followeeId) };
        const event = {
          topic: 'relationships',
          key: followeeId,
          ownerId: followerId,
          kind: 'followed',
          payload,
        };
        return eventLog.append(transaction, [event]);
      }),
    announceUser: (kind: string, userId: Id) =>
      sql.transaction((transaction) => {
        const user = people.get(userId);
        const payload = {
          user_id: String(userId),
          username: user?.username,
          display_name: user?.displayName,
        };
        return eventLog.append(transaction, [
          { topic: 'users', key: userId, ownerId: userId, kind, payload },
        ]);
      }),
    async close(): Promise<void> {
      await Promise.all(consumers.map((consumer) => consumer.close()));
      await feed.close();
    },
  };
}

const emptyIndex = writeStatement<[]>('test_empty_index', 'TRUNCATE search_posts, search_users, search_tags');
const emptyWords = writeStatement<[]>('test_empty_words', `UPDATE search_posts SET words = ''`);
const endBackfills = writeStatement<[]>(
  'test_end_backfills',
  'UPDATE search_backfills SET done = true, again = false, up_to = 0',
);
const readEvents = readStatement<
  [topic: string, key: Id],
  Omit<LoggedEvent, 'createdAt' | 'traceparent'> & { readonly created_at: Date }
>(
  'test_read_events_of_key',
  `SELECT topic, partition, "offset", key, kind, payload, created_at FROM event_log
   WHERE topic = $1 AND key = $2 ORDER BY partition, "offset"`,
);
