/** The system `payments`, with what it needs of the accounts and the rides. */
import { answersFor } from '../config/systems.ts';
import type { OwnChannel } from '../core/own-state.ts';
import type { Writes } from '../http/idempotency.ts';
import type { Accounts } from '../systems/accounts/accounts.ts';
import { COMMAND_LINE } from '../systems/accounts/moderation/audit-log.ts';
import { createPayments, type Payments } from '../systems/payments/payments.ts';
import { PAYMENTS_SCHEMAS, paymentsRoutes } from '../systems/payments/payments-routes.ts';
import type { RideCost } from '../systems/payments/verification/verification.ts';
import type { RideView } from '../systems/rides/requests/ride-schema-routes.ts';
import type { Rides } from '../systems/rides/rides.ts';
import { createPaymentMetrics } from '../telemetry/payment-metrics.ts';
import type { ComposedSystem, ProductDeps } from './composed-system.ts';

export interface ComposePaymentsDeps
  extends Pick<ProductDeps, 'config' | 'ports' | 'clock' | 'randomness' | 'log' | 'metrics'> {
  readonly accounts: Pick<Accounts, 'users' | 'auditLog'>;
  readonly rides: Pick<Rides, 'requests' | 'costs'>;
  readonly view: Pick<RideView, 'showRide'>;
  readonly writes: Writes;
  /** How users are told of their charges. */
  readonly channel: OwnChannel;
}

export interface ComposedPayments extends ComposedSystem {
  readonly payments: Payments;
}

export function composePayments(deps: ComposePaymentsDeps): ComposedPayments {
  const { accounts, ports, metrics, rides, view, writes } = deps;
  const observer = createPaymentMetrics(metrics.registry);
  const payments = createPayments({
    ...deps,
    ...ports,
    observer,
    emailOf: async (userId) => (await accounts.users.getAccount(userId))?.email ?? undefined,
    recordAct: (transaction, act) => accounts.auditLog.add(transaction, COMMAND_LINE, act),
    describeRide: async (session, viewerId, rideId) =>
      view.showRide(await rides.requests.get(session, viewerId, rideId), viewerId),
    findRideCosts: async (rideIds) => (await rides.costs.find(rideIds)).map(costOf),
    pageRideCosts: async (after, limit) => (await rides.costs.page(after, limit)).map(costOf),
  });
  observer.watchCounts(payments.counts);
  return {
    // A process that answers for rides answers for what they cost.
    name: 'rides',
    payments,
    schemas: PAYMENTS_SCHEMAS,
    routes: (app) => paymentsRoutes(app, { payments, sql: ports.sql, writes }),
    subscriptions: payments.subscriptions,
    jobs: payments.jobs,
    // By the processes to which they are connected.
    tails: answersFor(deps.config, 'live') ? [payments.tail] : [],
    close: payments.close,
  };
}

function costOf({ status, ...rest }: Awaited<ReturnType<Rides['costs']['find']>>[number]): RideCost {
  return { ...rest, cause: status === 'completed' ? 'ride' : 'cancellation' };
}
