import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createFanOutMetrics } from './fan-out-metrics.ts';
import { createMetrics } from './metrics.ts';

it('fan-out metrics count deliveries and show the lag of each lane', async () => {
  const metrics = createMetrics({ version: '1.2.3' });
  const fanOut = createFanOutMetrics(metrics.registry);
  fanOut.delivered('page', 3);
  fanOut.delivered('page', 4);
  fanOut.completed('page', 40);
  fanOut.completed('continuation', 4_000);
  const text = await metrics.render();
  assert.match(text, /^fan_out_deliveries_total\{lane="page"\} 7$/m);
  assert.match(text, /^fan_out_lag_seconds_bucket\{le="0.025",lane="page"\} 0$/m);
  assert.match(text, /^fan_out_lag_seconds_bucket\{le="0.05",lane="page"\} 1$/m);
  assert.match(text, /^fan_out_lag_seconds_bucket\{le="5",lane="continuation"\} 1$/m);
});
