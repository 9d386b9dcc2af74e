import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { createMemoryGeoIndex } from '../../../ports/geo-index/memory-geo-index.ts';
import { isInBox, type MapBox } from '../cities/map-box.ts';
import { DRIVERS_PER_TILE_MAX, driversInBox } from './drivers-in-box.ts';

const NOW_MS = 1_700_000_000_000;
const ALL = { states: -1, types: 0xffff };
const BOXES: readonly MapBox[] = [
  { south: 40.6, west: -74.1, north: 40.8, east: -73.9 },
  { south: -1, west: 179, north: 1, east: -179 },
  { south: 88.5, west: 10, north: 90, east: 12 },
  { south: -34, west: 150.999, north: -33.9, east: 151 },
];

/** Drivers at parts of the box, 0 to 1 to the north and to the east; beyond that they are outside of it. */
function indexOf(box: MapBox, parts: readonly (readonly [number, number])[]) {
  const index = createMemoryGeoIndex({ clock: { nowMs: () => NOW_MS }, driversMax: 1_000 });
  const { south, west, north, east } = box;
  const width = (east - west + 360) % 360;
  const drivers = parts.map(([up, along], n) => ({
    ...{ driverId: 1_600_000_000_000_000 + n, atMs: NOW_MS, state: 0, types: 1, rating: undefined },
    lat: Math.min(90, south + up * (north - south)),
    lng: ((west + along * width + 540) % 360) - 180,
  }));
  index.describe(drivers);
  index.move(drivers);
  return { index, drivers };
}

const part = fc.double({ min: -0.2, max: 1.2, noNaN: true });

it('finds whom a look at every driver finds, where none are crowded', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...BOXES),
      fc.array(fc.tuple(part, part), { maxLength: DRIVERS_PER_TILE_MAX - 1 }),
      async (box, parts) => {
        const { index, drivers } = indexOf(box, parts);
        const { drivers: found, isComplete } = await driversInBox(index, NOW_MS, { box, ...ALL });
        const expected = drivers.filter((driver) => isInBox(box, driver)).map(({ driverId }) => driverId);
        assert.deepEqual(found.map(({ driverId }) => driverId).sort(), expected.sort());
        assert.equal(isComplete, true);
      },
    ),
  );
});

it('is not complete where so many are close together, and finds those elsewhere all the same', async () => {
  const [box] = BOXES;
  assert(box !== undefined);
  const crowd = (drivers: number) => Array.from({ length: drivers }, (): [number, number] => [0.1, 0.1]);
  const { index } = indexOf(box, [...crowd(DRIVERS_PER_TILE_MAX + 5), [0.9, 0.9]]);
  const { drivers, isComplete } = await driversInBox(index, NOW_MS, { box, ...ALL });
  assert.equal(isComplete, false);
  assert.equal(drivers.length, DRIVERS_PER_TILE_MAX + 1);
});
