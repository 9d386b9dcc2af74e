/** Webhooks, for the account that is to be told. */
import { type Static, Type } from 'typebox';
import { idTimestamp, parseId } from '../../core/ids.ts';
import { callerOf } from '../../http/auth.ts';
import type { Writes } from '../../http/idempotency.ts';
import { reference } from '../../http/openapi.ts';
import { PageQuery, pageOf, pageStart, presentPage } from '../../http/paging.ts';
import type { App } from '../../http/server.ts';
import { IdText } from '../../http/user-schema.ts';
import { RESPONSE_BYTES_MAX } from './attempt.ts';
import { DELIVERY_SCHEMAS, deliveriesRoutes } from './deliveries-routes.ts';
import { WAITING_MAX } from './event-intake.ts';
import {
  DESCRIPTION_LENGTH_MAX,
  SECRET_OVERLAP_MS,
  URL_LENGTH_MAX,
  WEBHOOKS_MAX,
  type WebhookWithSecret,
} from './own-webhooks.ts';
import { WEBHOOK_EVENTS } from './webhook-events.ts';
import type { Webhooks } from './webhooks.ts';
import type { WebhookRow } from './webhooks-queries.ts';

export interface WebhooksRoutesDeps {
  readonly webhooks: Pick<Webhooks, 'ownWebhooks' | 'deliveries'>;
  readonly writes: Writes;
}

const Time = Type.String({ format: 'date-time' });
const OptionalTime = (description: string) => Type.Union([Time, Type.Null()], { description });

const Url = Type.String({
  maxLength: URL_LENGTH_MAX,
  description:
    'http or https, of a host on the public internet, without a username or password; port 80, 443, or from 1024 on. Redirects are not followed.',
  examples: ['https://hooks.example/groundswell'],
});
const Events = Type.Array(Type.Enum([...WEBHOOK_EVENTS]), {
  minItems: 1,
  maxItems: WEBHOOK_EVENTS.length,
  uniqueItems: true,
  description: 'What to be told of.',
});
const Description = Type.String({ maxLength: DESCRIPTION_LENGTH_MAX, description: 'For yourself.' });

const WEBHOOK_FIELDS = {
  webhook_id: IdText,
  url: Url,
  events: Type.Array(Type.String(), { description: 'What it is told of.' }),
  description: Type.String(),
  enabled: Type.Boolean({ description: 'Whether anything is sent there.' }),
  disabled_reason: Type.Union([Type.Enum(['owner', 'gone', 'failing']), Type.Null()], {
    description: 'owner: by PATCH. gone: it answered 410. failing: every request has failed for five days.',
  }),
  waiting: Type.Integer({ description: `Deliveries that wait, at most ${WAITING_MAX}.` }),
  dropped: Type.Integer({
    description: 'The oldest that waited, given up unsent because there were too many.',
  }),
  failures: Type.Integer({ description: 'Attempts that failed since the last that did not.' }),
  failing_since: OptionalTime('When the first of those was; null: the last attempt succeeded.'),
  paused_until: OptionalTime(
    'After five failures in a row nothing is sent for a while, then one delivery at a time until one succeeds.',
  ),
  previous_secret_until: OptionalTime('Until then the secret before the last rotation signs, too.'),
  created_at: Time,
  updated_at: Time,
};

export const WebhookSchema = Type.Object(WEBHOOK_FIELDS, { $id: 'Webhook', title: 'Webhook' });

export const WebhookWithSecretSchema = Type.Object(
  {
    ...WEBHOOK_FIELDS,
    secret: Type.String({
      description: 'Signs what is sent. It is shown now and never again.',
      examples: ['whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD'],
    }),
  },
  { $id: 'WebhookWithSecret', title: 'WebhookWithSecret' },
);

/** Those that documents refer to. */
export const WEBHOOKS_SCHEMAS = [WebhookSchema, WebhookWithSecretSchema, ...DELIVERY_SCHEMAS] as const;

const tags = ['webhooks'];
const Params = Type.Object({ webhook_id: IdText });

export function webhooksRoutes(app: App, { webhooks, writes }: WebhooksRoutesDeps): void {
  readingRoutes(app, webhooks);
  writingRoutes(app, webhooks, writes);
  secretRoutes(app, webhooks, writes);
  deliveriesRoutes(app, { ...webhooks, writes });
}

function readingRoutes(app: App, { ownWebhooks }: WebhooksRoutesDeps['webhooks']): void {
  app.get(
    '/webhooks',
    {
      config: { access: 'user', scope: 'webhooks:read' },
      schema: {
        tags,
        summary: 'Your webhooks, the newest first',
        operationId: 'listWebhooks',
        querystring: PageQuery,
        response: { 200: pageOf(reference(WebhookSchema)) },
      },
    },
    async (request) => {
      const { userId } = callerOf(request);
      const page = await ownWebhooks.page(userId, pageStart(request.query), request.query.limit);
      return presentPage(page, presentWebhook);
    },
  );

  app.get(
    '/webhooks/:webhook_id',
    {
      config: { access: 'user', scope: 'webhooks:read' },
      schema: {
        tags,
        summary: 'One of your webhooks',
        operationId: 'getWebhook',
        params: Params,
        response: { 200: reference(WebhookSchema) },
      },
    },
    async (request) => {
      const webhookId = parseId(request.params.webhook_id, 'webhook_id');
      return presentWebhook(await ownWebhooks.get(callerOf(request).userId, webhookId));
    },
  );
}

function writingRoutes(app: App, { ownWebhooks }: WebhooksRoutesDeps['webhooks'], writes: Writes): void {
  app.patch(
    '/webhooks/:webhook_id',
    {
      config: { access: 'user', scope: 'webhooks:write' },
      schema: {
        tags,
        summary: 'Change, disable or enable a webhook',
        description:
          'What is left out stays. Disabling cancels the deliveries that wait; enabling begins as if none had ever failed, and sends what happens from then on. What was cancelled can be replayed.',
        operationId: 'updateWebhook',
        params: Params,
        body: Type.Object(
          {
            url: Type.Optional(Url),
            events: Type.Optional(Events),
            description: Type.Optional(Description),
            enabled: Type.Optional(Type.Boolean()),
          },
          { additionalProperties: false, minProperties: 1 },
        ),
        response: { 200: reference(WebhookSchema) },
      },
    },
    async (request, reply) => {
      const webhookId = parseId(request.params.webhook_id, 'webhook_id');
      const { userId } = callerOf(request);
      return writes.answer(request, reply, 200, async (transaction) =>
        presentWebhook(await ownWebhooks.change(transaction, userId, webhookId, request.body)),
      );
    },
  );

  app.delete(
    '/webhooks/:webhook_id',
    {
      config: { access: 'user', scope: 'webhooks:write' },
      schema: {
        tags,
        summary: 'Delete a webhook with the log of its deliveries',
        operationId: 'deleteWebhook',
        params: Params,
        response: { 204: Type.Null({ description: 'Nothing is sent there any more.' }) },
      },
    },
    async (request, reply) => {
      const webhookId = parseId(request.params.webhook_id, 'webhook_id');
      const { userId } = callerOf(request);
      return writes.answer(request, reply, 204, (transaction) =>
        ownWebhooks.remove(transaction, userId, webhookId),
      );
    },
  );
}

function secretRoutes(app: App, { ownWebhooks }: WebhooksRoutesDeps['webhooks'], writes: Writes): void {
  app.post(
    '/webhooks',
    {
      config: { access: 'user', scope: 'webhooks:write', problems: [409] },
      schema: {
        tags,
        summary: 'Register a webhook',
        description: `Events of your account are sent to it by POST, as JSON \`{type, timestamp, user_id, data}\`, signed as Standard Webhooks 1.0.0 says: \`webhook-id\` (the same at every attempt), \`webhook-timestamp\` (seconds) and \`webhook-signature\`: for each good secret \`v1,\` and the base64 of HMAC-SHA256 over \`id.timestamp.body\`, keyed with the bytes whose base64 follows \`whsec_\`. Any status from 200 to 299 within 10 s is a success; of the answer, ${RESPONSE_BYTES_MAX} bytes are kept. Otherwise it is tried again up to 12 times over about three days, later where \`Retry-After\` asks for it; 410 disables the webhook. Deliveries come at least once and in no certain order. At most ${WEBHOOKS_MAX} an account.`,
        operationId: 'createWebhook',
        body: Type.Object(
          {
            url: Url,
            events: Events,
            description: Type.Optional(Description),
            secret: Type.Optional(
              Type.String({
                maxLength: 100,
                description: '`whsec_` and the base64 of 24 to 64 random bytes. By default one is made.',
              }),
            ),
          },
          { additionalProperties: false },
        ),
        response: { 201: reference(WebhookWithSecretSchema) },
      },
    },
    async (request, reply) => {
      const { userId } = callerOf(request);
      return writes.answer(request, reply, 201, async (transaction) =>
        presentWithSecret(await ownWebhooks.create(transaction, userId, request.body)),
      );
    },
  );

  app.post(
    '/webhooks/:webhook_id/rotate_secret',
    {
      config: { access: 'user', scope: 'webhooks:write' },
      schema: {
        tags,
        summary: 'Get a new secret for a webhook',
        description: `For ${SECRET_OVERLAP_MS / 3_600_000} hours both secrets sign; one that was rotated out before that ends at once.`,
        operationId: 'rotateWebhookSecret',
        params: Params,
        response: { 200: reference(WebhookWithSecretSchema) },
      },
    },
    async (request, reply) => {
      const webhookId = parseId(request.params.webhook_id, 'webhook_id');
      const { userId } = callerOf(request);
      return writes.answer(request, reply, 200, async (transaction) =>
        presentWithSecret(await ownWebhooks.rotateSecret(transaction, userId, webhookId)),
      );
    },
  );
}

function presentWebhook(row: WebhookRow): Static<typeof WebhookSchema> {
  const { url, description, events, waiting, dropped, failures } = row;
  return {
    webhook_id: String(row.webhook_id),
    url,
    events: [...events],
    description,
    enabled: row.state === 'enabled',
    disabled_reason: row.disabled_reason,
    waiting,
    dropped,
    failures,
    failing_since: row.failing_since?.toISOString() ?? null,
    paused_until: row.paused_until?.toISOString() ?? null,
    previous_secret_until: row.previous_secret_until?.toISOString() ?? null,
    created_at: idTimestamp(row.webhook_id),
    updated_at: row.updated_at.toISOString(),
  };
}

function presentWithSecret({ webhook, secret }: WebhookWithSecret): Static<typeof WebhookWithSecretSchema> {
  return { ...presentWebhook(webhook), secret };
}
