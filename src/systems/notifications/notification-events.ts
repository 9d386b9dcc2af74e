/**
 * The events of the topic `notifications`, with whom they are for as key. In the order in which the user's ids rise:
 * whoever appends holds the lock of the inbox.
 */
import type { Id } from '../../core/ids.ts';
import type { NewEvent } from '../../ports/event-log/event-log.ts';
import { isAboutPost, type NotificationKind } from './notification.ts';

export const NOTIFICATIONS_TOPIC = 'notifications';

interface Announced {
  readonly userId: Id;
  readonly kind: NotificationKind;
  readonly notificationId: Id;
  readonly groupId: Id;
  /** In the group from now on; 0: it is shown no more. */
  readonly groupCount: number;
}

export function notified(
  notification: Announced & { readonly actorId: Id; readonly subjectId: Id; readonly createdAt: Date },
): NewEvent {
  const { kind, actorId, subjectId, createdAt } = notification;
  return event('notified', notification.userId, {
    ...announced(notification),
    actor_id: String(actorId),
    post_id: isAboutPost(kind) ? String(subjectId) : null,
    created_at: createdAt.toISOString(),
  });
}

export function withdrawn(notification: Announced): NewEvent {
  return event('withdrawn', notification.userId, announced(notification));
}

export function read(userId: Id, readUpToId: Id): NewEvent {
  return event('read', userId, { user_id: String(userId), read_up_to: String(readUpToId) });
}

function announced({ userId, kind, notificationId, groupId, groupCount }: Announced) {
  return {
    notification_id: String(notificationId),
    user_id: String(userId),
    kind,
    group_id: String(groupId),
    group_count: groupCount,
  };
}

function event(kind: string, userId: Id, payload: NewEvent['payload']): NewEvent {
  return { topic: NOTIFICATIONS_TOPIC, key: userId, kind, payload, ownerId: userId };
}
