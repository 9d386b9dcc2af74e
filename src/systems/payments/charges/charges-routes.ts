/** What a rider was charged. */
import { callerOf } from '../../../http/auth.ts';
import { reference } from '../../../http/openapi.ts';
import { PageQuery, pageOf, pageRequest, presentPage } from '../../../http/paging.ts';
import type { App } from '../../../http/server.ts';
import type { SqlSession } from '../../../ports/sql-store/sql-store.ts';
import { ChargeSchema, presentCharge } from '../money-schema-routes.ts';
import type { Charges } from './charges.ts';

export interface ChargesRoutesDeps {
  readonly charges: Charges;
  readonly sql: SqlSession;
}

export function chargesRoutes(app: App, { charges, sql }: ChargesRoutesDeps): void {
  app.get(
    '/payments',
    {
      config: { access: 'user' },
      schema: {
        tags: ['payments'],
        summary: 'What you were charged for rides',
        description: 'The newest first.',
        operationId: 'listCharges',
        querystring: PageQuery,
        response: { 200: pageOf(reference(ChargeSchema)) },
      },
    },
    async (request) =>
      presentPage(
        await charges.page(sql, callerOf(request).userId, pageRequest(request.query)),
        presentCharge,
      ),
  );
}
