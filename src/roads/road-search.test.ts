import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { GeoPoint } from '../core/geo.ts';
import { contract } from './contraction.ts';
import { generateCity } from './generated-city.ts';
import { buildRoadGraph, NOT_ALLOWED, placesAlong, type RoadGraph } from './road-graph.ts';
import { type Snap, snapTo } from './road-grid.ts';
import { createRoadSearch, type DetailedWay } from './road-search.ts';

const NODES = 12;
const SPEEDS = [0, 30, 50, 130];
const HERE: GeoPoint = { lat: 40.75, lng: -73.98 };

const places = fc.array(
  fc.record({
    lat: fc.double({ min: 40.7, max: 40.8, noNaN: true }),
    lng: fc.double({ min: -74, max: -73.9, noNaN: true }),
  }),
  { minLength: NODES, maxLength: NODES },
);
/** One-way streets, closed ones, dead ends, loops, several between the same crossings, and parts without any way between them. */
const segments = fc.array(
  fc.record({
    tail: fc.nat(NODES - 1),
    head: fc.nat(NODES - 1),
    forwardKmPerH: fc.constantFrom(...SPEEDS),
    backwardKmPerH: fc.constantFrom(...SPEEDS),
    kind: fc.constant('minor' as const),
  }),
  { minLength: 1, maxLength: 24 },
);
const spot = fc.record({ at: fc.nat(), fraction: fc.double({ min: 0, max: 1, noNaN: true }) });
const spots = fc.array(spot, { minLength: 2, maxLength: 6 });

/** Of the open segments. */
function snapsOf(
  graph: RoadGraph,
  chosen: readonly { readonly at: number; readonly fraction: number }[],
): Snap[] {
  const open = [...graph.tails.keys()].filter(
    (segment) => graph.forwardMs[segment] !== NOT_ALLOWED || graph.backwardMs[segment] !== NOT_ALLOWED,
  );
  return open.length === 0
    ? []
    : chosen.map(({ at, fraction }) => ({
        ...HERE,
        segment: open[at % open.length] ?? 0,
        fraction,
        awayM: 0,
      }));
}

/** What a search has to find: Dijkstra's algorithm, as it stands in books, over crossings and both places. */
function oracleMs(graph: RoadGraph, from: Snap, to: Snap): number | undefined {
  const [begin, end] = [graph.nodeLats.length, graph.nodeLats.length + 1];
  const arcs: { tail: number; head: number; ms: number }[] = [];
  const add = (tail: number, head: number, ms: number, share: number): void => {
    if (ms !== NOT_ALLOWED) arcs.push({ tail, head, ms: Math.round(ms * share) });
  };
  const of = (segment: number) => ({
    tail: graph.tails[segment] ?? 0,
    head: graph.heads[segment] ?? 0,
    forth: graph.forwardMs[segment] ?? NOT_ALLOWED,
    back: graph.backwardMs[segment] ?? NOT_ALLOWED,
  });
  for (const segment of graph.tails.keys()) {
    const { tail, head, forth, back } = of(segment);
    add(tail, head, forth, 1);
    add(head, tail, back, 1);
  }
  const [first, last] = [of(from.segment), of(to.segment)];
  add(begin, first.head, first.forth, 1 - from.fraction);
  add(begin, first.tail, first.back, from.fraction);
  add(last.tail, end, last.forth, to.fraction);
  add(last.head, end, last.back, 1 - to.fraction);
  const share = to.fraction - from.fraction;
  if (from.segment === to.segment) {
    if (share >= 0) add(begin, end, first.forth, share);
    if (share <= 0) add(begin, end, first.back, -share);
  }
  const reached = new Map([[begin, 0]]);
  const open = new Set([begin]);
  while (open.size > 0) {
    const [node = 0] = [...open].sort((one, other) => (reached.get(one) ?? 0) - (reached.get(other) ?? 0));
    open.delete(node);
    for (const { tail, head, ms } of arcs) {
      const sum = (reached.get(node) ?? 0) + ms;
      if (tail !== node || sum >= (reached.get(head) ?? Number.POSITIVE_INFINITY)) continue;
      reached.set(head, sum);
      open.add(head);
    }
  }
  return reached.get(end);
}

/** That it is one way over streets that may be driven, and as long as it says. */
function checkParts(graph: RoadGraph, { ms, cm, parts }: DetailedWay, from: Snap, to: Snap): void {
  const [first, last] = [parts[0], parts.at(-1)];
  assert.deepEqual([first?.segment, first?.begin], [from.segment, from.fraction]);
  assert.deepEqual([last?.segment, last?.end], [to.segment, to.fraction]);
  let [sumMs, sumCm] = [0, 0];
  let at: number | undefined;
  for (const { segment, begin, end } of parts) {
    const allowed = (begin <= end ? graph.forwardMs : graph.backwardMs)[segment] ?? NOT_ALLOWED;
    assert.ok(begin === end || allowed !== NOT_ALLOWED, 'a one-way street is driven the wrong way');
    sumMs += begin === end ? 0 : Math.round(allowed * Math.abs(end - begin));
    sumCm += Math.round((graph.lengthsCm[segment] ?? 0) * Math.abs(end - begin));
    const nodeAt = (share: number) =>
      share === 0 ? graph.tails[segment] : share === 1 ? graph.heads[segment] : undefined;
    if (at !== undefined) assert.equal(nodeAt(begin), at, 'the way breaks off');
    at = nodeAt(end);
  }
  assert.deepEqual([sumMs, sumCm], [ms, cm]);
}

function checkWays(graph: RoadGraph, snaps: readonly Snap[]): void {
  const search = createRoadSearch(graph, contract(graph));
  const aboves = snaps.map(search.above);
  for (const to of snaps) {
    for (const from of snaps) {
      const way = search.way(from, to);
      assert.equal(way?.ms, oracleMs(graph, from, to), JSON.stringify([from, to]));
      const detailed = search.detailedWay(from, to);
      assert.deepEqual(detailed && { ms: detailed.ms, cm: detailed.cm }, way);
      if (
        detailed !== undefined &&
        graph.tails[from.segment] !== graph.heads[from.segment] &&
        graph.tails[to.segment] !== graph.heads[to.segment]
      ) {
        checkParts(graph, detailed, from, to);
      }
    }
    search.prepareTo(to);
    for (const [index, from] of snaps.entries()) {
      const above = aboves[index];
      assert.ok(above !== undefined);
      assert.equal(search.msFrom(from, above), search.way(from, to)?.ms ?? Number.POSITIVE_INFINITY);
      search.prepareTo(to);
    }
  }
}

describe('ways by a contraction hierarchy', () => {
  it('are as fast as those of Dijkstra, over any streets', () => {
    fc.assert(
      fc.property(places, segments, spots, (nodes, streets, chosen) => {
        const graph = buildRoadGraph(nodes, streets);
        checkWays(graph, snapsOf(graph, chosen));
      }),
      { numRuns: 300 },
    );
  });

  it('are as fast as those of Dijkstra in a town', () => {
    const graph = generateCity({ seed: 3, columns: 12, rows: 20, middle: HERE });
    const spots = Array.from({ length: 8 }, (_, index) => ({ at: index * 97, fraction: (index % 5) / 4 }));
    checkWays(graph, snapsOf(graph, spots));
  });
});

describe('a part of a street', () => {
  const [first, bend, last] = [
    { lat: 0, lng: 0 },
    { lat: 0, lng: 0.01 },
    { lat: 0.03, lng: 0.01 },
  ] as const;
  const graph = buildRoadGraph(
    [first, last],
    [{ tail: 0, head: 1, forwardKmPerH: 36, backwardKmPerH: 0, kind: 'primary', shape: [bend] }],
  );

  it('has the places between its ends, in the order of driving', () => {
    assert.deepEqual(placesAlong(graph, 0, 0, 1), [first, bend, last]);
    assert.deepEqual(placesAlong(graph, 0, 1, 0), [last, bend, first]);
    const [begin, end, ...more] = placesAlong(graph, 0, 0.5, 0.75);
    assert.equal(more.length, 0);
    assert.ok(Math.abs((begin?.lat ?? 0) - 0.01) < 1e-6 && Math.abs((end?.lat ?? 0) - 0.02) < 1e-6);
    assert.equal(placesAlong(graph, 0, 0.1, 0.9).length, 3);
  });

  it('is where the nearest place is', () => {
    const { fraction, awayM, lat, lng } = snapTo(graph, 0, { lat: 0.01, lng: 0.011 });
    assert.ok(Math.abs(fraction - 0.5) < 1e-4, `${fraction}`);
    assert.ok(Math.abs(awayM - 111.195) < 0.1, `${awayM}`);
    assert.ok(Math.abs(lat - 0.01) < 1e-9 && Math.abs(lng - 0.01) < 1e-9);
  });
});
