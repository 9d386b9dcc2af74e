/** What becomes of webhook deliveries, and what waits. */
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

export interface WebhookMetrics {
  attempted(outcome: 'delivered' | 'retried' | 'failed'): void;
  ended(outcome: 'dropped' | 'cancelled', deliveries: number): void;
  delivered(latencyMs: number): void;
  /** Reads the queues at every scrape; a failing reading is left out. */
  watchQueues(sizes: () => Promise<WebhookQueueSizes>): void;
}

export interface WebhookQueueSizes {
  readonly waiting: number;
  readonly paused: number;
}

/** From a server that answers at once to the last retry. */
const LATENCY_BUCKETS_S = [0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60, 600, 3_600, 86_400, 259_200];

const WAITING_HELP = 'Deliveries that wait for their turn, their next attempt or the end of a pause.';
const PAUSED_HELP =
  'Webhooks with something to send that failed so often that they are left alone for a while.';

export function createWebhookMetrics(registry: Registry): WebhookMetrics {
  const deliveries = new Counter({
    name: 'webhook_deliveries_total',
    help: 'Deliveries to webhooks by outcome: delivered, retried (an attempt failed), failed (the last did), dropped (too many waited), cancelled (the webhook was disabled).',
    labelNames: ['outcome'],
    registers: [registry],
  });
  const latency = new Histogram({
    name: 'webhook_delivery_latency_seconds',
    help: 'Time from an event to the end of the request that delivered it.',
    buckets: LATENCY_BUCKETS_S,
    registers: [registry],
  });
  return {
    attempted: (outcome) => deliveries.inc({ outcome }),
    ended: (outcome, count) => deliveries.inc({ outcome }, count),
    delivered: (latencyMs) => latency.observe(Math.max(latencyMs, 0) / 1_000),
    watchQueues(sizes) {
      const watch = (name: string, help: string, of: keyof WebhookQueueSizes): Gauge =>
        new Gauge({
          name,
          help,
          registers: [registry],
          async collect() {
            const read = await sizes().catch(() => undefined);
            if (read !== undefined) this.set(read[of]);
          },
        });
      watch('webhook_deliveries_waiting', WAITING_HELP, 'waiting');
      watch('webhooks_paused', PAUSED_HELP, 'paused');
    },
  };
}
