import { deepEqual, equal, ok, throws } from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { seededFraction } from '../core/clock.ts';
import { distanceM } from '../core/geo.ts';
import { straightDurationS } from '../ports/routing/routing.ts';
import { createRoads, isOver, placeOn } from './car.ts';
import { generatedDemand, REQUESTS_MAX, recordedDemand, TRIP_LENGTHS } from './demand.ts';

const MINUTE_MS = 60_000;
const options = { requestsPerMinute: 120, durationMs: 10 * MINUTE_MS, seed: 7 };

describe('a demand that is made up', () => {
  it('is the same for the same seed, and another for another', () => {
    deepEqual(generatedDemand(options).requests, generatedDemand(options).requests);
    const other = generatedDemand({ ...options, seed: 8 });
    ok(other.requests[0]?.atMs !== generatedDemand(options).requests[0]?.atMs);
  });

  it('has as many requests as are asked for, in order of time, over distances that people are driven', () => {
    fc.assert(
      fc.property(fc.nat(1e6), fc.integer({ min: 10, max: 300 }), (seed, requestsPerMinute) => {
        const { requests } = generatedDemand({ ...options, seed, requestsPerMinute });
        const expected = requestsPerMinute * 10;
        ok(Math.abs(requests.length - expected) < 6 * Math.sqrt(expected), `${requests.length}`);
        for (const [index, { atMs, pickup, dropoff }] of requests.entries()) {
          ok(atMs >= (requests[index - 1]?.atMs ?? 0) && atMs < options.durationMs);
          const meters = distanceM(pickup, dropoff);
          ok(meters >= TRIP_LENGTHS.leastM * 0.99 && meters <= TRIP_LENGTHS.mostM * 1.01, `${meters} m`);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('has a limit', () => {
    const durationMs = (REQUESTS_MAX / 6_000) * 1.1 * MINUTE_MS;
    throws(
      () => generatedDemand({ requestsPerMinute: 6_000, durationMs, seed: 1 }),
      /at most 200000 requests/,
    );
  });
});

describe('a demand that was recorded', () => {
  const trips = Array.from({ length: 600 }, (_, index) => ({
    atMs: Date.UTC(2014, 3, 1, 8, 30) + Math.floor(index / 2) * MINUTE_MS,
    pickup: { lat: 40.7 + (index % 60) / 1_000, lng: -74 + (index % 47) / 1_000 },
  }));

  it('has each trip where it began, and when, so many times as fast', () => {
    const durationMs = 10 * MINUTE_MS;
    for (const speed of [1, 30, 60]) {
      const { requests, beginsAtMs } = recordedDemand({ trips, speed, durationMs, seed: 7 });
      equal(requests.length, Math.min(600, 20 * speed));
      equal(beginsAtMs, 8.5 * 60 * MINUTE_MS);
      const pickups = new Set(trips.map(({ pickup }) => pickup));
      ok(requests.every(({ pickup }) => pickups.has(pickup)));
      const third = requests.filter(({ atMs }) => atMs < (3 * MINUTE_MS) / speed);
      equal(third.length, 6);
    }
  });
});

describe('a car', () => {
  const roads = createRoads({
    ...{ travelS: straightDurationS, beginsAtMs: 12 * 60 * MINUTE_MS, speed: 1, driving: 1 },
  });
  const [from, to] = [
    { lat: 40.7128, lng: -74.006 },
    { lat: 40.7484, lng: -73.9857 },
  ];

  it('takes as long at noon as the streets do, wherever noon is', () => {
    const { durationMs } = roads.leg(from, to, 0);
    const speed = (distanceM(from, to) * 1.35) / (durationMs / 1_000);
    ok(Math.abs(speed * 3.6 - 18) < 0.1, `${speed * 3.6} km/h`);
    const tokyo = roads.leg({ lat: 35.6, lng: 139.7 }, { lat: 35.65, lng: 139.75 }, 0);
    const there = (distanceM(tokyo.from, tokyo.to) * 1.35) / (tokyo.durationMs / 3_600_000) / 1_000;
    ok(Math.abs(there - 18) < 0.1, `${there} km/h`);
  });

  it('is slower in the evening than in the night, and never faster than a server believes', () => {
    const fast = createRoads({ travelS: straightDurationS, beginsAtMs: 0, speed: 60, driving: 10 });
    ok(fast.leg(from, to, 17 * MINUTE_MS).durationMs > fast.leg(from, to, 2 * MINUTE_MS).durationMs);
    const { durationMs } = fast.leg(from, to, 2 * MINUTE_MS);
    ok(distanceM(from, to) / (durationMs / 1_000) <= 70.01);
  });

  it('goes from one place to the other, straight', () => {
    const leg = roads.leg(from, to, 1_000);
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), (share) => {
        const nowMs = 1_000 + share * leg.durationMs;
        const [done, left] = [distanceM(from, placeOn(leg, nowMs)), distanceM(placeOn(leg, nowMs), to)];
        ok(Math.abs(done + left - distanceM(from, to)) < 0.5);
        ok(Math.abs(done - share * distanceM(from, to)) < 1);
      }),
    );
    ok(!isOver(leg, 1_000) && isOver(leg, 1_000 + leg.durationMs));
    deepEqual(placeOn({ ...leg, durationMs: 0 }, 0), to);
  });

  it('goes by the roads, where it is told the way', () => {
    const corner = { lat: to.lat, lng: from.lng };
    const known = createRoads({
      ...{ travelS: straightDurationS, beginsAtMs: 0, speed: 1, driving: 1 },
      pathOf: (begin) => (begin === from ? [from, corner, to] : undefined),
    });
    const leg = known.leg(from, to, 0);
    const [first, second] = [distanceM(from, corner), distanceM(corner, to)];
    const atCorner = (leg.durationMs * first) / (first + second);
    ok(distanceM(placeOn(leg, atCorner), corner) < 1);
    ok(Math.abs(distanceM(placeOn(leg, atCorner / 2), corner) - first / 2) < 1);
    deepEqual([placeOn(leg, 0), placeOn(leg, leg.durationMs)], [from, to]);
    const back = known.leg(to, from, 0);
    ok(distanceM(placeOn(back, back.durationMs / 2), to) - distanceM(from, to) / 2 < 1);
  });

  it('begins near where somebody will ask', () => {
    const { driverStart, requests } = generatedDemand(options);
    const draw = seededFraction(1);
    for (let number = 0; number < 50; number += 1) {
      const start = driverStart(draw);
      ok(requests.some(({ pickup }) => distanceM(pickup, start) < 4_000));
    }
  });
});
