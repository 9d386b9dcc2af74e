/** What was sent to a webhook, and sending it again. */
import { type Static, Type } from 'typebox';
import { idTimestamp, parseId } from '../../core/ids.ts';
import { callerOf } from '../../http/auth.ts';
import type { Writes } from '../../http/idempotency.ts';
import { reference } from '../../http/openapi.ts';
import { PageQuery, pageOf, pageStart, presentPage } from '../../http/paging.ts';
import type { App } from '../../http/server.ts';
import { IdText } from '../../http/user-schema.ts';
import { messageIdOf, RESPONSE_BYTES_MAX } from './attempt.ts';
import type { Deliveries, DeliveryWithBody } from './deliveries.ts';
import { DELIVERY_STATES, type DeliveryRow } from './deliveries-queries.ts';
import type { OwnWebhooks } from './own-webhooks.ts';

export interface DeliveriesRoutesDeps {
  readonly deliveries: Deliveries;
  readonly ownWebhooks: OwnWebhooks;
  readonly writes: Writes;
}

const Time = Type.String({ format: 'date-time' });
const OptionalTime = (description: string) => Type.Union([Time, Type.Null()], { description });

const DELIVERY_FIELDS = {
  delivery_id: IdText,
  message_id: Type.String({ description: 'The header webhook-id.', examples: ['msg_1234567890123456'] }),
  event: Type.String({ examples: ['post.created'] }),
  event_at: Type.String({ format: 'date-time', description: 'When it happened.' }),
  status: Type.Enum([...DELIVERY_STATES], {
    description:
      'waiting: to be sent, or sent again. delivered. failed: the last attempt did. cancelled: the webhook was disabled. dropped: too many waited.',
  }),
  attempts: Type.Integer({ description: 'Since it was last replayed.' }),
  next_attempt_at: OptionalTime('Of one that waits; later if the webhook is paused.'),
  attempted_at: OptionalTime('The last attempt, which the following are about; null: there was none.'),
  took_ms: Type.Union([Type.Integer(), Type.Null()]),
  response_status: Type.Union([Type.Integer(), Type.Null()], { description: 'Null: no answer.' }),
  response_body: Type.Union([Type.String(), Type.Null()], {
    description: `The first ${RESPONSE_BYTES_MAX} bytes of the answer, control characters as \\u{…}. It is what a stranger wrote: escape it.`,
  }),
  error: Type.Union([Type.String(), Type.Null()], { description: 'Why the attempt failed.' }),
  created_at: Time,
};

export const DeliverySchema = Type.Object(DELIVERY_FIELDS, {
  $id: 'WebhookDelivery',
  title: 'WebhookDelivery',
});

export const DeliveryWithBodySchema = Type.Object(
  { ...DELIVERY_FIELDS, body: Type.String({ description: 'To the byte what is sent and signed.' }) },
  { $id: 'WebhookDeliveryWithBody', title: 'WebhookDeliveryWithBody' },
);

export const DELIVERY_SCHEMAS = [DeliverySchema, DeliveryWithBodySchema] as const;

const tags = ['webhooks'];
const Params = Type.Object({ webhook_id: IdText });
const DeliveryParams = Type.Object({ webhook_id: IdText, delivery_id: IdText });

export function deliveriesRoutes(app: App, deps: DeliveriesRoutesDeps): void {
  readingRoutes(app, deps);
  sendingRoutes(app, deps);
}

function readingRoutes(app: App, { deliveries }: DeliveriesRoutesDeps): void {
  app.get(
    '/webhooks/:webhook_id/deliveries',
    {
      config: { access: 'user', scope: 'webhooks:read' },
      schema: {
        tags,
        summary: 'What was and is to be sent to a webhook, the newest first',
        description: 'Kept for 30 days.',
        operationId: 'listWebhookDeliveries',
        params: Params,
        querystring: Type.Object(
          {
            ...PageQuery.properties,
            status: Type.Optional(
              Type.Enum([...DELIVERY_STATES], { description: 'Only these; all by default.' }),
            ),
          },
          { additionalProperties: false },
        ),
        response: { 200: pageOf(reference(DeliverySchema)) },
      },
    },
    async (request) => {
      const webhookId = parseId(request.params.webhook_id, 'webhook_id');
      const { status, limit } = request.query;
      const { userId } = callerOf(request);
      const page = await deliveries.page(userId, webhookId, status, pageStart(request.query), limit);
      return presentPage(page, presentDelivery);
    },
  );

  app.get(
    '/webhooks/:webhook_id/deliveries/:delivery_id',
    {
      config: { access: 'user', scope: 'webhooks:read' },
      schema: {
        tags,
        summary: 'One delivery, with what is sent',
        operationId: 'getWebhookDelivery',
        params: DeliveryParams,
        response: { 200: reference(DeliveryWithBodySchema) },
      },
    },
    async (request) => {
      const { webhookId, deliveryId } = idsOf(request.params);
      return presentWithBody(await deliveries.get(callerOf(request).userId, webhookId, deliveryId));
    },
  );
}

function sendingRoutes(app: App, { deliveries, ownWebhooks, writes }: DeliveriesRoutesDeps): void {
  app.post(
    '/webhooks/:webhook_id/test',
    {
      config: { access: 'user', scope: 'webhooks:write', problems: [409] },
      schema: {
        tags,
        summary: 'Send a test event to a webhook',
        description:
          'An event `webhook.test` takes its place in the queue; a pause ends. How it went is in the delivery.',
        operationId: 'testWebhook',
        params: Params,
        response: {
          202: Type.Object({ delivery_id: IdText }, { description: 'To be sent, as this delivery.' }),
        },
      },
    },
    async (request, reply) => {
      const webhookId = parseId(request.params.webhook_id, 'webhook_id');
      const { userId } = callerOf(request);
      return writes.answer(request, reply, 202, async (transaction) => ({
        delivery_id: String(await ownWebhooks.test(transaction, userId, webhookId)),
      }));
    },
  );

  app.post(
    '/webhooks/:webhook_id/deliveries/:delivery_id/replay',
    {
      config: { access: 'user', scope: 'webhooks:write', problems: [409] },
      schema: {
        tags,
        summary: 'Send a delivery again',
        description:
          'Whatever became of it: now, with the same webhook-id, and all its attempts again. A pause ends.',
        operationId: 'replayWebhookDelivery',
        params: DeliveryParams,
        response: { 202: reference(DeliveryWithBodySchema) },
      },
    },
    async (request, reply) => {
      const { webhookId, deliveryId } = idsOf(request.params);
      const { userId } = callerOf(request);
      return writes.answer(request, reply, 202, async (transaction) =>
        presentWithBody(await deliveries.replay(transaction, userId, webhookId, deliveryId)),
      );
    },
  );
}

function idsOf(params: { readonly webhook_id: string; readonly delivery_id: string }) {
  return {
    webhookId: parseId(params.webhook_id, 'webhook_id'),
    deliveryId: parseId(params.delivery_id, 'delivery_id'),
  };
}

function presentDelivery(row: DeliveryRow): Static<typeof DeliverySchema> {
  const { event, attempts, took_ms, response_status, response_body, error } = row;
  return {
    delivery_id: String(row.delivery_id),
    message_id: messageIdOf(row.delivery_id),
    event,
    event_at: row.event_at.toISOString(),
    status: row.state,
    attempts,
    next_attempt_at: row.due_at?.toISOString() ?? null,
    attempted_at: row.attempted_at?.toISOString() ?? null,
    took_ms,
    response_status,
    response_body,
    error,
    created_at: idTimestamp(row.delivery_id),
  };
}

function presentWithBody(row: DeliveryWithBody): Static<typeof DeliveryWithBodySchema> {
  return { ...presentDelivery(row), body: row.body };
}
