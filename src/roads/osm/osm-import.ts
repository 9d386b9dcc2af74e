/**
 * From an extract of OpenStreetMap to a road graph, in two readings: the first learns which ways cars may use and where these
 * cross, the second where their nodes are. Turn restrictions are not read: who drives sees the signs.
 */
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { PassThrough, pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { AppError } from '../../core/errors.ts';
import type { GeoPoint } from '../../core/geo.ts';
import { connectedSegments } from '../connected-roads.ts';
import { buildRoadGraph, type RoadGraph, type RoadSegment, subgraph } from '../road-graph.ts';
import { type CarRoad, carRoadOf } from './car-profile.ts';
import type { OsmVisitor } from './osm-element.ts';
import { visitOsmPbf } from './osm-pbf.ts';
import { visitOsmXml } from './osm-xml.ts';

/** Of ways for cars: a metropolitan area has some hundred thousand. More do not fit into the memory of an import. */
export const OSM_ROAD_NODES_MAX = 8_000_000;
/** Parts of roads from which nobody gets to the rest (car parks behind gates, corners that the extract cuts off) are left out below that. */
export const PART_NODES_MIN = 100;

export interface OsmImport {
  readonly graph: RoadGraph;
  /** Pieces of street that were left out, because they lead nowhere. */
  readonly unconnected: number;
  /** Ways for cars with nodes that are not in the extract. */
  readonly cutOff: number;
}

export interface OsmImportOptions {
  /** Of this reading, 0 to 1. */
  readonly onProgress: (reading: 'roads' | 'places', fraction: number) => void;
  readonly nodesMax?: number;
  readonly partNodesMin?: number;
}

interface RoadWay extends CarRoad {
  readonly refs: readonly number[];
}

/** Fails with `invalid` for what is no extract, or has no roads. */
export async function importOsm(path: string, options: OsmImportOptions): Promise<OsmImport> {
  const { onProgress, nodesMax = OSM_ROAD_NODES_MAX, partNodesMin = PART_NODES_MIN } = options;
  const { ways, uses } = await readWays(path, nodesMax, (fraction) => onProgress('roads', fraction));
  if (ways.length === 0) {
    throw new AppError(
      'invalid',
      'There are no roads for cars in this extract. Was it filtered, as for buildings?',
    );
  }
  const places = await readPlaces(path, uses, (fraction) => onProgress('places', fraction));
  const whole = ways.filter(({ refs }) => refs.every((ref) => places.has(ref)));
  const { nodes, segments } = segmentsOf(whole, uses, places);
  const graph = buildRoadGraph(nodes, segments);
  const kept = connectedSegments(graph, partNodesMin);
  if (kept.length === 0) {
    throw new AppError(
      'invalid',
      `There are no ${partNodesMin} crossings in this extract that can be reached from each other.`,
    );
  }
  const [unconnected, cutOff] = [segments.length - kept.length, ways.length - whole.length];
  return { graph: subgraph(graph, kept), unconnected, cutOff };
}

async function readWays(path: string, nodesMax: number, onProgress: (fraction: number) => void) {
  const ways: RoadWay[] = [];
  /** How many ways use a node; their ends count twice, for a crossing is there anyhow. */
  const uses = new Map<number, number>();
  const use = (ref: number, times: number): void => void uses.set(ref, (uses.get(ref) ?? 0) + times);
  await visit(
    path,
    {
      way({ refs, tags }) {
        const road = carRoadOf(tags);
        const [first, last] = [refs[0], refs.at(-1)];
        if (road === undefined || first === undefined || last === undefined || refs.length < 2) return;
        ways.push({ ...road, refs });
        for (const ref of refs) use(ref, 1);
        use(first, 1);
        use(last, 1);
        if (uses.size > nodesMax) throw tooLarge(nodesMax);
      },
    },
    onProgress,
  );
  return { ways, uses };
}

async function readPlaces(
  path: string,
  uses: ReadonlyMap<number, number>,
  onProgress: (fraction: number) => void,
) {
  const places = new Map<number, GeoPoint>();
  const node: OsmVisitor['node'] = (id, lat, lng) => {
    if (uses.has(id)) places.set(id, { lat, lng });
  };
  await visit(path, { node }, onProgress);
  return places;
}

/** Ways are cut where they cross. */
function segmentsOf(
  ways: readonly RoadWay[],
  uses: ReadonlyMap<number, number>,
  places: ReadonlyMap<number, GeoPoint>,
): { readonly nodes: readonly GeoPoint[]; readonly segments: readonly RoadSegment[] } {
  const numbers = new Map<number, number>();
  const nodes: GeoPoint[] = [];
  const placeOf = (ref: number): GeoPoint => places.get(ref) ?? { lat: 0, lng: 0 };
  const numberOf = (ref: number): number => {
    const known = numbers.get(ref);
    if (known !== undefined) return known;
    numbers.set(ref, nodes.length);
    return nodes.push(placeOf(ref)) - 1;
  };
  const segments: RoadSegment[] = [];
  for (const { refs, ...road } of ways) {
    let from = 0;
    for (const [at, ref] of refs.entries()) {
      if (at === 0 || (uses.get(ref) ?? 0) < 2) continue;
      const [tail, head] = [numberOf(refs[from] ?? ref), numberOf(ref)];
      segments.push({ ...road, tail, head, shape: refs.slice(from + 1, at).map(placeOf) });
      from = at;
    }
  }
  return { nodes, segments };
}

async function visit(
  path: string,
  visitor: OsmVisitor,
  onProgress: (fraction: number) => void,
): Promise<void> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const onRead = (bytes: number): void => onProgress(size === 0 ? 1 : bytes / size);
    const start = (await file.read(Buffer.alloc(2), 0, 2, 0)).buffer;
    if (isPbf(path)) return await visitOsmPbf(file, visitor, onRead);
    await visitOsmXml(textsOf(path, start[0] === 0x1f && start[1] === 0x8b, onRead), visitor);
  } finally {
    await file.close();
  }
}

function isPbf(path: string): boolean {
  return path.endsWith('.pbf');
}

/** Decompressed where it is compressed, whatever it is called. */
async function* textsOf(
  path: string,
  isGzip: boolean,
  onRead: (bytes: number) => void,
): AsyncGenerator<string> {
  let read = 0;
  const bytes = createReadStream(path).on('data', (chunk) => {
    read += chunk.length;
    onRead(read);
  });
  // Its errors come out of the last stream.
  const plain = pipeline(bytes, isGzip ? createGunzip() : new PassThrough(), () => undefined);
  const decoder = new TextDecoder();
  try {
    for await (const chunk of plain as AsyncIterable<Buffer>) yield decoder.decode(chunk, { stream: true });
  } catch (error) {
    throw new AppError(
      'invalid',
      'The file cannot be read to its end: it is damaged, or not compressed as its name says.',
      { cause: error },
    );
  }
}

function tooLarge(nodesMax: number): AppError {
  return new AppError(
    'invalid',
    `The extract has more than ${nodesMax} places on roads. Cut out the town: osmium extract --bbox west,south,east,north.`,
  );
}
