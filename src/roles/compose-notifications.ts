/** The system `notifications`, with what it needs of the accounts and the feed. */
import type { Clock } from '../core/clock.ts';
import type { Writes } from '../http/idempotency.ts';
import type { Ports } from '../ports/open-ports.ts';
import type { Accounts } from '../systems/accounts/accounts.ts';
import type { Feed } from '../systems/feed/feed.ts';
import { presentPost } from '../systems/feed/posts/posts-routes.ts';
import { createNotifications } from '../systems/notifications/notifications.ts';
import { NOTIFICATION_SCHEMAS, notificationsRoutes } from '../systems/notifications/notifications-routes.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { createNotificationMetrics } from '../telemetry/notification-metrics.ts';
import type { ComposedSystem } from './composed-system.ts';

export function composeNotifications(deps: {
  readonly ports: Ports;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly writes: Writes;
  readonly accounts: Accounts;
  readonly feed: Feed;
}): ComposedSystem {
  const { ports, clock, metrics, writes, accounts, feed } = deps;
  const notifications = createNotifications({
    ...ports,
    clock,
    getUsers: accounts.users.getUsers,
    tiesOf: feed.relationships.tiesOf,
    async getPosts(viewerId, postIds) {
      const posts = await feed.posts.getMany(viewerId, postIds);
      return new Map([...posts].map(([postId, post]) => [postId, presentPost(post)]));
    },
    observer: createNotificationMetrics(metrics.registry),
  });
  return {
    name: 'notifications',
    schemas: NOTIFICATION_SCHEMAS,
    routes: (app) => notificationsRoutes(app, { writes, notifications }),
    subscriptions: [notifications.subscription],
    jobs: notifications.jobs,
  };
}
