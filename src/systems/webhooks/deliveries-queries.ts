/** The table `webhook_deliveries`: the log of a webhook, and what waits in its queue. */
import type { Id } from '../../core/ids.ts';
import { readStatement, writeStatement } from '../../ports/sql-store/sql-store.ts';

export const DELIVERY_STATES = ['waiting', 'delivered', 'failed', 'cancelled', 'dropped'] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];

export interface DeliveryRow {
  readonly delivery_id: Id;
  readonly event: string;
  readonly event_at: Date;
  readonly state: DeliveryState;
  readonly attempts: number;
  readonly due_at: Date | null;
  readonly attempted_at: Date | null;
  readonly took_ms: number | null;
  readonly response_status: number | null;
  readonly response_body: string | null;
  readonly error: string | null;
}

const COLUMNS = `delivery_id, event, event_at, state, attempts, due_at, attempted_at, took_ms, response_status,
  response_body, error`;

export const pageDeliveries = readStatement<
  [webhookId: Id, before: Id, limit: number, state: DeliveryState | null],
  DeliveryRow
>(
  'webhook_deliveries_page',
  `SELECT ${COLUMNS} FROM webhook_deliveries
   WHERE webhook_id = $1 AND delivery_id < $2 AND ($4::text IS NULL OR state = $4)
   ORDER BY delivery_id DESC LIMIT $3`,
  { mayBeStale: true },
);

export const getDelivery = readStatement<[webhookId: Id, deliveryId: Id], DeliveryRow & { body: string }>(
  'webhook_deliveries_get',
  `SELECT ${COLUMNS}, body FROM webhook_deliveries WHERE delivery_id = $2 AND webhook_id = $1`,
);

export const insertDeliveries = writeStatement<
  [
    deliveryIds: readonly Id[],
    webhookIds: readonly Id[],
    shards: readonly number[],
    events: readonly string[],
    eventTimes: readonly Date[],
    bodies: readonly string[],
    now: Date,
  ]
>(
  'webhook_deliveries_insert',
  `INSERT INTO webhook_deliveries (delivery_id, webhook_id, shard, event, event_at, body, due_at)
   SELECT new.*, $7::timestamptz
   FROM unnest($1::bigint[], $2::bigint[], $3::smallint[], $4::text[], $5::timestamptz[], $6::text[]) AS new`,
);

/** As if it had never been tried. Answers whether it was waiting before. */
export const requeueDelivery = writeStatement<
  [webhookId: Id, deliveryId: Id, now: Date],
  { was_waiting: boolean }
>(
  'webhook_deliveries_requeue',
  `UPDATE webhook_deliveries AS delivery SET state = 'waiting', attempts = 0, due_at = $3
   FROM (SELECT delivery_id, state FROM webhook_deliveries
         WHERE delivery_id = $2 AND webhook_id = $1 FOR UPDATE) AS found
   WHERE delivery.delivery_id = found.delivery_id
   RETURNING found.state = 'waiting' AS was_waiting`,
);

/** Only what waits is settled: what was cancelled or dropped meanwhile stays so. */
export const settleDelivery = writeStatement<
  [
    deliveryId: Id,
    state: DeliveryState,
    dueAt: Date | null,
    attemptedAt: Date,
    tookMs: number,
    responseStatus: number | null,
    responseBody: string | null,
    error: string | null,
  ],
  { delivery_id: Id }
>(
  'webhook_deliveries_settle',
  `UPDATE webhook_deliveries SET state = $2, due_at = $3, attempts = attempts + 1, attempted_at = $4, took_ms = $5,
     response_status = $6, response_body = $7, error = $8
   WHERE delivery_id = $1 AND state = 'waiting' RETURNING delivery_id`,
);

export const cancelWaiting = writeStatement<[webhookId: Id], { delivery_id: Id }>(
  'webhook_deliveries_cancel',
  `UPDATE webhook_deliveries SET state = 'cancelled', due_at = NULL
   WHERE webhook_id = $1 AND state = 'waiting' RETURNING delivery_id`,
);

export const deleteDeliveriesOf = writeStatement<[webhookId: Id, limit: number], { delivery_id: Id }>(
  'webhook_deliveries_delete_of',
  `DELETE FROM webhook_deliveries WHERE delivery_id IN (
     SELECT delivery_id FROM webhook_deliveries WHERE webhook_id = $1 ORDER BY delivery_id DESC LIMIT $2)
   RETURNING delivery_id`,
);

export const deleteExpiredDeliveries = writeStatement<[before: Id, limit: number], { delivery_id: Id }>(
  'webhook_deliveries_delete_expired',
  `DELETE FROM webhook_deliveries WHERE delivery_id IN (
     SELECT delivery_id FROM webhook_deliveries WHERE delivery_id < $1 AND state <> 'waiting'
     ORDER BY delivery_id LIMIT $2)
   RETURNING delivery_id`,
);
