/** The queues of webhooks: what is added to them, and who takes from them. */
import type { Id } from '../../core/ids.ts';
import { readStatement, writeStatement } from '../../ports/sql-store/sql-store.ts';

/** The webhooks of these users that want any of the events, locked in the order of their ids. */
export const lockSubscribed = writeStatement<
  [userIds: readonly Id[], events: readonly string[]],
  { webhook_id: Id; user_id: Id; shard: number; events: readonly string[] }
>(
  'webhooks_lock_subscribed',
  `SELECT webhook_id, user_id, shard, events FROM webhooks
   WHERE user_id = ANY ($1::bigint[]) AND state = 'enabled' AND NOT suspended AND events && $2::text[]
   ORDER BY webhook_id FOR UPDATE`,
);

/** So many more wait; they are due now, or when the pause ends. Answers how many wait. */
export const addToQueues = writeStatement<
  [webhookIds: readonly Id[], counts: readonly number[], now: Date],
  { webhook_id: Id; waiting: number }
>(
  'webhooks_add_to_queues',
  `UPDATE webhooks SET waiting = waiting + added.count, due_at = least(due_at, greatest(paused_until, $3))
   FROM unnest($1::bigint[], $2::integer[]) AS added (webhook_id, count)
   WHERE webhooks.webhook_id = added.webhook_id
   RETURNING webhooks.webhook_id, waiting`,
);

/** The same for one that is asked for by hand, which ends the pause: it shows whether the webhook works again. */
export const addToQueueNow = writeStatement<[webhookId: Id, count: number, now: Date]>(
  'webhooks_add_to_queue_now',
  `UPDATE webhooks SET waiting = waiting + $2, paused_until = NULL,
     due_at = CASE WHEN suspended THEN NULL ELSE $3::timestamptz END
   WHERE webhook_id = $1`,
);

/** Drops the oldest that wait, as many as are over the limit. */
export const dropOldest = writeStatement<[webhookId: Id, waitingMax: number], { delivery_id: Id }>(
  'webhooks_drop_oldest',
  `WITH excess AS (SELECT waiting - $2 AS count FROM webhooks WHERE webhook_id = $1),
   dropped AS (
     UPDATE webhook_deliveries SET state = 'dropped', due_at = NULL
     WHERE delivery_id IN (
       SELECT delivery_id FROM webhook_deliveries WHERE webhook_id = $1 AND state = 'waiting'
       ORDER BY delivery_id LIMIT (SELECT greatest(count, 0) FROM excess))
     RETURNING delivery_id),
   counted AS (
     UPDATE webhooks SET waiting = waiting - (SELECT count(*) FROM dropped),
       dropped = dropped + (SELECT count(*) FROM dropped)
     WHERE webhook_id = $1)
   SELECT delivery_id FROM dropped`,
);

/** A webhook whose deliveries one worker sends until the lease ends. */
export interface LeasedRow {
  readonly webhook_id: Id;
  readonly user_id: Id;
  readonly url: string;
  readonly secret: string;
  /** Null unless it is still to sign. */
  readonly previous_secret: string | null;
  readonly failures: number;
  readonly failing_since: Date | null;
  readonly lease: number;
}

export const leaseDue = writeStatement<[now: Date, until: Date, slow: boolean, limit: number], LeasedRow>(
  'webhooks_lease_due',
  `UPDATE webhooks SET leased_until = $2, lease = lease + 1
   WHERE webhook_id IN (
     SELECT webhook_id FROM webhooks
     WHERE slow = $3 AND due_at <= $1 AND (leased_until IS NULL OR leased_until <= $1)
     ORDER BY due_at LIMIT $4 FOR UPDATE SKIP LOCKED)
   RETURNING webhook_id, user_id, url, secret, failures, failing_since, lease,
     CASE WHEN previous_secret_until > $1 THEN previous_secret END AS previous_secret`,
);

export interface DueDeliveryRow {
  readonly delivery_id: Id;
  readonly event: string;
  readonly event_at: Date;
  readonly body: string;
  readonly attempts: number;
}

export const getDueDeliveries = readStatement<[webhookId: Id, now: Date, limit: number], DueDeliveryRow>(
  'webhooks_get_due_deliveries',
  `SELECT delivery_id, event, event_at, body, attempts FROM webhook_deliveries
   WHERE webhook_id = $1 AND state = 'waiting' AND due_at <= $2
   ORDER BY due_at, delivery_id LIMIT $3`,
);

/**
 * How an attempt has left the webhook, and that its worker goes on. Nothing for a worker that has lost the lease, as
 * after a long stop of its process: another one knows better.
 */
export const noteAttempt = writeStatement<
  [
    webhookId: Id,
    lease: number,
    failures: number,
    failingSince: Date | null,
    pausedUntil: Date | null,
    slow: boolean,
    leasedUntil: Date,
  ],
  { state: string; suspended: boolean }
>(
  'webhooks_note_attempt',
  `UPDATE webhooks SET failures = $3, failing_since = $4, paused_until = $5, slow = $6, leased_until = $7
   WHERE webhook_id = $1 AND lease = $2 RETURNING state, suspended`,
);

export const removeFromQueue = writeStatement<[webhookId: Id]>(
  'webhooks_remove_from_queue',
  `UPDATE webhooks SET waiting = waiting - 1 WHERE webhook_id = $1 AND waiting > 0`,
);

/** So that the statement after it sees whatever others have put into the queue. */
export const lockLeased = writeStatement<[webhookId: Id, lease: number], { webhook_id: Id }>(
  'webhooks_lock_leased',
  `SELECT webhook_id FROM webhooks WHERE webhook_id = $1 AND lease = $2 FOR UPDATE`,
);

/** Ends the lease. What is due goes to the end of the line, so that nobody waits behind a long queue. */
export const release = writeStatement<[webhookId: Id, lease: number, now: Date], { due_at: Date | null }>(
  'webhooks_release',
  `UPDATE webhooks SET leased_until = NULL,
     due_at = CASE WHEN state = 'enabled' AND NOT suspended THEN (
       SELECT greatest(delivery.due_at, paused_until, $3) FROM webhook_deliveries AS delivery
       WHERE delivery.webhook_id = $1 AND delivery.state = 'waiting' ORDER BY delivery.due_at LIMIT 1) END
   WHERE webhook_id = $1 AND lease = $2 RETURNING due_at`,
);

/** Of all that have anything to send. */
export const measureQueues = readStatement<
  [now: Date],
  { webhooks: number; waiting: number; paused: number }
>(
  'webhooks_measure_queues',
  `SELECT count(*) AS webhooks, coalesce(sum(waiting), 0)::bigint AS waiting,
     count(*) FILTER (WHERE paused_until > $1) AS paused
   FROM webhooks WHERE due_at IS NOT NULL`,
);
