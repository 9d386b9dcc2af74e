/** The system `discovery`, put together: trends of tags, and whom one might follow. */
import type { Clock } from '../../core/clock.ts';
import type { Job } from '../../core/job.ts';
import type { DescribeUsers } from '../../core/user.ts';
import type { Subscription } from '../../ports/event-log/event-log.ts';
import type { SqlStore } from '../../ports/sql-store/sql-store.ts';
import {
  createSuggestions,
  type FriendsOfFriends,
  type MostFollowed,
  type Suggestions,
} from './suggestions.ts';
import { createTagUses, POSTS_TOPIC, USERS_TOPIC } from './tag-uses.ts';
import { createTrends, type Trends } from './trends.ts';

export interface Discovery {
  readonly trends: Trends;
  readonly suggestions: Suggestions;
  readonly subscriptions: readonly Subscription[];
  readonly jobs: readonly Job[];
}

export interface DiscoveryDeps {
  readonly sql: SqlStore;
  readonly clock: Clock;
  readonly friendsOfFriends: FriendsOfFriends;
  readonly mostFollowed: MostFollowed;
  readonly describeUsers: DescribeUsers;
}

const DELETE_EVERY_MS = 600_000;
const BATCH_MAX = 500;
/** Trends are of minutes: events may gather. */
const GATHER_MS = 500;

export function createDiscovery(deps: DiscoveryDeps): Discovery {
  const { clock } = deps;
  const tagUses = createTagUses(deps);
  const trends = createTrends(deps);
  const suggestions = createSuggestions(deps);
  return {
    trends,
    suggestions,
    subscriptions: [
      {
        group: 'discovery',
        topics: [POSTS_TOPIC, USERS_TOPIC],
        from: 'beginning',
        batchMax: BATCH_MAX,
        gatherMs: GATHER_MS,
        async handle(events, transaction) {
          await tagUses.hear(events, transaction);
          if (events[0]?.topic === USERS_TOPIC) await suggestions.hear(events, transaction);
        },
      },
    ],
    jobs: [
      trends.job,
      suggestions.job,
      {
        name: 'delete-tag-uses',
        everyMs: DELETE_EVERY_MS,
        run: async () => ((await tagUses.deleteOld(clock.nowMs())) ? 'more' : 'done'),
      },
    ],
  };
}
