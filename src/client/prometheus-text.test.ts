import { deepEqual, equal } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { histogramsBy, increaseBy, parseMetrics, sumBy } from './prometheus-text.ts';

const BEFORE = `# HELP reads_total Reads.
# TYPE reads_total counter
reads_total{source="cache",role="api"} 10
reads_total{source="cache",role="worker"} 1
plain 2.5e-1
`;
const AFTER = `reads_total{source="cache",role="api"} 15
reads_total{source="sql",role="a\\"b}"} 3
`;

describe('metrics in Prometheus text format', () => {
  it('are parsed with their labels, whatever stands in these', () => {
    deepEqual(parseMetrics(BEFORE).at(-1), { name: 'plain', labels: {}, value: 0.25 });
    deepEqual(parseMetrics(AFTER).at(-1)?.labels, { source: 'sql', role: 'a\\"b}' });
    deepEqual(parseMetrics('x{le="+Inf"} +Inf')[0]?.value, Number.POSITIVE_INFINITY);
  });

  it('are summed by one label, and compared over time', () => {
    const before = parseMetrics(BEFORE).filter(({ labels }) => labels['role'] !== 'worker');
    deepEqual(sumBy(parseMetrics(BEFORE), 'reads_total', 'source'), { cache: 11 });
    deepEqual(sumBy(before, 'plain', 'source'), { '': 0.25 });
    deepEqual(increaseBy(before, parseMetrics(AFTER), 'reads_total', 'source'), { cache: 5, sql: 3 });
    deepEqual(increaseBy(before, before, 'none', 'source'), {});
  });

  it('tell the quantiles of what a histogram took up meanwhile', () => {
    const histogram = (lane: string, ...counts: number[]): string =>
      [
        ...['0.1', '0.2', '+Inf'].map((le, i) => `lag_bucket{le="${le}",lane="${lane}"} ${counts[i]}`),
        `lag_count{lane="${lane}"} ${counts[2]}`,
      ].join('\n');
    const before = parseMetrics(`${histogram('fast', 10, 10, 10)}\n${histogram('idle', 5, 5, 5)}`);
    const after = parseMetrics(`${histogram('fast', 10, 110, 110)}\n${histogram('idle', 5, 5, 5)}`);
    const found = histogramsBy(before, after, 'lag', 'lane');
    deepEqual(Object.keys(found), ['fast']);
    equal(found['fast']?.count, 100);
    equal(found['fast']?.p50.toFixed(3), '0.150');
    equal(found['fast']?.p99.toFixed(3), '0.199');
    const beyond = histogramsBy([], parseMetrics(histogram('slow', 0, 1, 4)), 'lag', 'lane');
    equal(beyond['slow']?.p99, 0.2);
  });
});
