import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { gzipSync } from 'node:zlib';
import { type Extract, osmPbf, osmXml } from '../../../test/support/osm-extract.ts';
import { temporaryFolder } from '../../../test/support/temporary-folder.ts';
import { hasCode } from '../../core/errors.ts';
import { NOT_ALLOWED, type RoadGraph } from '../road-graph.ts';
import { createRoads } from '../roads.ts';
import { importOsm, type OsmImport } from './osm-import.ts';

/** Ids as they are by now: over what 32 bits hold. */
const ID = 11_000_000_000;
const place = (number: number, lat: number, lng: number) => ({ id: ID + number, lat, lng });
const refs = (...numbers: readonly number[]) => numbers.map((number) => ID + number);

/** A ring of four streets with a bend in one; a dead end; a one-way street through the middle; a lane without a way back; a footpath; a private road. */
const VILLAGE: Extract = {
  nodes: [
    ...[place(1, 48.2, 16.3), place(2, 48.2, 16.31), place(3, 48.21, 16.31), place(4, 48.21, 16.3)],
    ...[place(5, 48.2005, 16.305), place(6, 48.195, 16.3), place(7, 48.22, 16.31), place(8, -33.9, -70.6)],
  ],
  ways: [
    {
      id: 1,
      refs: refs(1, 5, 2),
      tags: { highway: 'primary', name: 'Haupt & "Ring" <Straße>', maxspeed: '50' },
    },
    { id: 2, refs: refs(2, 3, 4, 1), tags: { highway: 'residential' } },
    { id: 3, refs: refs(3, 1), tags: { highway: 'tertiary', oneway: 'yes' } },
    { id: 4, refs: refs(1, 6), tags: { highway: 'service' } },
    { id: 5, refs: refs(3, 7), tags: { highway: 'residential', oneway: '-1' } },
    { id: 6, refs: refs(4, 2), tags: { highway: 'footway' } },
    { id: 7, refs: refs(4, 5), tags: { highway: 'service', access: 'private' } },
    { id: 8, refs: refs(4, 99), tags: { highway: 'residential' } },
  ],
};
const OPTIONS = { onProgress: () => undefined, partNodesMin: 2 };

async function imported(
  test: TestContext,
  name: string,
  content: string | Buffer,
  options = {},
): Promise<OsmImport> {
  const file = path.join(await temporaryFolder(test), name);
  await writeFile(file, content);
  return importOsm(file, { ...OPTIONS, ...options });
}

function streets({ tails, forwardMs, backwardMs, shapeLats }: RoadGraph) {
  const oneWay = forwardMs.filter(
    (ms, segment) => (ms === NOT_ALLOWED) !== (backwardMs[segment] === NOT_ALLOWED),
  );
  return { segments: tails.length, oneWay: oneWay.length, bends: shapeLats.length };
}

describe('an import of OpenStreetMap', () => {
  it('has the streets of cars, cut where they cross, and no corner without a way out', async (test) => {
    const { graph, unconnected, cutOff } = await imported(test, 'village.osm', osmXml(VILLAGE));
    assert.deepEqual(streets(graph), { segments: 6, oneWay: 1, bends: 1 });
    assert.deepEqual({ unconnected, cutOff }, { unconnected: 1, cutOff: 1 });
    assert.equal(graph.nodeLats.length, 5);
    const roads = createRoads('village', graph);
    const [there, back] = [
      { lat: 48.2, lng: 16.3 },
      { lat: 48.21, lng: 16.31 },
    ].map((at) => roads.grid.nearest(at, 10));
    assert.ok(there !== undefined && back !== undefined);
    assert.ok((roads.search.way(back, there)?.ms ?? 0) < (roads.search.way(there, back)?.ms ?? 0));
  });

  it('is the same from every form of the same extract', async (test) => {
    const { graph } = await imported(test, 'village.osm', osmXml(VILLAGE));
    const forms: [string, Buffer][] = [
      ['village.osm.gz', gzipSync(osmXml(VILLAGE))],
      ['village.osm.pbf', osmPbf(VILLAGE)],
      ['plain.osm.pbf', osmPbf(VILLAGE, { dense: false })],
      ['raw.osm.pbf', osmPbf(VILLAGE, { compressed: false })],
    ];
    for (const [name, content] of forms)
      assert.deepEqual((await imported(test, name, content)).graph, graph, name);
  });

  it('says how far it is', async (test) => {
    const seen = new Set<string>();
    const onProgress = (reading: string, fraction: number) => {
      assert.ok(fraction > 0 && fraction <= 1);
      if (fraction === 1) seen.add(reading);
    };
    await imported(test, 'village.osm.pbf', osmPbf(VILLAGE), { onProgress });
    assert.deepEqual(seen, new Set(['roads', 'places']));
  });

  it('refuses what is no extract, is damaged, or ends too early', async (test) => {
    const [pbf, xml] = [osmPbf(VILLAGE), osmXml(VILLAGE)];
    const spoilt = Buffer.from(pbf);
    spoilt.fill(0xff, Math.floor(pbf.length / 2));
    const wrong: [string, string | Buffer, RegExp][] = [
      ['empty.osm.pbf', '', /damaged/],
      ['text.osm.pbf', 'this is text and not a map', /damaged/],
      ['half.osm.pbf', pbf.subarray(0, -5), /damaged/],
      ['spoilt.osm.pbf', spoilt, /damaged/],
      [
        'history.osm.pbf',
        osmPbf(VILLAGE, { features: ['HistoricalInformation'] }),
        /HistoricalInformation.*osmium/,
      ],
      ['empty.osm', '', /damaged/],
      ['page.osm', '<html><body>Not found</body></html>', /damaged/],
      ['half.osm', xml.slice(0, -10), /damaged/],
      ['endless.osm', `<osm>${'x'.repeat(70_000)}`, /damaged/],
      ['nowhere.osm', xml.replace('lat="48.2000000"', 'lat="148.2"'), /damaged/],
      ['half.osm.gz', gzipSync(xml).subarray(0, -20), /read to its end/],
    ];
    for (const [name, content, why] of wrong) {
      await assert.rejects(
        imported(test, name, content),
        (error) => hasCode(error, 'invalid') && why.test(error.message),
        name,
      );
    }
  });

  it('refuses an extract without roads, or whose roads lead nowhere, or with more than there is memory for', async (test) => {
    const xml = osmXml({ ...VILLAGE, ways: VILLAGE.ways.slice(5, 7) });
    await assert.rejects(imported(test, 'paths.osm', xml), /no roads for cars/);
    await assert.rejects(imported(test, 'small.osm', osmXml(VILLAGE), { partNodesMin: 6 }), /no 6 crossings/);
    await assert.rejects(
      imported(test, 'large.osm', osmXml(VILLAGE), { nodesMax: 7 }),
      /more than 7 places.*osmium/,
    );
    await imported(test, 'fits.osm', osmXml(VILLAGE), { nodesMax: 8 });
  });
});
