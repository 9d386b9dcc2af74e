/** What was sent to a webhook, for its owner: the log, and sending again by hand. */
import type { Clock } from '../../core/clock.ts';
import { notFound } from '../../core/errors.ts';
import type { Id } from '../../core/ids.ts';
import type { Page } from '../../core/page.ts';
import type { SqlSession, SqlStore, SqlTransaction } from '../../ports/sql-store/sql-store.ts';
import {
  type DeliveryRow,
  type DeliveryState,
  getDelivery,
  pageDeliveries,
  requeueDelivery,
} from './deliveries-queries.ts';
import { disabled } from './own-webhooks.ts';
import { addToQueueNow } from './queue-queries.ts';
import { getWebhook, lockWebhook } from './webhooks-queries.ts';

export type DeliveryWithBody = DeliveryRow & { readonly body: string };

/** All fail with `not_found` for a webhook that is not the user's. */
export interface Deliveries {
  /** The newest first; all, or those in one state. */
  page(
    userId: Id,
    webhookId: Id,
    state: DeliveryState | undefined,
    before: Id,
    limit: number,
  ): Promise<Page<DeliveryRow>>;
  get(userId: Id, webhookId: Id, deliveryId: Id): Promise<DeliveryWithBody>;
  /**
   * Sends it now, whatever has become of it, with all its attempts again and the same message id, and ends a pause.
   * Fails with `conflict` if the webhook is disabled.
   */
  replay(transaction: SqlTransaction, userId: Id, webhookId: Id, deliveryId: Id): Promise<DeliveryWithBody>;
}

export interface DeliveriesDeps {
  readonly sql: SqlStore;
  readonly clock: Clock;
  readonly onWaiting: () => void;
}

export function createDeliveries({ sql, clock, onWaiting }: DeliveriesDeps): Deliveries {
  async function checkOwner(userId: Id, webhookId: Id): Promise<void> {
    const [webhook] = await sql.query(getWebhook, [userId, webhookId]);
    if (webhook === undefined) throw notFound('webhook');
  }

  async function find(session: SqlSession, webhookId: Id, deliveryId: Id): Promise<DeliveryWithBody> {
    const [delivery] = await session.query(getDelivery, [webhookId, deliveryId]);
    if (delivery === undefined) throw notFound('delivery');
    return delivery;
  }

  return {
    async page(userId, webhookId, state, before, limit) {
      await checkOwner(userId, webhookId);
      const rows = await sql.query(pageDeliveries, [webhookId, before, limit + 1, state ?? null]);
      const items = rows.slice(0, limit);
      return { items, nextBefore: rows.length > limit ? items.at(-1)?.delivery_id : undefined };
    },

    async get(userId, webhookId, deliveryId) {
      await checkOwner(userId, webhookId);
      return find(sql, webhookId, deliveryId);
    },

    async replay(transaction, userId, webhookId, deliveryId) {
      const [webhook] = await transaction.query(lockWebhook, [userId, webhookId]);
      if (webhook === undefined) throw notFound('webhook');
      if (webhook.state !== 'enabled') throw disabled();
      const now = new Date(clock.nowMs());
      const [requeued] = await transaction.query(requeueDelivery, [webhookId, deliveryId, now]);
      if (requeued === undefined) throw notFound('delivery');
      await transaction.query(addToQueueNow, [webhookId, requeued.was_waiting ? 0 : 1, now]);
      transaction.afterCommit(onWaiting);
      return find(transaction, webhookId, deliveryId);
    },
  };
}
