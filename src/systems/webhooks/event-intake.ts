/**
 * From events to deliveries. All of it happens in the consumer's transaction, so every event is a delivery of every
 * webhook that wants it exactly once, however often it is handled.
 */
import type { Clock } from '../../core/clock.ts';
import { type Id, type IdGenerator, shardOf } from '../../core/ids.ts';
import type { LoggedEvent, Subscription } from '../../ports/event-log/event-log.ts';
import type { SqlTransaction } from '../../ports/sql-store/sql-store.ts';
import { insertDeliveries } from './deliveries-queries.ts';
import { addToQueues, dropOldest, lockSubscribed } from './queue-queries.ts';
import { bodyOf, EVENT_TOPICS, type OwnEvent, ownEventOf } from './webhook-events.ts';
import type { WebhookObserver } from './webhook-observer.ts';
import { markWebhooksDeleted, restoreWebhooksOf, suspendWebhooksOf } from './webhooks-queries.ts';

/** Deliveries of one webhook that wait; past that the oldest are dropped, which its owner sees. */
export const WAITING_MAX = 10_000;

/** A rest between batches: nobody sees a tenth of a second in a webhook, and under load it makes few transactions of very many events. */
const GATHER_MS = 100;
const BATCH_MAX = 200;

const USERS_TOPIC = 'users';

export interface EventIntakeDeps {
  readonly ids: IdGenerator;
  readonly clock: Clock;
  readonly observer: WebhookObserver;
  /** Deliveries wait that may be sent now. */
  readonly onWaiting: () => void;
  /** By default WAITING_MAX. */
  readonly waitingMax?: number;
}

export function createEventIntake(deps: EventIntakeDeps): Subscription {
  const { ids, clock, observer, onWaiting, waitingMax = WAITING_MAX } = deps;

  async function handle(events: readonly LoggedEvent[], transaction: SqlTransaction): Promise<void> {
    await followUsers(events, transaction, new Date(clock.nowMs()));
    const own = events.map(ownEventOf).filter((event) => event !== undefined);
    if (own.length === 0) return;
    const wanted = await findWanted(own, transaction);
    if (wanted.length === 0) return;
    await enqueue(wanted, transaction);
    transaction.afterCommit(onWaiting);
  }

  async function enqueue(wanted: readonly Wanted[], transaction: SqlTransaction): Promise<void> {
    const now = new Date(clock.nowMs());
    await transaction.query(insertDeliveries, [
      wanted.map(() => ids.next()),
      wanted.map(({ webhookId }) => webhookId),
      wanted.map(({ event }) => shardOf(event.userId)),
      wanted.map(({ event }) => event.type),
      wanted.map(({ event }) => event.at),
      wanted.map(({ event: { type, at, userId, data } }) => bodyOf(type, at, userId, data)),
      now,
    ]);
    const counts = [...countByWebhook(wanted)];
    const webhookIds = counts.map(([webhookId]) => webhookId);
    const added = counts.map(([, count]) => count);
    for (const { webhook_id, waiting } of await transaction.query(addToQueues, [webhookIds, added, now])) {
      if (waiting <= waitingMax) continue;
      const dropped = await transaction.query(dropOldest, [webhook_id, waitingMax]);
      transaction.afterCommit(() => observer.ended('dropped', dropped.length));
    }
  }

  return {
    group: 'webhooks',
    topics: [...EVENT_TOPICS, USERS_TOPIC],
    from: 'end',
    handle,
    batchMax: BATCH_MAX,
    gatherMs: GATHER_MS,
  };
}

/** One event for one webhook. */
interface Wanted {
  readonly webhookId: Id;
  readonly event: OwnEvent;
}

/** In the order of the events. */
async function findWanted(events: readonly OwnEvent[], transaction: SqlTransaction): Promise<Wanted[]> {
  const userIds = [...new Set(events.map(({ userId }) => userId))];
  const types = [...new Set(events.map(({ type }) => type))];
  const webhooks = await transaction.query(lockSubscribed, [userIds, types]);
  return events.flatMap((event) =>
    webhooks
      .filter((webhook) => webhook.user_id === event.userId && webhook.events.includes(event.type))
      .map((webhook) => ({ webhookId: webhook.webhook_id, event })),
  );
}

function countByWebhook(wanted: readonly Wanted[]): Map<Id, number> {
  const counts = new Map<Id, number>();
  for (const { webhookId } of wanted) counts.set(webhookId, (counts.get(webhookId) ?? 0) + 1);
  return counts;
}

/** Whoever is suspended is sent nothing; of whoever is deleted, nothing is kept. */
async function followUsers(
  events: readonly LoggedEvent[],
  transaction: SqlTransaction,
  now: Date,
): Promise<void> {
  for (const { topic, kind, key } of events) {
    if (topic !== USERS_TOPIC) continue;
    if (kind === 'suspended') await transaction.query(suspendWebhooksOf, [[key]]);
    if (kind === 'restored') await transaction.query(restoreWebhooksOf, [[key], now]);
    if (kind === 'deleted') await transaction.query(markWebhooksDeleted, [key, null]);
  }
}
