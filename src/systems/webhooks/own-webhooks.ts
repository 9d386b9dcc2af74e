/** What people do with their own webhooks. Nobody sees or changes those of others. */
import type { Clock, Randomness } from '../../core/clock.ts';
import { AppError, invalidField, notFound } from '../../core/errors.ts';
import { type Id, type IdGenerator, shardOf } from '../../core/ids.ts';
import { type PrivateAddresses, refuseTarget } from '../../core/outbound-target.ts';
import type { Page } from '../../core/page.ts';
import { refusePort } from '../../ports/outbound-http/outbound-http.ts';
import type { SqlStore, SqlTransaction } from '../../ports/sql-store/sql-store.ts';
import { cancelWaiting, insertDeliveries } from './deliveries-queries.ts';
import { addToQueueNow } from './queue-queries.ts';
import { bodyOf, TEST_EVENT, WEBHOOK_EVENTS, type WebhookEvent } from './webhook-events.ts';
import { newSecret, parseSecret } from './webhook-signature.ts';
import {
  countWebhooks,
  disableWebhook,
  enableWebhook,
  getWebhook,
  insertWebhook,
  lockWebhook,
  lockWebhooksOf,
  markWebhooksDeleted,
  pageWebhooks,
  rotateWebhookSecret,
  updateWebhook,
  type WebhookRow,
} from './webhooks-queries.ts';

export const WEBHOOKS_MAX = 20;
export const URL_LENGTH_MAX = 2_048;
export const DESCRIPTION_LENGTH_MAX = 200;
/** After a rotation, so long both secrets sign. */
export const SECRET_OVERLAP_MS = 24 * 3_600_000;

export interface NewWebhook {
  readonly url: string;
  readonly events: readonly WebhookEvent[];
  readonly description?: string | undefined;
  /** By default one is made. */
  readonly secret?: string | undefined;
}

/** What is left out stays. */
export interface WebhookChange {
  readonly url?: string | undefined;
  readonly events?: readonly WebhookEvent[] | undefined;
  readonly description?: string | undefined;
  readonly enabled?: boolean | undefined;
}

/** The only time the secret is shown. */
export interface WebhookWithSecret {
  readonly webhook: WebhookRow;
  readonly secret: string;
}

/** All fail with `not_found` for a webhook that is not the user's, or was deleted. */
export interface OwnWebhooks {
  /** Fails with `invalid`, or with `conflict` past WEBHOOKS_MAX. */
  create(transaction: SqlTransaction, userId: Id, webhook: NewWebhook): Promise<WebhookWithSecret>;
  get(userId: Id, webhookId: Id): Promise<WebhookRow>;
  page(userId: Id, before: Id, limit: number): Promise<Page<WebhookRow>>;
  /** Disabling cancels what waits. Enabling begins anew, as if nothing had ever failed. Fails with `invalid`. */
  change(transaction: SqlTransaction, userId: Id, webhookId: Id, change: WebhookChange): Promise<WebhookRow>;
  remove(transaction: SqlTransaction, userId: Id, webhookId: Id): Promise<void>;
  /** The secret up to now signs too for SECRET_OVERLAP_MS; one that was rotated out before ends at once. */
  rotateSecret(transaction: SqlTransaction, userId: Id, webhookId: Id): Promise<WebhookWithSecret>;
  /** Puts a TEST_EVENT into the queue, and ends a pause. Answers its delivery. Fails with `conflict` if disabled. */
  test(transaction: SqlTransaction, userId: Id, webhookId: Id): Promise<Id>;
}

export interface OwnWebhooksDeps {
  readonly sql: SqlStore;
  readonly ids: IdGenerator;
  readonly clock: Clock;
  readonly randomness: Pick<Randomness, 'bytes'>;
  readonly privateAddresses: PrivateAddresses;
  /** A delivery waits that may be sent now. */
  readonly onWaiting: () => void;
}

export function createOwnWebhooks(deps: OwnWebhooksDeps): OwnWebhooks {
  const { sql, ids, clock, randomness, privateAddresses, onWaiting } = deps;
  const now = (): Date => new Date(clock.nowMs());

  async function lock(transaction: SqlTransaction, userId: Id, webhookId: Id): Promise<WebhookRow> {
    return found(await transaction.query(lockWebhook, [userId, webhookId]));
  }

  async function setEnabled(
    transaction: SqlTransaction,
    webhook: WebhookRow,
    enabled: boolean,
  ): Promise<WebhookRow> {
    if (enabled === (webhook.state === 'enabled')) return webhook;
    if (enabled) return found(await transaction.query(enableWebhook, [webhook.webhook_id]));
    await transaction.query(cancelWaiting, [webhook.webhook_id]);
    return found(await transaction.query(disableWebhook, [webhook.webhook_id, 'owner', false]));
  }

  return {
    async create(transaction, userId, { url, events, description = '', secret }) {
      const address = parseUrl(url, privateAddresses);
      const line = parseDescription(description);
      const key = secret === undefined ? newSecret(randomness) : parseSecret(secret);
      await transaction.query(lockWebhooksOf, [userId]);
      const [row] = await transaction.query(countWebhooks, [userId]);
      if ((row?.count ?? 0) >= WEBHOOKS_MAX) throw tooMany();
      const webhook = found(
        await transaction.query(insertWebhook, [
          ids.next(),
          userId,
          shardOf(userId),
          address,
          line,
          inOrder(events),
          key,
          now(),
        ]),
      );
      return { webhook, secret: key };
    },

    async get(userId, webhookId) {
      return found(await sql.query(getWebhook, [userId, webhookId]));
    },

    async page(userId, before, limit) {
      const rows = await sql.query(pageWebhooks, [userId, before, limit + 1]);
      const items = rows.slice(0, limit);
      return { items, nextBefore: rows.length > limit ? items.at(-1)?.webhook_id : undefined };
    },

    async change(transaction, userId, webhookId, { url, events, description, enabled }) {
      const address = url === undefined ? undefined : parseUrl(url, privateAddresses);
      const webhook = await lock(transaction, userId, webhookId);
      const changed = found(
        await transaction.query(updateWebhook, [
          webhookId,
          address ?? webhook.url,
          description === undefined ? webhook.description : parseDescription(description),
          events === undefined ? webhook.events : inOrder(events),
          now(),
        ]),
      );
      return enabled === undefined ? changed : setEnabled(transaction, changed, enabled);
    },

    async remove(transaction, userId, webhookId) {
      const deleted = await transaction.query(markWebhooksDeleted, [userId, webhookId]);
      if (deleted.length === 0) throw notFound('webhook');
    },

    async rotateSecret(transaction, userId, webhookId) {
      await lock(transaction, userId, webhookId);
      const secret = newSecret(randomness);
      const until = new Date(clock.nowMs() + SECRET_OVERLAP_MS);
      const webhook = found(await transaction.query(rotateWebhookSecret, [webhookId, secret, until, now()]));
      return { webhook, secret };
    },

    async test(transaction, userId, webhookId) {
      const { state } = await lock(transaction, userId, webhookId);
      if (state !== 'enabled') throw disabled();
      const deliveryId = ids.next();
      const body = bodyOf(TEST_EVENT, now(), userId, { webhook_id: String(webhookId) });
      await transaction.query(insertDeliveries, [
        [deliveryId],
        [webhookId],
        [shardOf(userId)],
        [TEST_EVENT],
        [now()],
        [body],
        now(),
      ]);
      await transaction.query(addToQueueNow, [webhookId, 1, now()]);
      transaction.afterCommit(onWaiting);
      return deliveryId;
    },
  };
}

export function disabled(): AppError {
  const message = 'This webhook is disabled. Enable it first: PATCH it with {"enabled": true}.';
  return new AppError('conflict', message, { outcome: 'not_applied' });
}

function tooMany(): AppError {
  const message = `An account has at most ${WEBHOOKS_MAX} webhooks. Delete one first.`;
  return new AppError('conflict', message, { outcome: 'not_applied' });
}

function found(rows: readonly WebhookRow[]): WebhookRow {
  const [row] = rows;
  if (row === undefined) throw notFound('webhook');
  return row;
}

/** As the URL standard writes it, in ASCII. Asks nobody: what the name leads to is checked whenever something is sent. */
function parseUrl(text: string, privateAddresses: PrivateAddresses): string {
  const refusal = refuseTarget(text, privateAddresses) ?? refusePort(new URL(text));
  if (refusal !== undefined) throw invalidField('url', refusal);
  const { href } = new URL(text);
  if (href.length > URL_LENGTH_MAX) {
    throw invalidField(
      'url',
      `must have at most ${URL_LENGTH_MAX} characters, with others than ASCII encoded.`,
    );
  }
  return href;
}

// Controls, halves of surrogate pairs, line separators, and what turns around the text after it.
const FORBIDDEN = /[\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u;

function parseDescription(text: string): string {
  const trimmed = text.trim();
  if (FORBIDDEN.test(trimmed)) {
    throw invalidField(
      'description',
      'must not have control characters or characters that turn the text around.',
    );
  }
  return trimmed;
}

/** Each once, as they are documented. */
function inOrder(events: readonly WebhookEvent[]): readonly WebhookEvent[] {
  return WEBHOOK_EVENTS.filter((event) => events.includes(event));
}
