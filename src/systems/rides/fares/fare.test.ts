import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  FARE_DISTANCE_M_MAX,
  FARE_DURATION_S_MAX,
  type Fare,
  fareOf,
  NO_SURGE_PERCENT,
  SURGE_PERCENT_MAX,
} from './fare.ts';
import { createFareTable, type FareRates } from './fare-rates.ts';
import { wholeQuotient } from './whole-quotient.ts';

const RATES: FareRates = {
  ...{ currency: 'USD', base: 255, perKm: 110, perMinute: 40, fees: 275 },
  ...{ minimum: 800, cancellation: 500, driverPercent: 75 },
};
const AMOUNT_MAX = 10_000_000;

const amount = fc.integer({ min: 0, max: AMOUNT_MAX });
const rates: fc.Arbitrary<FareRates> = fc.record({
  ...{ currency: fc.constant('USD'), base: amount, perKm: amount, perMinute: amount, fees: amount },
  ...{ minimum: amount, cancellation: amount, driverPercent: fc.integer({ min: 0, max: 100 }) },
});
const trip = fc.record({
  distanceM: fc.integer({ min: 0, max: FARE_DISTANCE_M_MAX }),
  durationS: fc.integer({ min: 0, max: FARE_DURATION_S_MAX }),
});
const surge = fc.integer({ min: NO_SURGE_PERCENT, max: SURGE_PERCENT_MAX });

function amountsOf({ total, toDriver, parts, cancellation }: Fare): number[] {
  return [total, toDriver, cancellation.total, cancellation.toDriver, ...Object.values(parts)];
}

describe('a fare', () => {
  it('is base, distance and time by the surge, with fees', () => {
    const fare = fareOf(RATES, { distanceM: 6_360, durationS: 915 }, 150);
    assert.deepEqual(fare, {
      currency: 'USD',
      total: 2_623,
      toDriver: 1_761,
      parts: { base: 255, distance: 700, time: 610, surge: 783, minimum: 0, fees: 275 },
      cancellation: { total: 500, toDriver: 375 },
    });
  });

  it('is the minimum with fees at least', () => {
    const { total, parts } = fareOf(RATES, { distanceM: 100, durationS: 60 }, NO_SURGE_PERCENT);
    assert.deepEqual([total, parts.minimum], [1_075, 800 - 255 - 11 - 40]);
  });

  it('is the sum of its parts, all whole and none negative', () => {
    fc.assert(
      fc.property(rates, trip, surge, (some, way, percent) => {
        const fare = fareOf(some, way, percent);
        const sum = Object.values(fare.parts).reduce((one, other) => one + other, 0);
        assert.equal(fare.total, sum);
        for (const each of amountsOf(fare)) assert.ok(Number.isSafeInteger(each) && each >= 0);
      }),
    );
  });

  it('is shared so that the driver never gets more than was driven for', () => {
    fc.assert(
      fc.property(rates, trip, surge, (some, way, percent) => {
        const { total, toDriver, parts, cancellation } = fareOf(some, way, percent);
        assert.ok(toDriver <= total - parts.fees);
        assert.ok(cancellation.toDriver <= cancellation.total);
      }),
    );
  });

  it('never falls when the way, the time or the surge grows', () => {
    fc.assert(
      fc.property(rates, trip, surge, trip, surge, (some, way, percent, more, morePercent) => {
        const longer = {
          distanceM: Math.max(way.distanceM, more.distanceM),
          durationS: Math.max(way.durationS, more.durationS),
        };
        const { total } = fareOf(some, way, percent);
        assert.ok(fareOf(some, { ...way, distanceM: longer.distanceM }, percent).total >= total);
        assert.ok(fareOf(some, { ...way, durationS: longer.durationS }, percent).total >= total);
        assert.ok(fareOf(some, way, Math.max(percent, morePercent)).total >= total);
        assert.ok(fareOf(some, longer, Math.max(percent, morePercent)).total >= total);
      }),
    );
  });

  it('is of one ride: nothing past the limits is reckoned', () => {
    const most = { distanceM: FARE_DISTANCE_M_MAX, durationS: FARE_DURATION_S_MAX };
    const dear = { ...RATES, perKm: AMOUNT_MAX, perMinute: AMOUNT_MAX };
    assert.ok(Number.isSafeInteger(fareOf(dear, most, SURGE_PERCENT_MAX).total));
    assert.throws(() => fareOf(RATES, { ...most, distanceM: most.distanceM + 1 }, 100), /not of/);
    assert.throws(() => fareOf(RATES, { ...most, durationS: most.durationS + 1 }, 100), /not of/);
    assert.throws(() => fareOf(RATES, most, SURGE_PERCENT_MAX + 1), /surge/);
    assert.throws(() => fareOf(RATES, most, NO_SURGE_PERCENT - 1), /surge/);
    assert.throws(() => fareOf(RATES, { ...most, distanceM: 0.5 }, 100), /not of/);
  });
});

describe('a whole quotient', () => {
  it('is what exact arithmetic says, halves up', () => {
    const numerator = fc.maxSafeNat();
    const denominator = fc.integer({ min: 1, max: 1_000_000 });
    fc.assert(
      fc.property(numerator, denominator, (over, under) => {
        const twice = (2n * BigInt(over) + BigInt(under)) / (2n * BigInt(under));
        assert.equal(BigInt(wholeQuotient(over, under)), twice);
      }),
    );
    assert.deepEqual(
      [wholeQuotient(49, 100), wholeQuotient(50, 100), wholeQuotient(149, 100), wholeQuotient(3, 2)],
      [0, 1, 1, 2],
    );
    assert.throws(() => wholeQuotient(-1, 2), /amount/);
    assert.throws(() => wholeQuotient(1, 0), /divide by/);
  });
});

describe('the table of fares', () => {
  it('has those of a city before those of all, and none of what nobody drives', () => {
    const table = createFareTable([
      { city: undefined, rideType: 'economy', ...RATES },
      { city: 'lyon', rideType: 'economy', ...RATES, currency: 'EUR' },
      { city: 'lyon', rideType: 'xl', ...RATES, currency: 'EUR' },
    ]);
    assert.equal(table.ratesOf('lyon', 'economy')?.currency, 'EUR');
    assert.deepEqual(table.ratesOf('rome', 'economy'), RATES);
    assert.equal(table.ratesOf('lyon', 'xl')?.currency, 'EUR');
    assert.equal(table.ratesOf('rome', 'xl'), undefined);
  });
});
