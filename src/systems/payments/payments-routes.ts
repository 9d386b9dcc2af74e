/** All calls of the system. */
import type { Writes } from '../../http/idempotency.ts';
import type { App } from '../../http/server.ts';
import type { SqlSession } from '../../ports/sql-store/sql-store.ts';
import { chargesRoutes } from './charges/charges-routes.ts';
import { listRoutes } from './list/list-routes.ts';
import { methodsRoutes, PaymentMethodSchema } from './methods/methods-routes.ts';
import { ChargeSchema } from './money-schema-routes.ts';
import type { Payments } from './payments.ts';
import { EarningsSchema, earningsRoutes } from './payouts/earnings-routes.ts';
import { ReceiptSchema, receiptsRoutes } from './receipts/receipts-routes.ts';

export const PAYMENTS_SCHEMAS = [PaymentMethodSchema, ChargeSchema, EarningsSchema, ReceiptSchema] as const;

export interface PaymentsRoutesDeps {
  readonly payments: Pick<Payments, 'methods' | 'charges' | 'receipts' | 'earnings' | 'list'>;
  readonly sql: SqlSession;
  readonly writes: Writes;
}

export function paymentsRoutes(app: App, { payments, sql, writes }: PaymentsRoutesDeps): void {
  methodsRoutes(app, { ...payments, sql, writes });
  chargesRoutes(app, { ...payments, sql });
  receiptsRoutes(app, { ...payments, sql });
  earningsRoutes(app, { ...payments, sql });
  listRoutes(app, { ...payments, sql });
}
