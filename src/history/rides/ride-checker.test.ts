import { deepEqual, equal, ok, throws } from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { RIDE_FAULTS, type RideFault, simulateRides } from '../../../test/support/simulated-rides.ts';
import { formatReport } from '../check-report.ts';
import type { HistoryEvent } from '../history-event.ts';
import { checkRides } from './ride-checker.ts';

const SEEDS = Array.from({ length: 8 }, (_, index) => 1_000 + index);

const check = (events: readonly HistoryEvent[], settled = true) => checkRides(events, { settled });

/** What each defect must be found as, in some run at least. */
const FOUND_AS: Readonly<Record<Exclude<RideFault, 'none'>, readonly string[]>> = {
  'book-busy-drivers': ['double-driver'],
  'ignore-the-version': ['double-ride'],
  'acknowledge-the-second': ['lost', 'double-ride'],
  'accept-expired': ['zombie-accept'],
  'accept-withdrawn': ['zombie-accept'],
  'accept-late-unseen': ['zombie-accept'],
  'old-dispatcher-writes': ['stale-token'],
  'forget-a-request': ['unended'],
  'end-without-reason': ['without-reason'],
  'lose-requests': ['lost'],
  'lose-acceptances': ['lost'],
  'lose-completions': ['lost'],
  'show-another-end': ['diverged'],
};

describe('checkRides', () => {
  it('finds nothing wrong with any valid history', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 60 }), (seed, rides) => {
        const report = check(simulateRides({ seed, fault: 'none', rides }));
        deepEqual(report.anomalyCounts, {}, formatReport(report));
        ok(report.verdict === 'valid' || rides < 10, formatReport(report));
      }),
      { numRuns: 60 },
    );
  });

  it('lets a cancellation without an answer be done before the acceptance is acknowledged', () => {
    deepEqual(check(simulateRides({ seed: 551, fault: 'none', rides: 60 })).anomalyCounts, {});
  });

  for (const fault of RIDE_FAULTS) {
    it(`catches a service that has the defect ${fault}`, () => {
      const reports = SEEDS.map((seed) => check(simulateRides({ seed, fault, rides: 60 })));
      const caught = reports.filter(({ verdict }) => verdict === 'invalid');
      // A defect that never came to bear in a run cannot show in its history.
      ok(caught.length >= SEEDS.length * 0.9, `caught in ${caught.length} of ${SEEDS.length} runs`);
      for (const name of FOUND_AS[fault]) {
        ok(
          caught.some(({ anomalyCounts }) => name in anomalyCounts),
          `${name} is among ${JSON.stringify(caught.map(({ anomalyCounts }) => anomalyCounts))}`,
        );
      }
    });
  }

  it('shows with each anomaly the few events that prove it', () => {
    const report = check(simulateRides({ seed: 1_000, fault: 'book-busy-drivers', rides: 60 }));
    const text = formatReport(report);
    ok(/P6 double-driver: driver driver-\d had the rides ride-\d+ and ride-\d+ at once/.test(text), text);
    ok(report.anomalies.every(({ excerpt }) => excerpt.length > 0));
  });

  it('is unknown without rides, without an acceptance, and when the log was not read to its end', () => {
    equal(check([]).verdict, 'unknown');
    const events = simulateRides({ seed: 1, fault: 'none' });
    const unread = events.filter(({ f }) => f !== 'log-read').map((event, i) => ({ ...event, i }));
    const report = check(unread);
    equal(report.verdict, 'unknown');
    deepEqual(report.reasons, ['The log was not read from its beginning to its end.']);
    deepEqual(report.anomalyCounts, {});
  });

  it('lets rides go on that have not ended, while all is still moving', () => {
    const events = simulateRides({ seed: 1_001, fault: 'forget-a-request', rides: 60 });
    ok('unended' in check(events).anomalyCounts);
    deepEqual(check(events, false).anomalyCounts, {});
  });

  it('refuses values that it does not know', () => {
    const mark = (f: string, value: unknown): HistoryEvent => ({
      ...{ i: 0, t_ns: 0, process: 'nemesis', type: 'info', f, key: null, value },
      ...{ node: null, stage: null, epoch: null, session: null, idem: null },
    });
    throws(() => check([mark('log-ride', { ride_id: 1 })]), /unknown kind of value/);
    throws(
      () => check([{ ...mark('accept-offer', { driver_id: '1' }), process: 0, type: 'invoke' }]),
      /does not say of what/,
    );
  });
});
