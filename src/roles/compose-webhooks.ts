/** The system `webhooks` as the roles run it. */
import type { Writes } from '../http/idempotency.ts';
import type { Accounts } from '../systems/accounts/accounts.ts';
import { createWebhooks } from '../systems/webhooks/webhooks.ts';
import { WEBHOOKS_SCHEMAS, webhooksRoutes } from '../systems/webhooks/webhooks-routes.ts';
import { createWebhookMetrics } from '../telemetry/webhook-metrics.ts';
import type { ComposedSystem, ProductDeps } from './composed-system.ts';

export interface ComposeWebhooksDeps
  extends Pick<ProductDeps, 'config' | 'ports' | 'clock' | 'randomness' | 'log' | 'metrics'> {
  readonly accounts: Pick<Accounts, 'users'>;
  readonly writes: Writes;
}

export function composeWebhooks(deps: ComposeWebhooksDeps): ComposedSystem {
  const { accounts, config, ports, metrics, writes } = deps;
  const { sql, ids, mailer, outboundHttp } = ports;
  const webhookMetrics = createWebhookMetrics(metrics.registry);
  const webhooks = createWebhooks({
    ...deps,
    sql,
    ids,
    mailer,
    outboundHttp,
    observer: webhookMetrics,
    privateAddresses: config.outboundPrivate,
    emailOf: async (userId) => (await accounts.users.getAccount(userId))?.email ?? undefined,
  });
  webhookMetrics.watchQueues(webhooks.queueSizes);
  return {
    name: 'webhooks',
    schemas: WEBHOOKS_SCHEMAS,
    routes: (app) => webhooksRoutes(app, { webhooks, writes }),
    subscriptions: webhooks.subscriptions,
    jobs: webhooks.jobs,
    close: () => webhooks.close(),
  };
}
