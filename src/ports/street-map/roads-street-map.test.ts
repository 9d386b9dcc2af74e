import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { generateCity } from '../../roads/generated-city.ts';
import { buildRoadGraph, segmentPlaces } from '../../roads/road-graph.ts';
import { createRoads } from '../../roads/roads.ts';
import { createRoadsStreetMap } from './roads-street-map.ts';
import { STREET_KINDS, STREET_PLACES_MAX, type StreetBox, type Streets } from './street-map.ts';

const MIDDLE = { lat: 40.75, lng: -73.98 };
const BOTH_WAYS = { forwardKmPerH: 30, backwardKmPerH: 30 };
const graph = generateCity({ seed: 5, columns: 16, rows: 24, middle: MIDDLE });
const town = { roads: createRoads('town', graph), attribution: undefined };

function around(degrees: number, { lat, lng } = MIDDLE): StreetBox {
  return { south: lat - degrees, north: lat + degrees, west: lng - degrees, east: lng + degrees };
}

function placesOf({ layers }: Streets): number {
  return layers.flatMap(({ lines }) => lines).reduce((sum, { length }) => sum + length, 0);
}

describe('the street map of roads', () => {
  it('has every street with an end in the box, of the kinds that it draws, as it lies to a meter or a step', () => {
    const map = createRoadsStreetMap([town]);
    fc.assert(
      fc.property(
        fc.double({ min: -0.02, max: 0.02, noNaN: true }),
        fc.double({ min: -0.02, max: 0.02, noNaN: true }),
        fc.double({ min: 0.002, max: 0.6, noNaN: true }),
        (down, right, reach) => {
          const box = around(reach, { lat: MIDDLE.lat + down, lng: MIDDLE.lng + right });
          const { layers } = map.streetsIn(box);
          const step = Math.max(1e-5, (2 * reach) / 4_096);
          const ends = new Set(
            layers.flatMap(({ kind, lines }) =>
              lines.map((line) => `${kind} ${line[0]?.join()} ${line.at(-1)?.join()}`),
            ),
          );
          const rounded = (degrees: number) => Math.round(Math.round(degrees / step) * step * 1e5) / 1e5;
          for (let segment = 0; segment < graph.tails.length; segment += 1) {
            const kind = STREET_KINDS[graph.kinds[segment] ?? 0] ?? 'minor';
            const places = segmentPlaces(graph, segment);
            const [first, last] = [places[0] ?? MIDDLE, places.at(-1) ?? MIDDLE];
            const isIn = ({ lat, lng }: typeof MIDDLE) =>
              lat > box.south && lat < box.north && lng > box.west && lng < box.east;
            if (!layers.some((layer) => layer.kind === kind) || !(isIn(first) || isIn(last))) continue;
            const name = (place: typeof MIDDLE) => `${rounded(place.lng)},${rounded(place.lat)}`;
            // What is shorter than a step cannot be seen.
            if (name(first) !== name(last)) assert.ok(ends.has(`${kind} ${name(first)} ${name(last)}`));
          }
        },
      ),
      { numRuns: 50 },
    );
  });

  it('leaves out the least important kinds where places would be more than an answer holds', () => {
    // One main street, and as many little ones as an answer holds with it, or one more.
    const streets = (minor: number) => {
      const nodes = Array.from({ length: minor + 2 }, (_, index) => ({
        lat: MIDDLE.lat + (index % 150) * 0.0004,
        lng: MIDDLE.lng + Math.floor(index / 150) * 0.0004,
      }));
      const segments = nodes.slice(1).map((_, index) => ({
        ...{ ...BOTH_WAYS, tail: index, head: index + 1 },
        kind: index === 0 ? ('primary' as const) : ('minor' as const),
      }));
      const roads = createRoads('streets', buildRoadGraph(nodes, segments));
      return createRoadsStreetMap([{ roads, attribution: undefined }]).streetsIn(
        around(0.039, { lat: 40.78, lng: -73.95 }),
      );
    };
    const full = streets(STREET_PLACES_MAX / 2 - 1);
    assert.equal(placesOf(full), STREET_PLACES_MAX);
    assert.equal(full.layers.at(-1)?.kind, 'minor');
    const cut = streets(STREET_PLACES_MAX / 2);
    assert.equal(placesOf(cut), 2);
    assert.equal(cut.layers.at(-1)?.kind, 'secondary');
  });

  it('draws long streets that cross the box with both ends outside', () => {
    const nodes = [
      { lat: 40.7, lng: -74.1 },
      { lat: 40.8, lng: -73.9 },
    ];
    const graph = buildRoadGraph(nodes, [{ ...BOTH_WAYS, tail: 0, head: 1, kind: 'motorway' }]);
    const map = createRoadsStreetMap([{ roads: createRoads('one', graph), attribution: undefined }]);
    assert.equal(map.streetsIn(around(0.01, { lat: 40.75, lng: -74 })).layers[0]?.lines.length, 1);
  });

  it('names those whose map it is, each once, where their streets are', () => {
    const osm = { ...town, attribution: '© OpenStreetMap contributors' };
    const map = createRoadsStreetMap([osm, osm, town]);
    assert.deepEqual(map.streetsIn(around(0.01)).attributions, ['© OpenStreetMap contributors']);
    assert.deepEqual(map.streetsIn(around(0.01, { lat: 10, lng: 10 })).attributions, []);
    assert.equal(placesOf(createRoadsStreetMap([]).streetsIn(around(0.01))), 0);
  });
});
