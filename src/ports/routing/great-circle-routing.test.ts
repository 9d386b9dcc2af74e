import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { greatCircleRouting } from './great-circle-routing.ts';
import { routingContract } from './routing.contract.ts';
import { DETOUR, SPEEDS_KM_PER_H, slownessAt, straightDurationS } from './routing.ts';

/** None of its places is in another hour than the others. */
const AREA = { south: 40.6, west: -74.1, north: 40.9, east: -73.8 };

routingContract('the great circle', async () => ({
  ...{ routing: greatCircleRouting, area: AREA, symmetric: true, noWay: undefined, offRoads: undefined },
  close: () => greatCircleRouting.close(),
}));

describe('the time a car takes', () => {
  it('is that of the streets at the speed of the hour there', () => {
    const from = { lat: 0, lng: 0 };
    const to = { lat: 0, lng: 0.0898315 };
    const seconds = (hour: number) => straightDurationS(from, to, Date.UTC(2026, 0, 1, hour, 30));
    for (const hour of [0, 9, 23]) {
      const expected = (9_989 * DETOUR) / ((SPEEDS_KM_PER_H[hour] ?? 0) / 3.6);
      assert.ok(Math.abs(seconds(hour) - expected) < 2, `${seconds(hour)} for ${expected}`);
    }
    // Midnight in New York is five in the morning in Greenwich.
    const [shifted, there] = [
      { lat: 0, lng: -74 },
      { lat: 0, lng: -73.9101685 },
    ];
    const atNight = straightDurationS(shifted, there, Date.UTC(2026, 0, 1, 5, 30));
    assert.ok(Math.abs(atNight - seconds(0)) < 1);
  });

  it('is that of empty streets in the quietest hour, and longer in all others', () => {
    const slowness = SPEEDS_KM_PER_H.map((_, hour) =>
      slownessAt({ lat: 0, lng: 0 }, Date.UTC(2026, 0, 1, hour, 30)),
    );
    assert.equal(Math.min(...slowness), 1);
    assert.equal(slowness.indexOf(1), 2);
    assert.ok(Math.max(...slowness) < 2.2);
  });
});
