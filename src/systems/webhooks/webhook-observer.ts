/** What becomes of deliveries, for metrics. Called synchronously; must not throw. */
export interface WebhookObserver {
  /** An attempt was made; a delivery may have many. */
  attempted(outcome: 'delivered' | 'retried' | 'failed'): void;
  /** Given up without an attempt. */
  ended(outcome: 'dropped' | 'cancelled', deliveries: number): void;
  /** At the first attempt that succeeded: since the event happened. */
  delivered(latencyMs: number): void;
}
