/** Notifications, as the nouns of this system speak of them. */
import { type Id, idTimeMs } from '../../core/ids.ts';
import type { User } from '../../core/user.ts';

export const NOTIFICATION_KINDS = ['follow', 'follow_request', 'like', 'repost', 'reply', 'mention'] as const;
export type NotificationKind = (typeof NOTIFICATION_KINDS)[number];

/** What one user did that concerns another. `stands`: they did it; otherwise they took it back. */
export interface Change {
  /** Whom it concerns. */
  readonly userId: Id;
  readonly kind: NotificationKind;
  /**
   * What it is about: those of one kind about one subject are shown together. The post; of follows the user, so that
   * all new followers are one item; of a follow request who asks, as each has to be answered.
   */
  readonly subjectId: Id;
  readonly actorId: Id;
  /** Of the like, repost, follow, request or post; or the time of an edit, as an id. */
  readonly causeId: Id;
  readonly stands: boolean;
  /** When it was done. */
  readonly createdAt: Date;
}

/** A group begins with a notification and takes in others for this long; as in Mastodon. */
export const GROUP_SPAN_MS = 12 * 60 * 60 * 1_000;

/** Whether the group still takes in a notification with the id `newId`. */
export function isOpen(groupId: Id, newId: Id): boolean {
  return idTimeMs(newId) - idTimeMs(groupId) < GROUP_SPAN_MS;
}

const WITHOUT_POST: ReadonlySet<NotificationKind> = new Set(['follow', 'follow_request']);

export function isAboutPost(kind: NotificationKind): boolean {
  return !WITHOUT_POST.has(kind);
}

export const KINDS_ABOUT_POSTS: readonly NotificationKind[] = NOTIFICATION_KINDS.filter(isAboutPost);

/** A post as its own system shows it to a reader; nothing here looks into it. */
export type ShownPost = object;

/** Notifications that are shown as one. */
export interface NotificationItem {
  /** Stays the same while others join it. */
  readonly groupId: Id;
  /** Of the newest that is shown. */
  readonly notificationId: Id;
  readonly kind: NotificationKind;
  /** How many did it. */
  readonly groupCount: number;
  /** The newest of them, newest first. */
  readonly actors: readonly User[];
  readonly post: ShownPost | null;
  /** When the newest was done. */
  readonly createdAt: Date;
  readonly read: boolean;
}
