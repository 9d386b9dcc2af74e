import assert from 'node:assert/strict';
import { it } from 'node:test';
import { FARE_AMOUNT_MAX, fareProblems, parseFare } from './fares.ts';
import { SETTINGS } from './settings.ts';

it('a fare is a type of ride, a currency, amounts and a share, for all cities or one', () => {
  const rates = {
    ...{ rideType: 'economy', currency: 'USD', base: 255, perKm: 110, perMinute: 40, fees: 275 },
    ...{ minimum: 800, cancellation: 500, driverPercent: 75 },
  };
  assert.deepEqual(parseFare('economy=USD/255/110/40/275/800/500/75'), { city: undefined, ...rates });
  assert.deepEqual(parseFare('new_york.economy=USD/255/110/40/275/800/500/75'), {
    city: 'new_york',
    ...rates,
  });
  assert.equal(parseFare(`xl=USD/${FARE_AMOUNT_MAX}/0/0/0/0/0/100`)?.driverPercent, 100);
});

it('what is no fare is none', () => {
  const wrong = [
    ...['', 'economy', 'economy=', 'economy=usd/1/1/1/1/1/1/1', 'economy=USD/1/1/1/1/1/1'],
    ...['economy=USD/1/1/1/1/1/1/1/1', 'economy=USD/1.5/1/1/1/1/1/1', 'economy=USD/-1/1/1/1/1/1/1'],
    ...['economy=USD/1/1/1/1/1/1/101', `economy=USD/${FARE_AMOUNT_MAX + 1}/1/1/1/1/1/1`],
    ...['.economy=USD/1/1/1/1/1/1/1', 'New York.economy=USD/1/1/1/1/1/1/1', '=USD/1/1/1/1/1/1/1'],
  ];
  for (const text of wrong) assert.equal(parseFare(text), undefined, text);
});

it('fares of unknown cities and types, and those that are there twice, are said', () => {
  const problems = fareProblems(
    [
      { city: undefined, rideType: 'economy' },
      { city: 'rome', rideType: 'economy' },
      { city: 'lyon', rideType: 'rocket' },
      { city: undefined, rideType: 'economy' },
    ],
    [{ name: 'lyon' }],
    ['economy'],
  );
  assert.equal(problems.length, 3);
  assert.match(problems[0] ?? '', /rome is not in GROUNDSWELL_CITIES/);
  assert.match(problems[1] ?? '', /rocket is no type of ride: economy/);
  assert.match(problems[2] ?? '', /economy: it is there twice/);
});

it('the default has every type', () => {
  const fares = SETTINGS.GROUNDSWELL_FARES.fallback.split(',').map(parseFare);
  assert.deepEqual(
    fares.map((fare) => fare?.rideType),
    ['economy', 'comfort', 'xl', 'wheelchair'],
  );
});
