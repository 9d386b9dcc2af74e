/** The system `webhooks`: tells the servers that people name of what happens in their accounts. */
import type { Clock, Randomness } from '../../core/clock.ts';
import { composeId, ID_TIME_MIN_MS, type Id, type IdGenerator } from '../../core/ids.ts';
import type { Job } from '../../core/job.ts';
import type { PrivateAddresses } from '../../core/outbound-target.ts';
import type { Subscription } from '../../ports/event-log/event-log.ts';
import type { Mailer } from '../../ports/mailer/mailer.ts';
import type { OutboundHttp } from '../../ports/outbound-http/outbound-http.ts';
import type { SqlStore } from '../../ports/sql-store/sql-store.ts';
import type { Log } from '../../telemetry/log.ts';
import { createDeliverer } from './deliverer.ts';
import { createDeliveries, type Deliveries } from './deliveries.ts';
import { deleteDeliveriesOf, deleteExpiredDeliveries } from './deliveries-queries.ts';
import { createDisabledNotices } from './disabled-notices.ts';
import { createEventIntake } from './event-intake.ts';
import { createOwnWebhooks, type OwnWebhooks } from './own-webhooks.ts';
import { measureQueues } from './queue-queries.ts';
import type { WebhookObserver } from './webhook-observer.ts';
import { eraseWebhook, getDeletedWebhook } from './webhooks-queries.ts';

/** How long the log of deliveries is kept. */
export const DELIVERY_RETENTION_MS = 30 * 24 * 3_600_000;
/** Rows of one statement: some 20 ms. */
const DELETED_MAX = 1_000;
/** For retries, and for what another process has put into a queue. */
const DELIVER_EVERY_MS = 1_000;
const HOUSEKEEPING_EVERY_MS = 60_000;

/** Of all webhooks that have anything to send. */
export interface QueueSizes {
  readonly webhooks: number;
  /** Deliveries that wait. */
  readonly waiting: number;
  /** Webhooks that failed so often that they are left alone for a while. */
  readonly paused: number;
}

export interface Webhooks {
  readonly ownWebhooks: OwnWebhooks;
  readonly deliveries: Deliveries;
  readonly subscriptions: readonly Subscription[];
  readonly jobs: readonly Job[];
  queueSizes(): Promise<QueueSizes>;
  /** Waits for requests that are being made, which takes up to ATTEMPT_TIMEOUT_MS. */
  close(): Promise<void>;
}

export interface WebhooksDeps {
  readonly sql: SqlStore;
  readonly ids: IdGenerator;
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly log: Log;
  readonly mailer: Mailer;
  readonly outboundHttp: OutboundHttp;
  readonly observer: WebhookObserver;
  readonly privateAddresses: PrivateAddresses;
  readonly emailOf: (userId: Id) => Promise<string | undefined>;
}

export function createWebhooks(deps: WebhooksDeps): Webhooks {
  const { sql, clock } = deps;
  let wake = (): void => undefined;
  const onWaiting = (): void => wake();
  const deliverer = createDeliverer({ ...deps, onFree: onWaiting });
  const sendNotice = createDisabledNotices(deps);
  return {
    ownWebhooks: createOwnWebhooks({ ...deps, onWaiting }),
    deliveries: createDeliveries({ sql, clock, onWaiting }),
    subscriptions: [createEventIntake({ ...deps, onWaiting })],
    jobs: [
      {
        name: 'deliver-webhooks',
        everyMs: DELIVER_EVERY_MS,
        onStart(ring) {
          wake = ring;
        },
        async run() {
          await deliverer.deliverDue();
          return 'done';
        },
      },
      housekeeping('mail-webhook-notices', sendNotice),
      housekeeping('erase-webhooks', () => eraseDeleted(sql)),
      housekeeping('expire-webhook-deliveries', () => deleteExpired(sql, clock.nowMs())),
    ],
    async queueSizes() {
      const [row] = await sql.query(measureQueues, [new Date(clock.nowMs())]);
      return row ?? { webhooks: 0, waiting: 0, paused: 0 };
    },
    close: () => deliverer.close(),
  };
}

/** `step` answers whether there may be more to do. */
function housekeeping(name: string, step: () => Promise<boolean>): Job {
  return { name, everyMs: HOUSEKEEPING_EVERY_MS, run: async () => ((await step()) ? 'more' : 'done') };
}

/** A batch of the rows of one deleted webhook, the webhook last. */
async function eraseDeleted(sql: SqlStore): Promise<boolean> {
  const [webhook] = await sql.query(getDeletedWebhook, []);
  if (webhook === undefined) return false;
  const { webhook_id: webhookId } = webhook;
  const deleted = await sql.query(deleteDeliveriesOf, [webhookId, DELETED_MAX]);
  if (deleted.length < DELETED_MAX) await sql.query(eraseWebhook, [webhookId]);
  return true;
}

async function deleteExpired(sql: SqlStore, nowMs: number): Promise<boolean> {
  const before = composeId(Math.max(nowMs - DELIVERY_RETENTION_MS, ID_TIME_MIN_MS), 0, 0);
  const deleted = await sql.query(deleteExpiredDeliveries, [before, DELETED_MAX]);
  return deleted.length === DELETED_MAX;
}
