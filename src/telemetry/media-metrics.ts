/** What becomes of pictures that were uploaded. */
import { Histogram, type Registry } from 'prom-client';

export interface MediaMetrics {
  /** `retried`: it will be tried again. */
  processed(outcome: 'ready' | 'failed' | 'retried', tookMs: number): void;
}

const BUCKETS_S = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

export function createMediaMetrics(registry: Registry): MediaMetrics {
  const processing = new Histogram({
    name: 'media_processing_seconds',
    help: 'Time from taking a picture to having its variants, or knowing that there are none, by outcome.',
    labelNames: ['outcome'],
    buckets: BUCKETS_S,
    registers: [registry],
  });
  return {
    processed: (outcome, tookMs) => processing.labels(outcome).observe(tookMs / 1_000),
  };
}
