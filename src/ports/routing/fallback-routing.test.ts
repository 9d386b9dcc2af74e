import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AppError } from '../../core/errors.ts';
import { createLog } from '../../telemetry/log.ts';
import { createFallbackRouting } from './fallback-routing.ts';
import { greatCircleRouting } from './great-circle-routing.ts';
import { routingContract } from './routing.contract.ts';
import type { Routing } from './routing.ts';

const log = createLog({ level: 'silent', pretty: false });
const AREA = { south: 40.6, west: -74.1, north: 40.9, east: -73.8 };
const [HERE, THERE] = [
  { lat: 40.7, lng: -74 },
  { lat: 40.72, lng: -73.98 },
];
const NOON_MS = Date.UTC(2026, 5, 1, 16, 24);

/** An engine with these answers. */
function around(answers: Partial<Routing>) {
  const counts = new Map<string, number>();
  const routing = createFallbackRouting({
    ...{ routing: { ...greatCircleRouting, ...answers }, source: 'roads', log },
    onAnswers: (source, pairs) => void counts.set(source, (counts.get(source) ?? 0) + pairs),
  });
  return { routing, counts };
}

routingContract('what falls back to the great circle', async () => {
  const away = async () => {
    throw new AppError('unavailable', 'The engine is away.');
  };
  // Wrong calls are refused by whoever answers in the end.
  const { routing } = around({ estimate: away, route: away, durations: away });
  return {
    ...{ routing, area: AREA, symmetric: true, noWay: undefined, offRoads: undefined },
    close: () => routing.close(),
  };
});

describe('routing with a fallback', () => {
  it('says what the engine says, and that there is no way', async () => {
    const said = { distanceM: 5, durationS: 7 };
    const { routing, counts } = around({
      ...{ estimate: () => said, route: () => 'no_way' as const },
      durations: () => [[7, 'no_way'], []],
    });
    assert.deepEqual(await routing.estimate(HERE, THERE, NOON_MS), said);
    assert.equal(await routing.route(HERE, THERE, NOON_MS), 'no_way');
    const approaches = [
      { from: [HERE, HERE], to: THERE },
      { from: [], to: THERE },
    ];
    assert.deepEqual(await routing.durations(approaches, NOON_MS), [[7, 'no_way'], []]);
    assert.deepEqual(counts, new Map([['roads', 4]]));
  });

  it('reckons by the great circle what the engine has no road for', async () => {
    const { routing, counts } = around({
      ...{ estimate: () => 'no_road_near' as const, route: () => 'no_road_near' as const },
      durations: () => [[7, 'no_road_near']],
    });
    const straight = greatCircleRouting.estimate(HERE, THERE, NOON_MS);
    assert.deepEqual(await routing.estimate(HERE, THERE, NOON_MS), straight);
    assert.deepEqual(await routing.route(HERE, THERE, NOON_MS), { ...straight, path: [HERE, THERE] });
    const [durations] = await routing.durations([{ from: [THERE, HERE], to: THERE }], NOON_MS);
    assert.equal(durations?.[0], 7);
    assert.equal(Math.round(Number(durations?.[1])), straight.durationS);
    assert.deepEqual(
      counts,
      new Map([
        ['great_circle', 3],
        ['roads', 1],
      ]),
    );
  });

  it('reckons by the great circle what an answer with gaps leaves out', async () => {
    const { routing } = around({ durations: () => [[]] });
    const [first, second] = await routing.durations(
      [
        { from: [HERE], to: THERE },
        { from: [HERE], to: THERE },
      ],
      NOON_MS,
    );
    assert.ok(Number(first?.[0]) > 0);
    assert.deepEqual(second, first);
  });
});
