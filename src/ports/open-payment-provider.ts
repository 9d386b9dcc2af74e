/** From configuration to whoever moves money. There is the sandbox; a real provider becomes another adapter here. */
import { AppError } from '../core/errors.ts';
import { wrapPort } from '../resilience/wrap-port.ts';
import type { PaymentProvider } from './payment-provider/payment-provider.ts';
import {
  PAYMENT_PROVIDER_BULKHEAD,
  PAYMENT_PROVIDER_POLICIES,
} from './payment-provider/payment-provider-policies.ts';
import { createSandboxPaymentProvider } from './payment-provider/sandbox-payment-provider.ts';
import type { PortsOptions } from './ports-options.ts';
import type { SqlStore } from './sql-store/sql-store.ts';

const NAME = 'payment-provider';

export type PaymentProviderOptions = Pick<
  PortsOptions,
  'clock' | 'randomness' | 'log' | 'metrics' | 'tracing' | 'health' | 'states'
>;

export function openPaymentProvider(sql: SqlStore, options: PaymentProviderOptions): PaymentProvider {
  return watchPaymentProvider(createSandboxPaymentProvider({ sql, clock: options.clock }), options);
}

/**
 * Any of them, in the chain of wrappers, and shown by `ready`. One that is away is no reason to be sent no requests: rides go
 * on, and what they cost waits.
 */
export function watchPaymentProvider(
  provider: PaymentProvider,
  options: PaymentProviderOptions,
): PaymentProvider {
  const { health, states } = options;
  const wrapped = wrapPort<PaymentProvider>(provider, {
    name: NAME,
    methods: PAYMENT_PROVIDER_POLICIES,
    bulkhead: PAYMENT_PROVIDER_BULKHEAD,
    deps: options,
  });
  // Not through the wrappers: pings that go well must not keep a breaker closed while orders fail.
  const check = async (): Promise<void> => {
    if (states.get(NAME)?.breaker() === 'open') throw mostCallsFail();
    await provider.ping();
  };
  health.addCheck(NAME, check, { optional: true });
  return wrapped;
}

function mostCallsFail(): AppError {
  return new AppError('unavailable', 'Most calls of the payment provider fail. What is due waits for it.');
}
