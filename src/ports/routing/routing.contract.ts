/** What every routing promises, whatever it knows of roads. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { distanceM, type GeoPoint } from '../../core/geo.ts';
import { DURATION_PAIRS_MAX, type Route, type RouteEstimate, type Routing } from './routing.ts';

export interface RoutingUnderTest {
  readonly routing: Routing;
  /** Of places that all have ways to each other. */
  readonly area: {
    readonly south: number;
    readonly west: number;
    readonly north: number;
    readonly east: number;
  };
  /** Whether ways are as long in either direction. */
  readonly symmetric: boolean;
  /** Places with no way from the first to the second; `undefined`: there are ways everywhere. */
  readonly noWay: readonly [from: GeoPoint, to: GeoPoint] | undefined;
  /** Far from every road; `undefined`: there are roads everywhere. */
  readonly offRoads: GeoPoint | undefined;
  close(): Promise<void>;
}

/** Whole seconds and meters, of up to three ways. */
const ROUNDING = 3;
/** Driven in less than half a second, which is rounded to none. */
const MOMENT_M = 10;
/** Of places that are drawn. */
const RUNS = { numRuns: 40 };
/** The middle of an hour by the sun at the places of the tests, so that none is in the next. */
const NOON_MS = Date.UTC(2026, 5, 1, 16, 24);

export function routingContract(name: string, open: () => Promise<RoutingUnderTest>): void {
  describe(`${name} is a routing`, () => {
    let subject: RoutingUnderTest;
    before(async () => {
      subject = await open();
    });
    after(() => subject.close());

    const placeIn = ({ south, west, north, east }: RoutingUnderTest['area']) =>
      fc.record({
        lat: fc.double({ min: south, max: north, noNaN: true }),
        lng: fc.double({ min: west, max: east, noNaN: true }),
      });
    const estimate = async (from: GeoPoint, to: GeoPoint): Promise<RouteEstimate> => {
      const answer = await subject.routing.estimate(from, to, NOON_MS);
      assert.ok(typeof answer === 'object', String(answer));
      return answer;
    };
    const route = async (from: GeoPoint, to: GeoPoint): Promise<Route> => {
      const answer = await subject.routing.route(from, to, NOON_MS);
      assert.ok(typeof answer === 'object', String(answer));
      return answer;
    };
    const holds = (check: (places: readonly GeoPoint[]) => Promise<void>, count: number) => {
      const places = fc.array(placeIn(subject.area), { minLength: count, maxLength: count });
      return fc.assert(fc.asyncProperty(places, check), RUNS);
    };
    const middle = (): GeoPoint => ({
      lat: (subject.area.south + subject.area.north) / 2,
      lng: (subject.area.west + subject.area.east) / 2,
    });

    it('answers in whole meters and seconds, never shorter than the great circle', () =>
      holds(async ([from = middle(), to = middle()]) => {
        const { distanceM: meters, durationS } = await estimate(from, to);
        assert.ok(Number.isSafeInteger(meters) && Number.isSafeInteger(durationS), `${meters} ${durationS}`);
        assert.ok(meters >= distanceM(from, to) - ROUNDING, `${meters} m of ${distanceM(from, to)}`);
        assert.ok(durationS > 0 || meters < MOMENT_M);
      }, 2));

    it('is never slower from one place to another than over a third', () =>
      holds(async ([from = middle(), over = middle(), to = middle()]) => {
        const direct = await estimate(from, to);
        const [first, second] = [await estimate(from, over), await estimate(over, to)];
        assert.ok(direct.durationS <= first.durationS + second.durationS + ROUNDING);
      }, 3));

    it('is as long in either direction, where no street is one-way', (test) => {
      if (!subject.symmetric) return test.skip('there are one-way streets');
      return holds(async ([from = middle(), to = middle()]) => {
        assert.deepEqual(await estimate(from, to), await estimate(to, from));
      }, 2);
    });

    it('is nothing from a place to itself', async () => {
      assert.deepEqual(await estimate(middle(), middle()), { distanceM: 0, durationS: 0 });
      assert.deepEqual(await subject.routing.durations([{ from: [middle()], to: middle() }], NOON_MS), [[0]]);
    });

    it('shows the way of an estimate, from the place to the place', () =>
      holds(async ([from = middle(), to = middle()]) => {
        const { path, ...estimated } = await route(from, to);
        assert.deepEqual(estimated, await estimate(from, to));
        assert.deepEqual([path[0], path.at(-1)], [from, to]);
        const length = path
          .slice(1)
          .reduce((sum, place, index) => sum + distanceM(path[index] ?? place, place), 0);
        assert.ok(length <= estimated.distanceM * 1.01 + 10, `${length} m of ${estimated.distanceM}`);
      }, 2));

    it('says of many at once what it says of each', () =>
      holds(async (places) => {
        const [to = middle(), other = middle(), ...from] = places;
        const approaches = [
          { from, to },
          { from: [], to },
          { from: from.slice(1), to: other },
        ];
        const durations = await subject.routing.durations(approaches, NOON_MS);
        assert.deepEqual(
          durations.map((each) => each.length),
          approaches.map((each) => each.from.length),
        );
        for (const [group, each] of approaches.entries()) {
          for (const [index, one] of each.from.entries()) {
            const { durationS } = await estimate(one, each.to);
            const duration = durations[group]?.[index];
            assert.ok(Math.abs(Number(duration) - durationS) <= 1, `${duration} s of ${durationS}`);
          }
        }
      }, 5));

    it('says when no road leads there', async (test) => {
      if (subject.noWay === undefined) return test.skip('everything can be reached');
      const [from, to] = subject.noWay;
      assert.equal(await subject.routing.estimate(from, to, NOON_MS), 'no_way');
      assert.equal(await subject.routing.route(from, to, NOON_MS), 'no_way');
      assert.deepEqual(await subject.routing.durations([{ from: [from], to }], NOON_MS), [['no_way']]);
    });

    it('says when a place is far from every road', async (test) => {
      const { offRoads } = subject;
      if (offRoads === undefined) return test.skip('there are roads everywhere');
      for (const [from, to] of [
        [offRoads, middle()],
        [middle(), offRoads],
      ] as const) {
        assert.equal(await subject.routing.estimate(from, to, NOON_MS), 'no_road_near');
        assert.equal(await subject.routing.route(from, to, NOON_MS), 'no_road_near');
        const durations = await subject.routing.durations([{ from: [from, from], to }], NOON_MS);
        assert.deepEqual(durations, [['no_road_near', 'no_road_near']]);
      }
    });

    it(`takes ${DURATION_PAIRS_MAX} pairs at a time, and no place that is not on earth`, async () => {
      const asked = async (pairs: number) => {
        const from = Array.from({ length: pairs }, middle);
        return subject.routing.durations([{ from, to: middle() }], NOON_MS);
      };
      assert.equal((await asked(DURATION_PAIRS_MAX))[0]?.length, DURATION_PAIRS_MAX);
      await assert.rejects(() => asked(DURATION_PAIRS_MAX + 1), /at a time/);
      const nowhere = { lat: 91, lng: 0 };
      await assert.rejects(async () => subject.routing.estimate(nowhere, middle(), NOON_MS), /on earth/);
      await assert.rejects(async () => subject.routing.route(middle(), nowhere, NOON_MS), /on earth/);
    });
  });
}
