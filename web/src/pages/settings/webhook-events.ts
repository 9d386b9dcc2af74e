/** What webhooks are told of, in the words of people. */
import type { WebhookEvent } from '../../../../src/systems/webhooks/webhook-events.ts';

export type { WebhookEvent };

export const WEBHOOK_EVENTS: Readonly<
  Record<WebhookEvent, { readonly label: string; readonly hint?: string }>
> = {
  'post.created': { label: 'You post' },
  'post.edited': { label: 'You edit a post' },
  'post.deleted': { label: 'You delete a post' },
  'follow.created': { label: 'Somebody follows you' },
  'follow.deleted': { label: 'Somebody no longer follows you' },
  'notification.created': { label: 'You are notified' },
  'link.created': { label: 'You make a short link' },
  'link.updated': { label: 'You change a short link' },
  'link.deleted': { label: 'You delete a short link' },
  'link.clicked': {
    label: 'A short link of yours is opened',
    hint: 'Added up, about once a second at most.',
  },
  'link.target_dead': {
    label: 'The page of a short link is gone',
    hint: 'It was not there for some hours. The link leads there all the same.',
  },
  'link.target_back': { label: 'That page is there again' },
};

export const STATUSES = {
  waiting: { label: 'Waiting', tone: 'warn' },
  delivered: { label: 'Delivered', tone: 'ok' },
  failed: { label: 'Failed', tone: 'danger' },
  cancelled: { label: 'Cancelled', tone: 'plain' },
  dropped: { label: 'Dropped', tone: 'danger' },
} as const;
