/** How many notifications are made, and how late. */
import { Counter, Histogram, type Registry } from 'prom-client';

/** Kinds are named in the code, so there are few. */
export interface NotificationMetrics {
  /** `delayMs`: from what was done to the notification of it. */
  made(kind: string, delayMs: number): void;
}

const DELAY_BUCKETS_S = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60, 600];

export function createNotificationMetrics(registry: Registry): NotificationMetrics {
  const total = new Counter({
    name: 'notifications_made_total',
    help: 'Notifications that a user can see from then on, by kind.',
    labelNames: ['kind'],
    registers: [registry],
  });
  const delay = new Histogram({
    name: 'notification_delay_seconds',
    help: 'Time from what was done to the commit of the notification of it.',
    labelNames: ['kind'],
    buckets: DELAY_BUCKETS_S,
    registers: [registry],
  });
  return {
    made(kind, delayMs) {
      total.inc({ kind });
      // The clocks of the database and of this process may differ a little.
      delay.observe({ kind }, Math.max(delayMs, 0) / 1_000);
    },
  };
}
