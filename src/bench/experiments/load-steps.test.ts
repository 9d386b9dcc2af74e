import { deepEqual, equal, match } from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Slice } from '../workshop.ts';
import { formatFindings } from './experiment-report.ts';
import { loadStepsFinding } from './load-steps.ts';

const latency = { count: 1, meanMs: 1, p50Ms: 1, p90Ms: 2, p99Ms: 3, p999Ms: 4, maxMs: 5 };

function slice(completed: number, errors: Slice['errors'] = {}, overrides: Partial<Slice> = {}): Slice {
  return {
    ...{ completed, errors, background: 0, slices: [], durationMs: 1000, latency },
    ...{ failures: { ...latency, p99Ms: 7 }, sendLag: latency, generatorCpuMs: 100 },
    ...{ serverCpuMs: undefined, postgresCpuMs: undefined, ...overrides },
  };
}

describe('load-steps', () => {
  it('tells what was refused as it should be from what went wrong, of all rounds', () => {
    const finding = loadStepsFinding({ capacity: 1000, base: 300, connections: 500 }, [
      [slice(300), slice(310), slice(290)],
      [slice(600)],
      [slice(900, { 503: 600 }), slice(700, { 503: 700, overdue: 100 })],
      [slice(0, { '503 without Retry-After': 1, closed: 2 }, { generatorCpuMs: 950 })],
    ]);
    deepEqual(
      finding.table?.slice(1).map(([load, offered, done]) => [load, offered, done]),
      [
        ['1x', '300', '300'],
        ['2x', '600', '600'],
        ['5x', '1,500', '800'],
        ['10x*', '3,000', '0.00'],
      ],
    );
    const [, , , overloaded, broken] = finding.table ?? [];
    deepEqual(overloaded?.slice(3), ['1.00', '3.00', '5.00', '43.3 %', '7.00', '100 x overdue']);
    deepEqual(broken?.slice(6), ['0.0 %', '-', '1 x 503 without Retry-After, 2 x closed']);
    match(formatFindings([finding]), /base rate, 1x +300 +operations\/s/);
  });

  it('has a row of every step, also where nothing was measured', () => {
    const { table } = loadStepsFinding({ capacity: 0, base: 1, connections: 1 }, []);
    equal(table?.length, 5);
  });
});
