/** A payment provider that can be out of reach, with all that it did before it was. */
import { AppError } from '../../src/core/errors.ts';
import type { PaymentProvider } from '../../src/ports/payment-provider/payment-provider.ts';

export interface ProviderOutage {
  /** `unheard`: what is ordered is done, and no answer arrives. `away`: nothing arrives there. */
  state: 'none' | 'unheard' | 'away';
  /** Calls that did not get through, or back. */
  failed: number;
}

export function behindOutage(provider: PaymentProvider, outage: ProviderOutage): PaymentProvider {
  async function through<Answer>(call: () => Promise<Answer>): Promise<Answer> {
    if (outage.state === 'none') return call();
    outage.failed += 1;
    if (outage.state === 'unheard') await call();
    throw new AppError('unavailable', 'The payment provider cannot be reached.');
  }
  return {
    describeMethod: (token) => through(() => provider.describeMethod(token)),
    submit: (order) => through(() => provider.submit(order)),
    find: (keys) => through(() => provider.find(keys)),
    pageRecords: (after, limit) => through(() => provider.pageRecords(after, limit)),
    ping: () => through(() => provider.ping()),
    onSettled: (listener) => provider.onSettled(listener),
    close: () => provider.close(),
  };
}
