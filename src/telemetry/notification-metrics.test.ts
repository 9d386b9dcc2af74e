import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createMetrics } from './metrics.ts';
import { createNotificationMetrics } from './notification-metrics.ts';

it('the metrics of notifications say how many of each kind were made, and how late', async () => {
  const metrics = createMetrics({ version: 'test' });
  const { made } = createNotificationMetrics(metrics.registry);
  made('like', 40);
  made('like', 2_000);
  // The clock of the database was ahead.
  made('follow', -3);
  const text = await metrics.render();
  assert.match(text, /^notifications_made_total\{kind="like"\} 2$/m);
  assert.match(text, /^notification_delay_seconds_bucket\{le="0.05",kind="like"\} 1$/m);
  assert.match(text, /^notification_delay_seconds_sum\{kind="follow"\} 0$/m);
});
