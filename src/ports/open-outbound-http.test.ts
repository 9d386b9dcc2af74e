import { systemClock } from '../core/clock.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import { openOutboundHttp } from './open-outbound-http.ts';
import { outboundHttpContract } from './outbound-http/outbound-http.contract.ts';

const openWith = (outboundPrivate: 'refuse' | 'allow') =>
  openOutboundHttp({
    config: { outboundPrivate },
    clock: systemClock,
    metrics: createMetrics({ version: '0.0.0' }),
  });

outboundHttpContract('the outbound-http of the product', {
  open: async () => ({
    allowing: openWith('allow'),
    refusing: openWith('refuse'),
    close: async () => undefined,
  }),
});
