/** The system `notifications`, put together: what others did that concerns a user. */
import type { Clock } from '../../core/clock.ts';
import type { IdGenerator } from '../../core/ids.ts';
import type { Job } from '../../core/job.ts';
import type { EventLog, LoggedEvent, Subscription } from '../../ports/event-log/event-log.ts';
import type { SqlStore, SqlTransaction } from '../../ports/sql-store/sql-store.ts';
import { createHiddenUsers, USERS_TOPIC } from './hidden-users.ts';
import { createInbox, type Inbox, type InboxDeps } from './inbox.ts';
import { CAUSE_TOPICS, causesOf } from './notification-causes.ts';
import { createSettings, type Settings } from './notification-settings.ts';
import { createNotificationWriter, type NotificationObserver } from './notification-writer.ts';
import { createReadMarks, type ReadMarks } from './read-marks.ts';
import { createRetention, GROUPS_MAX } from './retention.ts';

export const NOTIFICATIONS_GROUP = 'notifications';
/** Under load a batch has so many events at least as came in the time, and each costs a transaction, whatever is in it. */
const GATHER_MS = 100;

export interface Notifications {
  readonly inbox: Inbox;
  readonly readMarks: ReadMarks;
  readonly settings: Settings;
  readonly subscription: Subscription;
  readonly jobs: readonly Job[];
}

export interface NotificationsDeps extends InboxDeps {
  readonly sql: SqlStore;
  readonly eventLog: Pick<EventLog, 'append'>;
  readonly ids: IdGenerator;
  readonly clock: Clock;
  readonly observer?: NotificationObserver;
  /** Default GROUPS_MAX. */
  readonly groupsMax?: number;
  /** How long a batch may take; a default stands in hidden-users.ts. */
  readonly batchMs?: number;
}

export function createNotifications(deps: NotificationsDeps): Notifications {
  const { groupsMax = GROUPS_MAX } = deps;
  const writer = createNotificationWriter({ ...deps, groupsMax });
  const hiddenUsers = createHiddenUsers(deps);
  const retention = createRetention({ ...deps, groupsMax });

  /** A batch is of one topic. */
  async function handle(events: readonly LoggedEvent[], transaction: SqlTransaction): Promise<void> {
    if (events[0]?.topic === USERS_TOPIC) return hiddenUsers.handle(events, transaction);
    await writer.write(transaction, causesOf(events));
  }

  return {
    inbox: createInbox(deps),
    readMarks: createReadMarks(deps),
    settings: createSettings(deps),
    subscription: {
      group: NOTIFICATIONS_GROUP,
      topics: [...CAUSE_TOPICS, USERS_TOPIC],
      // What happened before the first worker started counts as well.
      from: 'beginning',
      gatherMs: GATHER_MS,
      handle,
    },
    jobs: [hiddenUsers.job, retention.job],
  };
}
