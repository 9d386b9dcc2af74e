/** The system `discovery` over the posts and follows of a feed, kept by its real consumers. */
import { systemClock } from '../../src/core/clock.ts';
import { type Id, shardOf } from '../../src/core/ids.ts';
import { type SqlValue, writeStatement } from '../../src/ports/sql-store/sql-store.ts';
import { createDiscovery } from '../../src/systems/discovery/discovery.ts';
import { createTagUses } from '../../src/systems/discovery/tag-uses.ts';
import { createCircles } from '../../src/systems/feed/relationships/circles.ts';
import { createRelationships } from '../../src/systems/feed/relationships/relationships.ts';
import { createFeedSetting } from './feed-setting.ts';
import { until } from './until.ts';

export type DiscoverySetting = Awaited<ReturnType<typeof createDiscoverySetting>>;

export async function createDiscoverySetting() {
  const feed = await createFeedSetting();
  const { sql, eventLog, people, getUsers } = feed;
  const { relationshipsOf } = createRelationships({ sql, getUsers });
  const famous: Id[] = [];
  const discovery = createDiscovery({
    sql,
    clock: systemClock,
    friendsOfFriends: createCircles({ sql }).friendsOfFriends,
    mostFollowed: async (limit) => famous.slice(0, limit),
    async describeUsers(viewerId, userIds) {
      const users = await getUsers(userIds);
      const relationships = await relationshipsOf(viewerId ?? 0, userIds);
      const counts = { followerCount: 0, followingCount: 0, postCount: 0 };
      return userIds.flatMap((userId) => {
        const user = users.get(userId);
        const relationship = userId === viewerId ? null : (relationships.get(userId) ?? null);
        return user === undefined ? [] : [{ ...user, counts, relationship }];
      });
    },
  });
  const tagUses = createTagUses({ sql });
  const consumers = await Promise.all(discovery.subscriptions.map((each) => eventLog.subscribe(each)));

  const write = (name: string, text: string, params: readonly SqlValue[]) =>
    sql.query(writeStatement<readonly SqlValue[]>(name, text), params);
  async function settle(): Promise<void> {
    await until(async () => {
      const lag = await eventLog.lag();
      return lag.filter(({ group }) => group === 'discovery').every(({ waiting }) => waiting === 0);
    });
  }

  return {
    ...feed,
    discovery: { ...discovery, deleteOldTagUses: () => tagUses.deleteOld(systemClock.nowMs()) },
    /** Who is the most followed. */
    famous,
    /** All that was announced has been handled. */
    settle,
    announceUser: (kind: string, userId: Id) =>
      sql.transaction((transaction) => {
        const payload = { user_id: String(userId), username: people.get(userId)?.username };
        return eventLog.append(transaction, [
          { topic: 'users', key: userId, ownerId: userId, kind, payload },
        ]);
      }),
    ageTagUses: (hours: number) =>
      write('test_age_tag_uses', 'UPDATE tag_uses SET hour = hour - $1::int', [hours]),
    /** Since they were computed, and since anybody asked. */
    ageSuggestions: (hours: number) =>
      write(
        'test_age_suggestions',
        `UPDATE suggestion_readers SET computed_at = computed_at - make_interval(hours => $1),
           asked_at = asked_at - make_interval(hours => $1)`,
        [hours],
      ),
    insertDismissals: (userId: Id, count: number) =>
      write(
        'test_insert_dismissals',
        `INSERT INTO suggestion_dismissals (user_id, shard, dismissed_id, dismissed_at)
         SELECT $1, $2, number, now() - interval '1 day' FROM generate_series(1, $3::int) AS number`,
        [userId, shardOf(userId), count],
      ),
    async clearDiscovery(): Promise<void> {
      await settle();
      await write(
        'test_clear_discovery',
        `TRUNCATE tag_uses, tag_trends, discovery_hidden_users, suggestion_readers, suggestion_dismissals`,
        [],
      );
    },
    async close(): Promise<void> {
      await Promise.all(consumers.map((consumer) => consumer.close()));
      await feed.close();
    },
  };
}
