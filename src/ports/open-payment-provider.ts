/** From configuration to whoever moves money. There is the sandbox; a real provider becomes another adapter here. */
import { wrapPort } from '../resilience/wrap-port.ts';
import type { PaymentProvider } from './payment-provider/payment-provider.ts';
import {
  PAYMENT_PROVIDER_BULKHEAD,
  PAYMENT_PROVIDER_POLICIES,
} from './payment-provider/payment-provider-policies.ts';
import { createSandboxPaymentProvider } from './payment-provider/sandbox-payment-provider.ts';
import type { PortsOptions } from './ports-options.ts';
import type { SqlStore } from './sql-store/sql-store.ts';

export function openPaymentProvider(sql: SqlStore, options: PortsOptions): PaymentProvider {
  return wrapPort<PaymentProvider>(createSandboxPaymentProvider({ sql, clock: options.clock }), {
    name: 'payment-provider',
    methods: PAYMENT_PROVIDER_POLICIES,
    bulkhead: PAYMENT_PROVIDER_BULKHEAD,
    deps: options,
  });
}
