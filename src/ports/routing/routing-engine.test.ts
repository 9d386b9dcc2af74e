import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { type Conduct, openRoutingEngine, polylineOf } from '../../../test/support/routing-engine.ts';
import { createTwoStreets, MIDDLE, northOf } from '../../../test/support/two-streets.ts';
import { AppError } from '../../core/errors.ts';
import { polylinePlaces } from './engine-answer.ts';
import { ANSWER_BYTES_MAX } from './engine-http.ts';
import { createOsrmRouting } from './osrm-routing.ts';
import { WAY_M_MAX, WAY_S_MAX } from './routing.ts';
import { type EngineRouting, FROM_MAX } from './routing-engine.ts';
import { createValhallaRouting } from './valhalla-routing.ts';

const [FROM, TO] = [northOf(100), northOf(600)];
const own = (answer: unknown, status = 200): Conduct => ({
  ...{ kind: 'own', status },
  text: typeof answer === 'string' ? answer : JSON.stringify(answer),
});
const isAway = (error: unknown) => error instanceof AppError && error.code === 'unavailable';

const trip = (summary: object, shape: unknown) => ({ trip: { summary, legs: [{ shape }] } });
const route = (way: object) => ({ code: 'Ok', routes: [way] });
const geometry = { coordinates: [[-73.98, 40.75]] };
/** Answers that an engine of the protocol never gives, to a question for a way. */
const WRONG_ROUTES = {
  osrm: [
    ...[{}, [], 'null', '7', { code: 'Ok' }, { code: 'Ok', routes: [] }, { code: 'TooBig' }, route({})],
    ...[route({ distance: -1, duration: 5, geometry }), route({ distance: 5, duration: '5', geometry })],
    route({ distance: 5, duration: 5, geometry: { coordinates: [[-73.98, 140]] } }),
    route({ distance: 5, duration: 5, geometry: { coordinates: [['a']] } }),
  ],
  valhalla: [
    ...[{}, [], { trip: {} }, trip({ time: 5 }, 'aa'), trip({ time: null, length: 1 }, 'aa')],
    ...[
      trip({ time: 5, length: 1 }, 7),
      trip({ time: 5, length: 1 }, '\n'),
      trip({ time: 5, length: 1 }, '~~~~~~~~~~~~~'),
    ],
  ],
};
const WRONG_TABLES = {
  osrm: [
    ...[{}, { code: 'Ok', durations: [] }, { code: 'Ok', durations: [[5]], sources: [], destinations: [] }],
    ...[{ code: 'Ok', durations: [['x']], sources: [{ distance: 0 }], destinations: [{ distance: 0 }] }],
    { code: 'Ok', durations: [[5]], sources: [{}], destinations: [{ distance: 0 }] },
  ],
  valhalla: [
    {},
    { sources_to_targets: [] },
    { sources_to_targets: [[]] },
    { sources_to_targets: [[{ time: -1 }]] },
  ],
};

for (const name of ['osrm', 'valhalla'] as const) {
  describe(`an engine of routes (${name}) that misbehaves`, () => {
    let engine: Awaited<ReturnType<typeof openRoutingEngine>>;
    let routing: EngineRouting;
    before(async () => {
      engine = await openRoutingEngine(createTwoStreets());
      routing =
        name === 'osrm'
          ? createOsrmRouting({ engine: name, profile: 'driving', url: engine.osrmUrl })
          : createValhallaRouting({ engine: name, profile: 'auto', url: engine.valhallaUrl });
    });
    beforeEach(() => engine.behave({ kind: 'right' }));
    after(async () => {
      await routing.close();
      await engine.close();
    });
    const durations = () => routing.durations([{ from: [FROM], to: TO }], 0);

    it('is away when it fails, breaks off, or answers with what is no JSON, or with too much', async () => {
      for (const conduct of [
        ...[own('down', 500), own('{}', 503), own('slow down', 429), own('<html>'), own(''), own({}, 404)],
        ...[own(`"${'x'.repeat(ANSWER_BYTES_MAX)}"`), { kind: 'broken_off' } as const],
      ]) {
        engine.behave(conduct);
        await assert.rejects(routing.estimate(FROM, TO, 0), isAway);
        await assert.rejects(durations(), isAway);
      }
      engine.behave({ kind: 'right' });
      assert.deepEqual(await routing.estimate(FROM, TO, 0), { distanceM: 500, durationS: 50 });
    });

    it('is away when it answers with something else than its protocol says', async () => {
      for (const answer of WRONG_ROUTES[name]) {
        engine.behave(own(answer));
        await assert.rejects(routing.route(FROM, TO, 0), isAway, JSON.stringify(answer));
      }
      for (const answer of WRONG_TABLES[name]) {
        engine.behave(own(answer));
        await assert.rejects(durations(), isAway, JSON.stringify(answer));
      }
    });

    it('is away when it answers with a way that no car can go', async () => {
      const straight = [FROM, TO];
      const answer = (meters: number, seconds: number) =>
        name === 'osrm'
          ? route({
              ...{ distance: meters, duration: seconds },
              geometry: { coordinates: straight.map(({ lat }) => [MIDDLE.lng, lat]) },
            })
          : trip({ length: meters / 1_000, time: seconds }, polylineOf(straight, 6));
      for (const [meters, seconds] of [
        [WAY_M_MAX, WAY_S_MAX],
        [500, 8],
        [490, 50],
      ] as const) {
        engine.behave(own(answer(meters, seconds)));
        assert.deepEqual(await routing.estimate(FROM, TO, 0), { distanceM: meters, durationS: seconds });
      }
      for (const [meters, seconds] of [
        ...([
          [WAY_M_MAX + 1, WAY_S_MAX],
          [WAY_M_MAX, WAY_S_MAX + 1],
          [1e15, 1e15],
        ] as const),
        ...([
          [0, 0],
          [10, 50],
          [480, 50],
          [500, 0],
          [5_000_000, 5_000],
        ] as const),
      ]) {
        engine.behave(own(answer(meters, seconds)));
        await assert.rejects(routing.estimate(FROM, TO, 0), isAway, `${meters} m in ${seconds} s`);
      }
    });

    it('is known to be there by a question that costs nothing', async () => {
      await routing.ping();
      engine.behave(own('{}', 502));
      await assert.rejects(routing.ping(), isAway);
    });

    it(`is asked for ${FROM_MAX} places at a time`, async () => {
      const from = Array.from({ length: FROM_MAX }, (_, index) => northOf(index));
      const before = engine.asked();
      const [answer] = await routing.durations([{ from, to: TO }], 0);
      assert.equal(engine.asked() - before, 1);
      const [more] = await routing.durations([{ from: [...from, northOf(700)], to: TO }], 0);
      assert.equal(engine.asked() - before, 3);
      assert.deepEqual(more?.slice(0, FROM_MAX), answer);
      assert.equal(Math.round(Number(more?.[FROM_MAX])), 10);
    });
  });
}

describe('an engine that is silent', () => {
  it('is waited for no longer than its connection is worth', async () => {
    const engine = await openRoutingEngine(createTwoStreets());
    const routing = createOsrmRouting({ engine: 'osrm', profile: 'driving', url: engine.osrmUrl });
    engine.behave({ kind: 'silent' });
    await assert.rejects(
      routing.estimate(FROM, TO, 0),
      (error) => error instanceof AppError && error.code === 'timeout',
    );
    await routing.close();
    await engine.close();
  });
});

describe('an encoded polyline', () => {
  it('is as its manual shows it', () => {
    const places = polylinePlaces('_p~iF~ps|U_ulLnnqC_mqNvxq`@', 5);
    assert.deepEqual(places, [
      { lat: 38.5, lng: -120.2 },
      { lat: 40.7, lng: -120.95 },
      { lat: 43.252, lng: -126.453 },
    ]);
    assert.deepEqual(polylinePlaces(polylineOf(places, 6), 6), places);
    assert.deepEqual(polylinePlaces('', 6), []);
  });
});
