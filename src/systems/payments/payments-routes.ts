/** All calls of the system. */
import type { Writes } from '../../http/idempotency.ts';
import type { App } from '../../http/server.ts';
import type { SqlSession } from '../../ports/sql-store/sql-store.ts';
import { chargesRoutes } from './charges/charges-routes.ts';
import { DebtsSchema, debtsRoutes } from './charges/debts-routes.ts';
import { listRoutes } from './list/list-routes.ts';
import { methodsRoutes, PaymentMethodSchema } from './methods/methods-routes.ts';
import { ChargeSchema } from './money-schema-routes.ts';
import type { Payments } from './payments.ts';
import { EarningDaysSchema, EarningsSchema, earningsRoutes } from './payouts/earnings-routes.ts';
import { ReceiptSchema, receiptsRoutes } from './receipts/receipts-routes.ts';

export const PAYMENTS_SCHEMAS = [
  PaymentMethodSchema,
  ChargeSchema,
  DebtsSchema,
  EarningsSchema,
  EarningDaysSchema,
  ReceiptSchema,
] as const;

export interface PaymentsRoutesDeps {
  readonly payments: Pick<
    Payments,
    'methods' | 'charges' | 'debts' | 'receipts' | 'earnings' | 'earningDays' | 'list'
  >;
  readonly sql: SqlSession;
  readonly writes: Writes;
}

export function paymentsRoutes(app: App, { payments, sql, writes }: PaymentsRoutesDeps): void {
  methodsRoutes(app, { ...payments, sql, writes });
  chargesRoutes(app, { ...payments, sql });
  debtsRoutes(app, { ...payments, sql, writes });
  receiptsRoutes(app, { ...payments, sql });
  earningsRoutes(app, { ...payments, sql });
  listRoutes(app, { ...payments, sql });
}
