/**
 * The outbound-http as the product uses it: measured, and so many requests at a time. No retries and no breaker here: a
 * server that fails says nothing of all the others, so whoever sends decides per server.
 */
import type { Config } from '../config/config.ts';
import { packageVersion } from '../config/package-info.ts';
import type { Clock } from '../core/clock.ts';
import { AppError } from '../core/errors.ts';
import { createBulkhead } from '../resilience/bulkhead.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { createNodeOutboundHttp } from './outbound-http/node-outbound-http.ts';
import type { OutboundHttp } from './outbound-http/outbound-http.ts';

export interface OpenOutboundHttpOptions {
  readonly config: Pick<Config, 'outboundPrivate'>;
  readonly clock: Clock;
  readonly metrics: Metrics;
}

const NAME = 'outbound-http';

/** Each holds a socket and at most some 100 kB of an answer. */
const CONCURRENCY_MAX = 256;
const QUEUE_MAX = 256;
const QUEUE_AGE_MAX_MS = 5_000;

export function openOutboundHttp({ config, clock, metrics }: OpenOutboundHttpOptions): OutboundHttp {
  const adapter = createNodeOutboundHttp({
    clock,
    privateAddresses: config.outboundPrivate,
    userAgent: `Groundswell/${packageVersion()}`,
  });
  const bulkhead = createBulkhead({
    clock,
    concurrencyMax: CONCURRENCY_MAX,
    queueMax: QUEUE_MAX,
    queueAgeMaxMs: QUEUE_AGE_MAX_MS,
    onRefused: (reason) => metrics.resilienceEvent(NAME, reason),
  });
  metrics.watchQueue(NAME, bulkhead.waiting);
  return {
    async send(request) {
      const startMs = clock.monotonicMs();
      const turn = bulkhead.enter();
      if (turn !== undefined) await turn;
      let outcome = 'ok';
      try {
        return await adapter.send(request);
      } catch (error) {
        outcome = error instanceof AppError ? error.code : 'error';
        throw error;
      } finally {
        bulkhead.leave();
        metrics.portCall(NAME, 'send', outcome, (clock.monotonicMs() - startMs) / 1_000);
      }
    },
  };
}
