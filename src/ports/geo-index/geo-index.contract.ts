/** What every geo-index promises. Held against a look at every driver, at the poles and the antimeridian too. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { distanceM, type GeoPoint } from '../../core/geo.ts';
import type { Id } from '../../core/ids.ts';
import {
  type DriverPosition,
  type DriverTraits,
  GEO_BATCH_MAX,
  GEO_STATES_MAX,
  GEO_TYPES_MAX,
  type GeoIndex,
  KEPT_MS,
  NEAREST_MAX,
  type NearestSearch,
  RADIUS_M_MAX,
} from './geo-index.ts';

export interface GeoIndexHarness {
  /** Empty. */
  readonly index: GeoIndex;
  nowMs(): number;
  /** Moves the clock of the index. */
  advance(durationMs: number): Promise<void>;
}

export interface GeoIndexTraits {
  /** Drivers at most; `undefined`: as many as its server has memory for. */
  readonly driversMax: number | undefined;
  /** Worlds in which it is held against a look at every driver. */
  readonly worlds: number;
  /** How exactly `advance` is followed. */
  readonly imprecisionMs: number;
}

type OpenHarness = () => Promise<GeoIndexHarness>;

const driver = (n: number): Id => 1_500_000_000_000_000 + n;
const PRECISION_M = 0.001;
const METRES_PER_DEGREE = 111_195;
const HERE: GeoPoint = { lat: 40.7128, lng: -74.006 };

const traits = (n: number, changes: Partial<DriverTraits> = {}): DriverTraits => ({
  ...{ driverId: driver(n), state: 0, types: 1, rating: undefined },
  ...changes,
});

export function geoIndexContract(name: string, own: GeoIndexTraits, openHarness: OpenHarness): void {
  const { driversMax, worlds, imprecisionMs } = own;
  describe(`${name} is a geo-index`, () => {
    describe('finding', () => findingContract(openHarness));
    describe('moving', () => movingContract(openHarness));
    describe('forgetting', () => forgettingContract(openHarness, imprecisionMs));
    describe('limits', () => limitsContract(openHarness));
    if (driversMax !== undefined) roomContract(openHarness, driversMax);
    it('finds whom a look at every driver finds, anywhere on earth', () =>
      holdAgainstAll(openHarness, worlds));
  });
}

/** All who are on trial, with what a search would ask. */
async function settle(
  { index, nowMs }: GeoIndexHarness,
  drivers: readonly (Partial<DriverTraits> & GeoPoint)[],
): Promise<void> {
  await index.describe(drivers.map((each, n) => traits(n, each)));
  await index.move(drivers.map(({ lat, lng }, n) => ({ driverId: driver(n), atMs: nowMs(), lat, lng })));
}

function searchAround(around: GeoPoint, changes: Partial<NearestSearch> = {}): NearestSearch {
  return {
    ...{ around, radiusM: 5_000, limit: 10, states: 1, types: 1, ratingAbove: undefined, sinceMs: 0 },
    ...changes,
  };
}

async function idsFound(index: GeoIndex, search: NearestSearch): Promise<Id[]> {
  return (await index.nearest(search)).map(({ driverId }) => driverId);
}

const north = ({ lat, lng }: GeoPoint, metres: number): GeoPoint => ({
  lat: lat + metres / METRES_PER_DEGREE,
  lng,
});

function findingContract(openHarness: OpenHarness): void {
  it('answers nobody where nobody is', async () => {
    const { index } = await openHarness();
    assert.deepEqual(await index.nearest(searchAround(HERE)), []);
  });

  it('answers the nearest first, with where and when, and how far', async () => {
    const harness = await openHarness();
    await settle(harness, [north(HERE, 900), north(HERE, 100), north(HERE, 500)]);
    const found = await harness.index.nearest(searchAround(HERE, { limit: 2 }));
    assert.deepEqual(
      found.map(({ driverId }) => driverId),
      [driver(1), driver(2)],
    );
    const [first] = found;
    assert.deepEqual(
      { lat: first?.lat, lng: first?.lng, atMs: first?.atMs },
      { ...north(HERE, 100), atMs: harness.nowMs() },
    );
    assert.ok(Math.abs((first?.distanceM ?? 0) - 100) < 0.1);
  });

  it('leaves out who is beyond the radius, and no one within', async () => {
    const harness = await openHarness();
    const there = north(HERE, 2_000);
    await settle(harness, [there]);
    const away = distanceM(HERE, there);
    const within = searchAround(HERE, { radiusM: away + PRECISION_M });
    assert.deepEqual(await idsFound(harness.index, within), [driver(0)]);
    const beyond = searchAround(HERE, { radiusM: away - PRECISION_M });
    assert.deepEqual(await idsFound(harness.index, beyond), []);
  });

  it('finds who is where it looks, and on the other side of a pole and of the antimeridian', async () => {
    const harness = await openHarness();
    const places: [GeoPoint, GeoPoint][] = [
      [HERE, HERE],
      [
        { lat: 89.999, lng: 10 },
        { lat: 89.999, lng: -170 },
      ],
      [
        { lat: 90, lng: 0 },
        { lat: 90, lng: 120 },
      ],
      [
        { lat: -89.9999, lng: 0 },
        { lat: -90, lng: 180 },
      ],
      [
        { lat: 0, lng: 179.9999 },
        { lat: 0, lng: -179.9999 },
      ],
      [
        { lat: 52, lng: 180 },
        { lat: 52, lng: -180 },
      ],
    ];
    await settle(
      harness,
      places.map(([, there]) => there),
    );
    for (const [n, [around]] of places.entries()) {
      const ids = await idsFound(harness.index, searchAround(around, { radiusM: 300 }));
      assert.ok(ids.includes(driver(n)), `from ${JSON.stringify(around)}`);
    }
  });

  it('tells drivers apart by state, types and rating', async () => {
    const harness = await openHarness();
    await settle(harness, [
      { ...HERE, state: 0, types: 0b01, rating: 4.5 },
      { ...HERE, state: 1, types: 0b11, rating: 4.51 },
      { ...HERE, state: GEO_STATES_MAX - 1, types: 2 ** (GEO_TYPES_MAX - 1), rating: undefined },
    ]);
    const found = async (changes: Partial<NearestSearch>) =>
      (await idsFound(harness.index, searchAround(HERE, { states: -1, types: 0xffff, ...changes }))).sort();
    assert.deepEqual(await found({}), [driver(0), driver(1), driver(2)]);
    assert.deepEqual(await found({ states: 0b10 }), [driver(1)]);
    assert.deepEqual(await found({ states: 1 << (GEO_STATES_MAX - 1) }), [driver(2)]);
    assert.deepEqual(await found({ types: 0b10 }), [driver(1)]);
    assert.deepEqual(await found({ types: 0b01 }), [driver(0), driver(1)]);
    assert.deepEqual(await found({ types: 1 << (GEO_TYPES_MAX - 1) }), [driver(2)]);
    assert.deepEqual(await found({ ratingAbove: 4.5 }), [driver(1), driver(2)]);
    assert.deepEqual(await found({ ratingAbove: 4.49 }), [driver(0), driver(1), driver(2)]);
    assert.deepEqual(await found({ states: 0 }), []);
    const [one] = await harness.index.nearest(searchAround(HERE, { states: 0b10, types: 0b10 }));
    assert.deepEqual([one?.state, one?.types], [1, 0b11], 'and says what they are and offer');
  });

  it('leaves out who was there too long ago', async () => {
    const harness = await openHarness();
    await settle(harness, [HERE]);
    const at = harness.nowMs();
    assert.deepEqual(await idsFound(harness.index, searchAround(HERE, { sinceMs: at })), [driver(0)]);
    assert.deepEqual(await idsFound(harness.index, searchAround(HERE, { sinceMs: at + 1 })), []);
  });
}

function movingContract(openHarness: OpenHarness): void {
  it('finds drivers where they are now, and no longer where they were', async () => {
    const harness = await openHarness();
    const { index, nowMs } = harness;
    const there = { lat: -33.86, lng: 151.2 };
    await settle(harness, [HERE, HERE, HERE]);
    const left = await index.move([{ driverId: driver(1), ...there, atMs: nowMs() + 1 }]);
    assert.equal(left, 0);
    assert.deepEqual((await idsFound(index, searchAround(HERE))).sort(), [driver(0), driver(2)]);
    assert.deepEqual(await idsFound(index, searchAround(there)), [driver(1)]);
  });

  it('leaves out what is not younger, and who was not described, and says how many', async () => {
    const harness = await openHarness();
    const { index, nowMs } = harness;
    await settle(harness, [HERE]);
    const away = { lat: 1, lng: 1 };
    const positions: DriverPosition[] = [
      { driverId: driver(0), ...away, atMs: nowMs() },
      { driverId: driver(0), ...away, atMs: nowMs() - 1 },
      { driverId: driver(7), ...away, atMs: nowMs() },
    ];
    assert.equal(await index.move(positions), 3);
    assert.deepEqual(await idsFound(index, searchAround(HERE)), [driver(0)]);
    await index.describe([traits(7)]);
    assert.deepEqual(await idsFound(index, searchAround(away)), []);
  });

  it('describes anew without moving', async () => {
    const harness = await openHarness();
    const { index } = harness;
    await settle(harness, [HERE]);
    await index.describe([traits(0, { state: 3 })]);
    assert.deepEqual(await idsFound(index, searchAround(HERE)), []);
    assert.deepEqual(await idsFound(index, searchAround(HERE, { states: 0b1000 })), [driver(0)]);
  });

  it('finds drivers as and where they are when they were described and moved at the same time', async () => {
    const { index, nowMs } = await openHarness();
    await index.describe(ALL.map((n) => traits(n)));
    for (let step = 1; step <= 20; step += 1) {
      const place = north(HERE, (step % 5) * 400);
      const there = ALL.map((n) => ({ driverId: driver(n), atMs: nowMs() + step, ...place }));
      const described = ALL.map((n) => traits(n, { state: step % 3 }));
      await Promise.all(
        step % 2 === 0
          ? [index.move(there), index.describe(described)]
          : [index.describe(described), index.move(there)],
      );
      const around = { radiusM: 100, limit: ALL.length };
      const found = await idsFound(index, searchAround(place, { ...around, states: 1 << (step % 3) }));
      assert.equal(found.length, ALL.length, `in step ${step}`);
      assert.deepEqual(
        await idsFound(index, searchAround(place, { ...around, states: ~(1 << (step % 3)) })),
        [],
      );
    }
  });

  it('is the same when everything was said twice', async () => {
    const harness = await openHarness();
    const { index, nowMs } = harness;
    await settle(harness, [HERE, north(HERE, 700)]);
    const there: DriverPosition = { driverId: driver(1), ...north(HERE, 1_400), atMs: nowMs() + 1 };
    assert.deepEqual([await index.move([there]), await index.move([there])], [0, 1]);
    await index.describe([traits(1), traits(1)]);
    assert.deepEqual(await idsFound(index, searchAround(HERE)), [driver(0), driver(1)]);
    assert.equal(await index.move([{ ...there, ...HERE }]), 1, 'elsewhere at the same time');
    assert.deepEqual(await idsFound(index, searchAround(HERE, { radiusM: 10 })), [driver(0)]);
  });
}

const ALL = Array.from({ length: 40 }, (_, n) => n);

function forgettingContract(openHarness: OpenHarness, imprecisionMs: number): void {
  it('forgets whom it is told to, who may come back', async () => {
    const harness = await openHarness();
    const { index, nowMs } = harness;
    await settle(harness, [HERE, HERE]);
    await index.forget([driver(0), driver(9)]);
    assert.deepEqual(await idsFound(index, searchAround(HERE)), [driver(1)]);
    assert.equal(await index.move([{ driverId: driver(0), ...HERE, atMs: nowMs() + 1 }]), 1);
    await index.describe([traits(0)]);
    assert.deepEqual(await idsFound(index, searchAround(HERE)), [driver(1)]);
    // Nothing is known of where they were.
    assert.equal(await index.move([{ driverId: driver(0), ...HERE, atMs: nowMs() - 1 }]), 0);
    assert.deepEqual((await idsFound(index, searchAround(HERE))).sort(), [driver(0), driver(1)]);
  });

  it('finds who moves on and on, and who stands still, whatever the time', async () => {
    const { index, nowMs, advance } = await openHarness();
    await index.describe([traits(0), traits(1)]);
    let positions: DriverPosition[] = [];
    for (let minute = 0; minute < 30; minute += 1) {
      // What comes late changes nothing.
      assert.equal(await index.move(positions), positions.length);
      const there = north(HERE, minute * 300);
      positions = [HERE, there].map((point, n) => ({ driverId: driver(n), ...point, atMs: nowMs() }));
      assert.equal(await index.move(positions), 0);
      const fresh = { sinceMs: nowMs() - 30_000, radiusM: 200 };
      assert.ok((await idsFound(index, searchAround(HERE, fresh))).includes(driver(0)), `minute ${minute}`);
      assert.ok((await idsFound(index, searchAround(there, fresh))).includes(driver(1)), `minute ${minute}`);
      await advance(60_000);
    }
  });

  it('keeps who was described or moved within KEPT_MS', async () => {
    const harness = await openHarness();
    const { index, nowMs, advance } = harness;
    const almostMs = KEPT_MS - 1 - imprecisionMs;
    await settle(harness, [HERE, HERE]);
    await advance(almostMs);
    assert.deepEqual((await idsFound(index, searchAround(HERE))).sort(), [driver(0), driver(1)]);
    await index.describe([traits(0)]);
    await advance(almostMs);
    await index.describe([traits(2)]);
    for (let n = 0; n < 10; n += 1) await index.move([{ driverId: driver(2), ...HERE, atMs: nowMs() + n }]);
    // Where the driver was so long ago may be forgotten, but not who they are.
    assert.equal(await index.move([{ driverId: driver(0), ...HERE, atMs: nowMs() }]), 0);
    assert.ok((await idsFound(index, searchAround(HERE))).includes(driver(0)));
  });
}

function limitsContract(openHarness: OpenHarness): void {
  it('takes batches of so many, and no more', async () => {
    const { index, nowMs } = await openHarness();
    const drivers = (count: number) => Array.from({ length: count }, () => traits(0));
    assert.equal(await index.describe(drivers(GEO_BATCH_MAX)), 0);
    await assert.rejects(async () => index.describe(drivers(GEO_BATCH_MAX + 1)), /at most/);
    const position = { driverId: driver(0), ...HERE, atMs: nowMs() };
    const positions = (count: number) => Array.from({ length: count }, () => position);
    assert.equal(await index.move(positions(GEO_BATCH_MAX)), GEO_BATCH_MAX - 1);
    await assert.rejects(async () => index.move(positions(GEO_BATCH_MAX + 1)), /at most/);
    await index.forget(positions(GEO_BATCH_MAX).map(({ driverId }) => driverId));
    await assert.rejects(async () => index.forget(positions(GEO_BATCH_MAX + 1).map(() => 1)), /at most/);
  });

  it('searches so far and for so many, and no more', async () => {
    const { index } = await openHarness();
    const refuses = (changes: Partial<NearestSearch>) =>
      assert.rejects(async () => index.nearest(searchAround(HERE, changes)), /Assertion/);
    await index.nearest(searchAround(HERE, { radiusM: RADIUS_M_MAX, limit: NEAREST_MAX }));
    await refuses({ radiusM: RADIUS_M_MAX + 1 });
    await refuses({ radiusM: 0 });
    await refuses({ limit: NEAREST_MAX + 1 });
    await refuses({ limit: 0 });
    await refuses({ around: { lat: 90.1, lng: 0 } });
    await refuses({ around: { lat: 0, lng: Number.NaN } });
  });

  it('refuses traits and positions that are none', async () => {
    const { index, nowMs } = await openHarness();
    await assert.rejects(async () => index.describe([traits(0, { state: GEO_STATES_MAX })]), /Assertion/);
    await assert.rejects(async () => index.describe([traits(0, { types: 2 ** GEO_TYPES_MAX })]), /Assertion/);
    await index.describe([traits(0)]);
    const position = { driverId: driver(0), ...HERE, atMs: nowMs() };
    await assert.rejects(async () => index.move([{ ...position, lng: 180.1 }]), /Assertion/);
    await assert.rejects(async () => index.move([{ ...position, lat: Number.NaN }]), /Assertion/);
  });
}

function roomContract(openHarness: OpenHarness, driversMax: number): void {
  it('has room for so many drivers, and says how many it has left out', async () => {
    const { index, advance } = await openHarness();
    const all = Array.from({ length: driversMax }, (_, n) => traits(n));
    assert.equal(await index.describe(all), 0);
    assert.equal(await index.describe([traits(driversMax), traits(0)]), 1);
    await index.forget([driver(5)]);
    assert.equal(await index.describe([traits(driversMax)]), 0);
    assert.equal(await index.describe([traits(5)]), 1);
    await advance(KEPT_MS + 1);
    assert.equal(await index.describe([traits(5)]), 0);
  });
}

/** Near one of these a hundred drivers are close together, which is where cells and edges matter. */
const CORNERS: readonly GeoPoint[] = [
  HERE,
  { lat: 0, lng: 0 },
  { lat: 90, lng: 0 },
  { lat: -90, lng: 77 },
  { lat: 0, lng: 180 },
  { lat: 66.5, lng: -180 },
  { lat: -80, lng: 20 },
  { lat: 89.5, lng: 179.99 },
];

const anywhere: fc.Arbitrary<GeoPoint> = fc.record({
  lat: fc.double({ min: -90, max: 90, noNaN: true }),
  lng: fc.double({ min: -180, max: 180, noNaN: true }),
});

function near({ lat, lng }: GeoPoint, spread: number): fc.Arbitrary<GeoPoint> {
  const offset = fc.double({ min: -spread, max: spread, noNaN: true });
  return fc.tuple(offset, offset).map(([up, aside]) => ({
    lat: Math.max(-90, Math.min(90, lat + up)),
    lng: ((((lng + aside + 180) % 360) + 360) % 360) - 180,
  }));
}

const world = fc
  .tuple(fc.constantFrom(...CORNERS), fc.constantFrom(0.001, 0.01, 0.1, 0.5))
  .chain(([corner, spread]) => {
    const point = fc.oneof(
      { arbitrary: near(corner, spread), weight: 9 },
      { arbitrary: anywhere, weight: 1 },
    );
    const one = fc.record({
      point,
      state: fc.nat(2),
      types: fc.nat(3),
      rating: fc.option(fc.constantFrom(4, 4.5, 4.8), { nil: undefined }),
      ageMs: fc.nat(30_000),
    });
    return fc.record({
      drivers: fc.array(one, { minLength: 1, maxLength: 60 }),
      moves: fc.array(fc.tuple(fc.nat(59), point), { maxLength: 60 }),
      searches: fc.array(
        fc.record({
          around: point,
          radiusM: fc.oneof(
            fc.constantFrom(100, 1_000, 5_000, RADIUS_M_MAX),
            // So that the circle ends among the drivers.
            fc.double({ min: 0.1, max: 1.5, noNaN: true }).map((part) => part * spread * METRES_PER_DEGREE),
          ),
          limit: fc.integer({ min: 1, max: 12 }),
          states: fc.integer({ min: 1, max: 7 }),
          types: fc.integer({ min: 1, max: 3 }),
          ratingAbove: fc.option(fc.constant(4.5), { nil: undefined }),
          maxAgeMs: fc.nat(30_000),
        }),
        { minLength: 1, maxLength: 6 },
      ),
    });
  });

async function holdAgainstAll(openHarness: OpenHarness, worlds: number): Promise<void> {
  await fc.assert(
    fc.asyncProperty(world, async ({ drivers, moves, searches }) => {
      const { index, nowMs } = await openHarness();
      const now = nowMs();
      const all = drivers.map(({ point, ageMs, ...rest }, n) => ({
        ...{ ...traits(n, rest), ...point, atMs: now - ageMs },
      }));
      await index.describe(all);
      await index.move(all);
      for (const [step, [n, point]] of moves.entries()) {
        const one = all[n % all.length];
        if (one === undefined) continue;
        Object.assign(one, point, { atMs: now + 1 + step });
        await index.move([one]);
      }
      for (const { maxAgeMs, ...rest } of searches) {
        const search = { ...rest, sinceMs: now - maxAgeMs };
        const found = await index.nearest(search);
        const expected = lookAtAll(all, search);
        assertSame(
          found.map(({ distanceM: away }) => away),
          expected,
          search,
        );
        for (const { driverId, distanceM: away } of found) {
          const one = all.find((each) => each.driverId === driverId);
          assert.ok(one !== undefined && Math.abs(distanceM(search.around, one) - away) < PRECISION_M);
        }
        assert.equal(new Set(found.map(({ driverId }) => driverId)).size, found.length);
      }
    }),
    { numRuns: worlds },
  );
}

type Known = DriverTraits & DriverPosition;

/** The distances of those who fit, the nearest first. */
function lookAtAll(all: readonly Known[], search: NearestSearch): number[] {
  const { around, ratingAbove, sinceMs, states, types } = search;
  return all
    .filter((one) => ((states >> one.state) & 1) === 1 && (one.types & types) !== 0 && one.atMs >= sinceMs)
    .filter(({ rating }) => ratingAbove === undefined || rating === undefined || rating > ratingAbove)
    .map((one) => distanceM(around, one))
    .sort((one, other) => one - other);
}

/** But for those within a millimetre of the radius, who may be found or not. */
function assertSame(found: readonly number[], all: readonly number[], search: NearestSearch): void {
  const { limit, radiusM } = search;
  const inside = all.filter((away) => away < radiusM - PRECISION_M).slice(0, limit);
  const within = all.filter((away) => away < radiusM + PRECISION_M).slice(0, limit);
  assert.ok(found.length >= inside.length && found.length <= within.length, JSON.stringify(search));
  for (const [index, away] of found.entries()) {
    assert.ok(Math.abs(away - (within[index] ?? 0)) < PRECISION_M, `${away} m, place ${index}`);
  }
}
