import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { exposedMetrics, groupingsOf, selectorsOf } from './promql.ts';

describe('what an expression asks for', () => {
  it('is its metrics with their labels, and nothing that only looks like one', () => {
    const expression = `
      # a comment on rate(nothing)
      sum by (lane, le) (increase(lag_bucket{lane="a{b}",le=~"1([.]0)?"}[5m])) > 14.4 * 1e3
      unless max(slo:bad:increase5m offset 10m) / on (slo) group_left (job) up{job="$job"}`;
    assert.deepEqual(selectorsOf(expression), [
      { name: 'lag_bucket', labels: ['lane', 'le'] },
      { name: 'slo:bad:increase5m', labels: [] },
      { name: 'up', labels: ['job'] },
    ]);
    assert.deepEqual(groupingsOf(expression), ['lane', 'le', 'slo']);
  });
});

describe('what a server exposes', () => {
  it('is every declared metric, with the labels of its samples', () => {
    const text = [
      '# TYPE lag_seconds histogram',
      'lag_seconds_bucket{le="1",lane="a \\"b\\" {c}"} 3',
      'lag_seconds_count{lane="a"} 3',
      '# TYPE idle gauge',
    ].join('\n');
    assert.deepEqual(
      [...exposedMetrics(text)],
      [
        ['lag_seconds_bucket', new Set(['le', 'lane'])],
        ['lag_seconds_sum', new Set()],
        ['lag_seconds_count', new Set(['lane'])],
        ['idle', new Set()],
      ],
    );
  });
});
