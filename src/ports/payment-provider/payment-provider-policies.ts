/** How the chain of wrappers treats each call of the payment-provider. */
import type { BulkheadLimits } from '../../resilience/bulkhead.ts';
import type { MethodPolicies } from '../../resilience/wrap-port.ts';
import type { PaymentProvider } from './payment-provider.ts';

/** Of one order, with its tries; whoever waits for it may count on that. */
export const SUBMIT_MS = 15_000;

/** Everything may be repeated, orders too: they have keys. */
export const PAYMENT_PROVIDER_POLICIES: MethodPolicies<PaymentProvider> = {
  describeMethod: { idempotent: true, totalMs: 5_000, tryMs: 2_500 },
  submit: { idempotent: true, totalMs: SUBMIT_MS, tryMs: 6_000 },
  find: { idempotent: true, totalMs: 15_000, tryMs: 6_000 },
  pageRecords: { idempotent: true, totalMs: 15_000, tryMs: 6_000 },
};

export const PAYMENT_PROVIDER_BULKHEAD: BulkheadLimits = {
  concurrencyMax: 32,
  queueMax: 256,
  queueAgeMaxMs: 10_000,
};
