import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createManualClock } from '../../../test/support/manual-clock.ts';
import { geoIndexContract } from './geo-index.contract.ts';
import { KEPT_MS } from './geo-index.ts';
import { createMemoryGeoIndex } from './memory-geo-index.ts';

const DRIVERS_MAX = 1_000;

geoIndexContract('memory-geo-index', { driversMax: DRIVERS_MAX, worlds: 500, imprecisionMs: 0 }, async () => {
  const clock = createManualClock();
  return {
    index: createMemoryGeoIndex({ clock, driversMax: DRIVERS_MAX }),
    nowMs: () => clock.nowMs(),
    advance: async (durationMs) => clock.skip(durationMs),
  };
});

describe('the memory of memory-geo-index', () => {
  it('gives up those of whom nothing is heard, while others move', () => {
    const clock = createManualClock();
    const index = createMemoryGeoIndex({ clock, driversMax: 100 });
    const traits = (driverId: number) => ({ driverId, state: 0, types: 1, rating: undefined });
    index.describe(Array.from({ length: 50 }, (_, n) => traits(n + 1)));
    clock.skip(KEPT_MS + 1);
    index.describe([traits(51)]);
    for (let step = 0; step < 60; step += 1) {
      index.move([{ driverId: 51, lat: 1, lng: 1, atMs: clock.nowMs() + step }]);
    }
    assert.equal(index.drivers(), 1);
  });
});
