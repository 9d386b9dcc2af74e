import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createCities } from './cities.ts';

const FIJI = { name: 'fiji', south: -20, west: 177, north: -16, east: -178 };
const NEW_YORK = { name: 'new_york', south: 40.3, west: -74.6, north: 41.2, east: -73.3 };
const BRONX = { name: 'bronx', south: 40.78, west: -73.94, north: 40.92, east: -73.74 };

it('a place is in the first city that holds it, edges included', () => {
  const { cityOf } = createCities([BRONX, NEW_YORK, FIJI]);
  const nameAt = (lat: number, lng: number) => cityOf({ lat, lng })?.name;
  assert.equal(nameAt(40.7128, -74.006), 'new_york');
  assert.equal(nameAt(40.85, -73.87), 'bronx');
  assert.equal(nameAt(40.3, -74.6), 'new_york');
  assert.equal(nameAt(40.299, -74.6), undefined);
  assert.equal(nameAt(52, 13), undefined);
});

it('a city may lie across the antimeridian', () => {
  const { cityOf } = createCities([FIJI]);
  for (const lng of [177, 180, -180, -178]) assert.equal(cityOf({ lat: -18, lng })?.name, 'fiji');
  for (const lng of [176.9, 0, -177.9]) assert.equal(cityOf({ lat: -18, lng }), undefined);
});
