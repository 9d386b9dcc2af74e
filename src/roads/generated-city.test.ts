import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { partsOf } from './connected-roads.ts';
import { type CityPlan, generateCity } from './generated-city.ts';
import { buildRoadGraph, NOT_ALLOWED, ROAD_KINDS } from './road-graph.ts';

const PLAN: CityPlan = { seed: 1, columns: 24, rows: 40, middle: { lat: 40.75, lng: -73.98 } };

describe('a generated city', () => {
  const graph = generateCity(PLAN);

  it('is the same for the same seed, and another for another', () => {
    assert.deepEqual(generateCity(PLAN), graph);
    assert.notDeepEqual(generateCity({ ...PLAN, seed: 2 }).nodeLats, graph.nodeLats);
  });

  it('has streets of all kinds, one-way streets among them, and dead ends', () => {
    assert.equal(new Set(graph.kinds).size, ROAD_KINDS.length);
    const oneWay = graph.forwardMs.filter(
      (ms, segment) => (ms === NOT_ALLOWED) !== (graph.backwardMs[segment] === NOT_ALLOWED),
    );
    assert.ok(oneWay.length > graph.tails.length / 4);
    const streets = new Int32Array(graph.nodeLats.length);
    for (const ends of [graph.tails, graph.heads])
      for (const node of ends) streets[node] = (streets[node] ?? 0) + 1;
    assert.ok(streets.filter((count) => count === 1).length > 5);
  });

  it('can be driven from everywhere to everywhere', () => {
    assert.deepEqual(partsOf(graph).sizes, [graph.nodeLats.length]);
    assert.ok(graph.nodeLats.length > PLAN.columns * PLAN.rows * 0.9);
  });
});

describe('parts of roads', () => {
  const street = (tail: number, head: number, back = 30) => ({
    ...{ tail, head, forwardKmPerH: 30, backwardKmPerH: back, kind: 'minor' as const },
  });
  const at = (lng: number) => ({ lat: 0, lng });

  it('are those within which one gets back', () => {
    const nodes = [at(0), at(0.01), at(0.02), at(0.03), at(0.04)];
    // A ring of one-way streets, a street that only leads away from it, and one more place.
    const graph = buildRoadGraph(nodes, [street(0, 1, 0), street(1, 2, 0), street(2, 0, 0), street(2, 3, 0)]);
    const { parts, sizes } = partsOf(graph);
    assert.deepEqual([...sizes].sort(), [1, 1, 3]);
    assert.ok(parts[0] === parts[1] && parts[1] === parts[2] && parts[3] !== parts[0]);
  });
});
