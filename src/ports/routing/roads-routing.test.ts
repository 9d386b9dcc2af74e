import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  createTwoStreets,
  M_PER_DEGREE,
  MIDDLE,
  northOf,
  TWO_STREETS,
} from '../../../test/support/two-streets.ts';
import { systemClock } from '../../core/clock.ts';
import { distanceM } from '../../core/geo.ts';
import { generateCity } from '../../roads/generated-city.ts';
import { createRoads } from '../../roads/roads.ts';
import { createRoadsRouting } from './roads-routing.ts';
import { routingContract } from './routing.contract.ts';
import { SNAP_M_MAX } from './routing.ts';

const NIGHT_MS = Date.UTC(2026, 5, 1, 7, 24);
const NOON_MS = Date.UTC(2026, 5, 1, 17, 24);

const city = createRoads('city', generateCity({ seed: 7, columns: 24, rows: 40, middle: MIDDLE }));
const twoStreets = createTwoStreets();

routingContract('a road graph', async () => {
  const routing = createRoadsRouting({ towns: [city, twoStreets], clock: systemClock });
  return {
    ...{ routing, area: city.box, symmetric: false },
    ...{ noWay: undefined, offRoads: { lat: city.box.north + 0.05, lng: MIDDLE.lng } },
    close: () => routing.close(),
  };
});

routingContract('a road graph in two parts', async () => {
  const routing = createRoadsRouting({ towns: [twoStreets], clock: systemClock });
  return {
    ...{ routing, ...TWO_STREETS },
    close: () => routing.close(),
  };
});

describe('routing by road graphs', () => {
  const routing = createRoadsRouting({ towns: [twoStreets], clock: systemClock });

  it('takes the time of empty streets at night, and of full ones by day', () => {
    assert.deepEqual(routing.estimate(northOf(100), northOf(600), NIGHT_MS), {
      distanceM: 500,
      durationS: 50,
    });
    const byDay = routing.estimate(northOf(100), northOf(600), NOON_MS);
    assert.deepEqual(byDay, { distanceM: 500, durationS: Math.round((50 * 34) / 18) });
  });

  it('adds the way to the road and from it', () => {
    const beside = { lat: northOf(100).lat, lng: MIDDLE.lng + 0.001 };
    const awayM = distanceM(beside, northOf(100));
    const estimate = routing.estimate(beside, northOf(600), NIGHT_MS);
    const durationS = Math.round(50 + awayM / (15 / 3.6));
    assert.deepEqual(estimate, { distanceM: Math.round(500 + awayM), durationS });
    const { path } = routing.route(beside, northOf(600), NIGHT_MS) as { path: readonly unknown[] }; // A way leads there.
    assert.equal(path.length, 4);
  });

  it(`knows roads within ${SNAP_M_MAX} m`, () => {
    const lngs = (meters: number) => meters / (M_PER_DEGREE * Math.cos((MIDDLE.lat * Math.PI) / 180));
    const away = (meters: number) => ({ lat: northOf(500).lat, lng: MIDDLE.lng + lngs(meters) });
    assert.equal(typeof routing.estimate(away(SNAP_M_MAX - 1), northOf(0), NOON_MS), 'object');
    assert.equal(routing.estimate(away(SNAP_M_MAX + 1), northOf(0), NOON_MS), 'no_road_near');
  });

  it('is that of the first town that has roads near both places', async () => {
    const both = createRoadsRouting({ towns: [twoStreets, city], clock: systemClock });
    assert.deepEqual(both.estimate(northOf(3_500), northOf(500), NIGHT_MS), 'no_way');
    const farWest = { lat: MIDDLE.lat, lng: (city.box.west + MIDDLE.lng) / 2 };
    const estimate = both.estimate(farWest, northOf(0), NIGHT_MS);
    assert.ok(typeof estimate === 'object' && estimate.distanceM > distanceM(farWest, northOf(0)));
    const [durations] = await both.durations([{ from: [farWest, northOf(3_500)], to: northOf(0) }], NIGHT_MS);
    assert.equal(Math.round(Number(durations?.[0])), estimate.durationS);
    assert.equal(durations?.[1], 'no_way');
  });
});
