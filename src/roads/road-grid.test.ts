import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { generateCity } from './generated-city.ts';
import { buildRoadGraph } from './road-graph.ts';
import { boxOf, createRoadGrid, snapTo } from './road-grid.ts';

const graph = generateCity({ seed: 5, columns: 12, rows: 16, middle: { lat: 48.2, lng: 16.4 } });
const grid = createRoadGrid(graph);
const box = boxOf(graph);
const WITHIN_M = 700;

it('finds the nearest road, as a look at all of them does', () => {
  const place = fc.record({
    lat: fc.double({ min: box.south - 0.01, max: box.north + 0.01, noNaN: true }),
    lng: fc.double({ min: box.west - 0.01, max: box.east + 0.01, noNaN: true }),
  });
  fc.assert(
    fc.property(place, (at) => {
      const snaps = [...graph.tails.keys()].map((segment) => snapTo(graph, segment, at));
      const nearestM = Math.min(...snaps.map(({ awayM }) => awayM));
      assert.equal(grid.nearest(at, WITHIN_M)?.awayM, nearestM <= WITHIN_M ? nearestM : undefined);
    }),
  );
});

it('finds the roads of a box', () => {
  assert.equal(grid.segmentsIn(box).length, graph.tails.length);
  const corner = { ...box, north: box.south + (box.north - box.south) / 4 };
  const found = new Set(grid.segmentsIn(corner));
  assert.ok(found.size < graph.tails.length);
  const border = corner.north * 1e7;
  for (const [segment, tail] of graph.tails.entries()) {
    if ((graph.nodeLats[tail] ?? 0) <= border) assert.ok(found.has(segment));
  }
  assert.deepEqual(grid.segmentsIn({ south: 0, west: 0, north: 1, east: 1 }), []);
});

it('knows no road that nobody may drive on, and copes with none at all', () => {
  const nodes = [
    { lat: 48.2, lng: 16.4 },
    { lat: 48.2, lng: 16.41 },
  ];
  const closed = { tail: 0, head: 1, forwardKmPerH: 0, backwardKmPerH: 0, kind: 'minor' as const };
  for (const streets of [[closed], []]) {
    const empty = createRoadGrid(buildRoadGraph(nodes, streets));
    assert.equal(empty.nearest({ lat: 48.2, lng: 16.405 }, WITHIN_M), undefined);
  }
});
