/** What becomes of the clicks of links. How far counting is behind is consumer_lag_events of the group link-clicks. */
import { Counter, type Registry } from 'prom-client';

export interface LinkClickMetrics {
  /** Durable, though not counted yet. */
  published(clicks: number): void;
  /** Lost: see `reason`. */
  dropped(clicks: number, reason: 'full' | 'failed' | 'stopped'): void;
  /** Counted for their links, in so many batches. */
  counted(clicks: number, batches: number): void;
  /** Batches that were delivered again, after they had been counted. */
  repeated(batches: number): void;
}

export function createLinkClickMetrics(registry: Registry): LinkClickMetrics {
  const clicksTotal = new Counter({
    name: 'link_clicks_total',
    help: 'Clicks of links by how far they came: published (durable in the event log) or counted.',
    labelNames: ['stage'],
    registers: [registry],
  });
  const droppedTotal = new Counter({
    name: 'link_clicks_dropped_total',
    help: 'Clicks that were lost: full (no place was left while they waited), failed (could not be published), stopped (nor before the process ended).',
    labelNames: ['reason'],
    registers: [registry],
  });
  const batchesTotal = new Counter({
    name: 'link_click_batches_total',
    help: 'Batches of clicks: counted, or repeated (delivered again, and passed over).',
    labelNames: ['outcome'],
    registers: [registry],
  });
  return {
    published: (clicks) => clicksTotal.inc({ stage: 'published' }, clicks),
    dropped: (clicks, reason) => droppedTotal.inc({ reason }, clicks),
    counted(clicks, batches) {
      clicksTotal.inc({ stage: 'counted' }, clicks);
      batchesTotal.inc({ outcome: 'counted' }, batches);
    },
    repeated: (batches) => batchesTotal.inc({ outcome: 'repeated' }, batches),
  };
}
