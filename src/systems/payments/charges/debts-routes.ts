/** What a rider owes, and paying it. */
import { type Static, Type } from 'typebox';
import { callerOf } from '../../../http/auth.ts';
import type { Writes } from '../../../http/idempotency.ts';
import { reference } from '../../../http/openapi.ts';
import type { App } from '../../../http/server.ts';
import type { SqlSession } from '../../../ports/sql-store/sql-store.ts';
import { Amount, ChargeSchema, Currency, presentCharge } from '../money-schema-routes.ts';
import { DEBTS_MAX, type DebtDesk, type Debts } from './debts.ts';

export const DebtsSchema = Type.Object(
  {
    sums: Type.Array(Type.Object({ currency: Currency, amount: Amount('What you owe.') }), {
      description: 'One for each currency; none: you owe nothing.',
    }),
    charges: Type.Array(reference(ChargeSchema), {
      description: `declined, or due again: being charged. The oldest first, at most ${DEBTS_MAX}.`,
    }),
  },
  { $id: 'Debts', title: 'Debts' },
);

export interface DebtsRoutesDeps {
  readonly debts: DebtDesk;
  readonly sql: SqlSession;
  readonly writes: Writes;
}

const tags = ['payments'];
const response = { 200: reference(DebtsSchema) };

export function debtsRoutes(app: App, { debts, sql, writes }: DebtsRoutesDeps): void {
  app.get(
    '/payments/debts',
    {
      config: { access: 'user' },
      schema: {
        tags,
        summary: 'What you owe because it was declined',
        description: 'Until it is paid you cannot ask for another ride.',
        operationId: 'getDebts',
        response,
      },
    },
    async (request) => presentDebts(await debts.of(sql, callerOf(request).userId)),
  );

  app.post(
    '/payments/debts/pay',
    {
      config: { access: 'user', problems: [409] },
      schema: {
        tags,
        summary: 'Have what you owe charged again',
        description:
          'To the method that you have; to another one, name that with PUT /payments/method instead. What is being charged already is left alone.',
        operationId: 'payDebts',
        response,
      },
    },
    async (request, reply) =>
      writes.answer(request, reply, 200, async (transaction) =>
        presentDebts(await debts.pay(transaction, callerOf(request).userId)),
      ),
  );
}

function presentDebts({ sums, charges }: Debts): Static<typeof DebtsSchema> {
  return {
    sums: sums.map(({ currency, amount }) => ({ currency, amount })),
    charges: charges.map(presentCharge),
  };
}
