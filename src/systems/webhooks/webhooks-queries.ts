/** The table `webhooks`, as its owners see and change it. */
import type { Id } from '../../core/ids.ts';
import { readStatement, writeStatement } from '../../ports/sql-store/sql-store.ts';

export type DisabledReason = 'owner' | 'gone' | 'failing';

/** What its owner sees; no secret. */
export interface WebhookRow {
  readonly webhook_id: Id;
  readonly user_id: Id;
  readonly url: string;
  readonly description: string;
  readonly events: readonly string[];
  readonly state: 'enabled' | 'disabled';
  readonly disabled_reason: DisabledReason | null;
  readonly previous_secret_until: Date | null;
  readonly updated_at: Date;
  readonly waiting: number;
  readonly dropped: number;
  readonly failures: number;
  readonly failing_since: Date | null;
  readonly paused_until: Date | null;
}

const COLUMNS = `webhook_id, user_id, url, description, events, state, disabled_reason, previous_secret_until,
  updated_at, waiting, dropped, failures, failing_since, paused_until`;

/** One at a time may add to the webhooks of a user, so that they can be counted. */
export const lockWebhooksOf = writeStatement<[userId: Id]>(
  'webhooks_lock_of',
  `SELECT pg_advisory_xact_lock(hashtextextended($1::bigint::text, x'686f6f6b'::int))`,
);

export const countWebhooks = readStatement<[userId: Id], { count: number }>(
  'webhooks_count',
  `SELECT count(*) AS count FROM webhooks WHERE user_id = $1 AND state <> 'deleted'`,
);

export const insertWebhook = writeStatement<
  [
    webhookId: Id,
    userId: Id,
    shard: number,
    url: string,
    description: string,
    events: readonly string[],
    secret: string,
    now: Date,
  ],
  WebhookRow
>(
  'webhooks_insert',
  `INSERT INTO webhooks (webhook_id, user_id, shard, url, description, events, secret, updated_at)
   VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING ${COLUMNS}`,
);

export const getWebhook = readStatement<[userId: Id, webhookId: Id], WebhookRow>(
  'webhooks_get',
  `SELECT ${COLUMNS} FROM webhooks WHERE webhook_id = $2 AND user_id = $1 AND state <> 'deleted'`,
);

export const pageWebhooks = readStatement<[userId: Id, before: Id, limit: number], WebhookRow>(
  'webhooks_page',
  `SELECT ${COLUMNS} FROM webhooks WHERE user_id = $1 AND webhook_id < $2 AND state <> 'deleted'
   ORDER BY webhook_id DESC LIMIT $3`,
);

export const lockWebhook = writeStatement<[userId: Id, webhookId: Id], WebhookRow>(
  'webhooks_lock',
  `SELECT ${COLUMNS} FROM webhooks WHERE webhook_id = $2 AND user_id = $1 AND state <> 'deleted' FOR UPDATE`,
);

export const updateWebhook = writeStatement<
  [webhookId: Id, url: string, description: string, events: readonly string[], now: Date],
  WebhookRow
>(
  'webhooks_update',
  `UPDATE webhooks SET url = $2, description = $3, events = $4, updated_at = $5
   WHERE webhook_id = $1 RETURNING ${COLUMNS}`,
);

/** As one that has never failed. */
export const enableWebhook = writeStatement<[webhookId: Id], WebhookRow>(
  'webhooks_enable',
  `UPDATE webhooks SET state = 'enabled', disabled_reason = NULL, notice_due = false,
     failures = 0, failing_since = NULL, paused_until = NULL
   WHERE webhook_id = $1 RETURNING ${COLUMNS}`,
);

/** What waits is cancelled by whoever disables. */
export const disableWebhook = writeStatement<
  [webhookId: Id, reason: DisabledReason, noticeDue: boolean],
  WebhookRow
>(
  'webhooks_disable',
  `UPDATE webhooks SET state = 'disabled', disabled_reason = $2, notice_due = $3, waiting = 0, due_at = NULL,
     paused_until = NULL
   WHERE webhook_id = $1 RETURNING ${COLUMNS}`,
);

/** Nothing is sent there any more, and nobody sees it; its rows are erased later. */
export const markWebhooksDeleted = writeStatement<[userId: Id, webhookId: Id | null], { webhook_id: Id }>(
  'webhooks_mark_deleted',
  `UPDATE webhooks SET state = 'deleted', due_at = NULL, notice_due = false, secret = '', previous_secret = NULL
   WHERE user_id = $1 AND webhook_id = coalesce($2, webhook_id) AND state <> 'deleted' RETURNING webhook_id`,
);

/** The secret up to now goes on to sign until `$3`. */
export const rotateWebhookSecret = writeStatement<
  [webhookId: Id, secret: string, previousUntil: Date, now: Date],
  WebhookRow
>(
  'webhooks_rotate_secret',
  `UPDATE webhooks SET previous_secret = secret, previous_secret_until = $3, secret = $2, updated_at = $4
   WHERE webhook_id = $1 RETURNING ${COLUMNS}`,
);

export const suspendWebhooksOf = writeStatement<[userIds: readonly Id[]]>(
  'webhooks_suspend_of',
  `UPDATE webhooks SET suspended = true, due_at = NULL WHERE user_id = ANY ($1::bigint[])`,
);

export const restoreWebhooksOf = writeStatement<[userIds: readonly Id[], now: Date]>(
  'webhooks_restore_of',
  `UPDATE webhooks SET suspended = false,
     due_at = CASE WHEN state = 'enabled' AND waiting > 0 THEN $2::timestamptz END
   WHERE user_id = ANY ($1::bigint[]) AND suspended`,
);

export const getDueNotice = readStatement<
  [],
  { webhook_id: Id; user_id: Id; url: string; disabled_reason: DisabledReason; failing_since: Date | null }
>(
  'webhooks_get_due_notice',
  `SELECT webhook_id, user_id, url, disabled_reason, failing_since FROM webhooks WHERE notice_due
   ORDER BY webhook_id LIMIT 1`,
);

export const markNoticed = writeStatement<[webhookId: Id]>(
  'webhooks_mark_noticed',
  `UPDATE webhooks SET notice_due = false WHERE webhook_id = $1`,
);

export const getDeletedWebhook = readStatement<[], { webhook_id: Id }>(
  'webhooks_get_deleted',
  `SELECT webhook_id FROM webhooks WHERE state = 'deleted' ORDER BY webhook_id LIMIT 1`,
);

export const eraseWebhook = writeStatement<[webhookId: Id]>(
  'webhooks_erase',
  `DELETE FROM webhooks WHERE webhook_id = $1 AND state = 'deleted'
   AND NOT EXISTS (SELECT FROM webhook_deliveries WHERE webhook_deliveries.webhook_id = $1)`,
);
