/** What a rider pays with. */
import { type Static, Type } from 'typebox';
import { notFound } from '../../../core/errors.ts';
import { callerOf } from '../../../http/auth.ts';
import type { Writes } from '../../../http/idempotency.ts';
import { reference } from '../../../http/openapi.ts';
import type { App } from '../../../http/server.ts';
import { TOKEN_LENGTH_MAX } from '../../../ports/payment-provider/payment-provider.ts';
import type { SqlSession } from '../../../ports/sql-store/sql-store.ts';
import type { Method, Methods } from './methods.ts';

export const PaymentMethodSchema = Type.Object(
  {
    label: Type.String({ description: 'How you know it.', examples: ['Sandbox card (ok)'] }),
    created_at: Type.String({ format: 'date-time' }),
  },
  { $id: 'PaymentMethod', title: 'PaymentMethod' },
);

export interface MethodsRoutesDeps {
  readonly methods: Methods;
  readonly sql: SqlSession;
  readonly writes: Writes;
}

const config = { access: 'user' } as const;
const tags = ['payments'];
const response = { 200: reference(PaymentMethodSchema) };

export function methodsRoutes(app: App, { methods, sql, writes }: MethodsRoutesDeps): void {
  app.put(
    '/payments/method',
    {
      config,
      schema: {
        tags,
        summary: 'Name what you pay with',
        description:
          'In place of what you named before. What you owe because it was declined is charged to it at once. With the sandbox: `sandbox_ok`, or `sandbox_declined`, `sandbox_late`, … to see what then happens.',
        operationId: 'putPaymentMethod',
        body: Type.Object(
          {
            token: Type.String({
              minLength: 1,
              maxLength: TOKEN_LENGTH_MAX,
              description: 'Of the payment provider, never the number of a card.',
              examples: ['sandbox_ok'],
            }),
          },
          { additionalProperties: false },
        ),
        response,
      },
    },
    async (request, reply) => {
      const { token } = request.body;
      const label = await methods.describe(token);
      return writes.answer(request, reply, 200, async (transaction) =>
        present(await methods.put(transaction, callerOf(request).userId, token, label)),
      );
    },
  );

  app.get(
    '/payments/method',
    {
      config: { ...config, problems: [404] },
      schema: { tags, summary: 'What you pay with', operationId: 'getPaymentMethod', response },
    },
    async (request) => {
      const method = await methods.get(sql, callerOf(request).userId);
      if (method === undefined) throw notFound('payment method: name one with PUT');
      return present(method);
    },
  );

  app.delete(
    '/payments/method',
    {
      config: { ...config, problems: [409] },
      schema: {
        tags,
        summary: 'Pay with it no more',
        description:
          'Whoever has no method may ride once, and then owes that. 409 while a ride is being charged to it.',
        operationId: 'deletePaymentMethod',
        response: { 204: Type.Null({ description: 'It is gone.' }) },
      },
    },
    async (request, reply) =>
      writes.answer(request, reply, 204, (transaction) =>
        methods.remove(transaction, callerOf(request).userId),
      ),
  );
}

function present({ label, createdAt }: Method): Static<typeof PaymentMethodSchema> {
  return { label, created_at: createdAt.toISOString() };
}
