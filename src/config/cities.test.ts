import assert from 'node:assert/strict';
import { it } from 'node:test';
import { parseCity } from './cities.ts';
import { SETTINGS } from './settings.ts';

it('a city is a name and a box of degrees', () => {
  assert.deepEqual(parseCity('new_york=40.3/-74.6/41.2/-73.3'), {
    ...{ name: 'new_york', south: 40.3, west: -74.6, north: 41.2, east: -73.3 },
  });
  assert.deepEqual(parseCity('fiji=-20/177/-16/-178')?.west, 177);
  assert.equal(parseCity('everywhere=-90/-180/90/180')?.name, 'everywhere');
});

it('what is no city is none', () => {
  const wrong = [
    ...['', 'new_york', 'new_york=', '=1/2/3/4', 'New York=1/2/3/4', 'a=1/2/3', 'a=1/2/3/4/5', 'a=//3/4'],
    ...['a=-90.1/0/1/1', 'a=1/0/90.1/1', 'a=2/0/1/1', 'a=1/0/1/1', 'a=1/-180.1/2/0', 'a=1/0/2/180.1'],
    ...['a=1/5/2/5', 'a=1.2.3/0/2/1', `${'a'.repeat(41)}=1/2/3/4`],
  ];
  for (const text of wrong) assert.equal(parseCity(text), undefined, text);
});

it('the default has New York, and whatever is elsewhere', () => {
  const cities = SETTINGS.GROUNDSWELL_CITIES.fallback.split(',').map(parseCity);
  assert.deepEqual(
    cities.map((city) => city?.name),
    ['new_york', 'everywhere'],
  );
});
