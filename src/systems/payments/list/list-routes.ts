/** All payments, for administrators. */
import { type Static, Type } from 'typebox';
import { idTimestamp } from '../../../core/ids.ts';
import { PageQuery, pageOf, pageRequest, presentPage } from '../../../http/paging.ts';
import type { App } from '../../../http/server.ts';
import { IdText } from '../../../http/user-schema.ts';
import type { SqlSession } from '../../../ports/sql-store/sql-store.ts';
import { Amount, Currency } from '../money-schema-routes.ts';
import { PAYMENT_KINDS, PAYMENT_STATES, type Payment } from '../payment.ts';
import type { PaymentList } from './payment-list.ts';

const PaymentSchema = Type.Object({
  payment_id: IdText,
  kind: Type.Enum([...PAYMENT_KINDS]),
  user_id: Type.String({
    description: 'The rider, or the driver of a payout. They may have deleted their account.',
  }),
  currency: Currency,
  amount: Amount('What is moved.'),
  state: Type.Enum([...PAYMENT_STATES], { description: 'due: it is not known yet what becomes of it.' }),
  reason: Type.Union([Type.String(), Type.Null()], { description: 'Why it was declined.' }),
  attempt: Type.Integer({ description: 'One more each time that a rider named another method.' }),
  created_at: Type.String({ format: 'date-time' }),
  settled_at: Type.Union([Type.String({ format: 'date-time' }), Type.Null()]),
});

export interface ListRoutesDeps {
  readonly list: PaymentList;
  readonly sql: SqlSession;
}

export function listRoutes(app: App, { list, sql }: ListRoutesDeps): void {
  app.get(
    '/moderation/payments',
    {
      config: { access: 'administrator' },
      schema: {
        tags: ['payments'],
        summary: 'All payments',
        description: 'The newest first.',
        operationId: 'listPayments',
        querystring: Type.Object(
          {
            ...PageQuery.properties,
            state: Type.Optional(Type.Enum([...PAYMENT_STATES], { description: 'Only those.' })),
          },
          { additionalProperties: false },
        ),
        response: { 200: pageOf(PaymentSchema) },
      },
    },
    async ({ query }) => presentPage(await list.page(sql, pageRequest(query), query.state), present),
  );
}

function present(payment: Payment): Static<typeof PaymentSchema> {
  const { paymentId, kind, userId, currency, amount, state, reason, attempt, settledAt } = payment;
  return {
    ...{
      payment_id: String(paymentId),
      kind,
      user_id: String(userId),
      currency,
      amount,
      state,
      reason,
      attempt,
    },
    ...{ created_at: idTimestamp(paymentId), settled_at: settledAt?.toISOString() ?? null },
  };
}
