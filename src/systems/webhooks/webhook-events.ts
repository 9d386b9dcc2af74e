/**
 * What webhooks are told of: which events of which topics, as they were when they happened, and whose they are. The
 * topics are other systems'; their names and payloads are a contract.
 */
import type { Id } from '../../core/ids.ts';
import type { LoggedEvent } from '../../ports/event-log/event-log.ts';

/** By topic and kind. The key of all these topics is the user whose account it is. */
const TYPES = {
  posts: { created: 'post.created', edited: 'post.edited', deleted: 'post.deleted' },
  relationships: { followed: 'follow.created', unfollowed: 'follow.deleted' },
  notifications: { notified: 'notification.created' },
  links: { created: 'link.created', updated: 'link.updated', deleted: 'link.deleted' },
  link_visits: { counted: 'link.clicked' },
  link_targets: { dead: 'link.target_dead', back: 'link.target_back' },
} as const;

/** What a webhook can subscribe to. */
export const WEBHOOK_EVENTS = [
  'post.created',
  'post.edited',
  'post.deleted',
  'follow.created',
  'follow.deleted',
  'notification.created',
  'link.created',
  'link.updated',
  'link.deleted',
  'link.clicked',
  'link.target_dead',
  'link.target_back',
] as const;
export type WebhookEvent = (typeof WEBHOOK_EVENTS)[number];

/** Sent to one webhook, when its owner asks for it. */
export const TEST_EVENT = 'webhook.test';

export const EVENT_TOPICS: readonly string[] = Object.keys(TYPES);

/** An event of one user's account. */
export interface OwnEvent {
  readonly userId: Id;
  readonly type: WebhookEvent;
  readonly at: Date;
  readonly data: object;
}

/** `undefined` for what webhooks are not told of. */
export function ownEventOf({ topic, kind, key, payload, createdAt }: LoggedEvent): OwnEvent | undefined {
  const kinds: Readonly<Record<string, WebhookEvent>> | undefined = TYPES[topic as keyof typeof TYPES];
  const type = kinds?.[kind];
  if (type === undefined) return undefined;
  return { userId: key, type, at: createdAt, data: dataOf(payload) };
}

/** The body of a request. The keys stand in this order, as documented. */
export function bodyOf(type: string, at: Date, userId: Id, data: object): string {
  return JSON.stringify({ type, timestamp: at.toISOString(), user_id: String(userId), data });
}

/** All but what only our own consumers need. */
function dataOf(payload: LoggedEvent['payload']): object {
  const { removed_mention_user_ids: _, ...data } = payload;
  return data;
}
