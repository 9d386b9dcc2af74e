/** An engine of routes that listens at a port of its own: the published protocols of OSRM and Valhalla over a road graph, and all that can go wrong with an engine. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { distanceM, type GeoPoint } from '../../src/core/geo.ts';
import { placesAlong } from '../../src/roads/road-graph.ts';
import type { Snap } from '../../src/roads/road-grid.ts';
import type { Roads } from '../../src/roads/roads.ts';

/** `own`: what the test sends instead. */
export type Conduct =
  | { readonly kind: 'right' | 'silent' | 'broken_off' }
  | { readonly kind: 'own'; readonly status: number; readonly text: string };

export async function openRoutingEngine(roads: Roads) {
  let conduct: Conduct = { kind: 'right' };
  let asked = 0;
  const server = createServer(async (request, response) => {
    asked += 1;
    const body = await bodyOf(request);
    if (conduct.kind === 'silent') return;
    if (conduct.kind === 'broken_off') return void request.socket.destroy();
    if (conduct.kind === 'own') return send(response, conduct.status, conduct.text);
    const url = new URL(request.url ?? '/', 'http://engine');
    const [status, answer] = url.pathname.startsWith('/v/')
      ? valhallaAnswer(roads, url.pathname.slice(2), body)
      : osrmAnswer(roads, url);
    send(response, status, JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // It listens at a port.
  return {
    osrmUrl: `http://127.0.0.1:${port}`,
    valhallaUrl: `http://127.0.0.1:${port}/v`,
    asked: () => asked,
    behave(next: Conduct): void {
      conduct = next;
    },
    async close(): Promise<void> {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function send(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(text);
}

async function bodyOf(request: IncomingMessage): Promise<Body> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text === '' ? {} : JSON.parse(text);
}

/** What OSRM's manual says: services/v1/profile/lng,lat;lng,lat?options. */
function osrmAnswer(roads: Roads, url: URL): [status: number, answer: object] {
  const [, service, version, , coordinates = ''] = url.pathname.split('/');
  const options = url.searchParams;
  if (version !== 'v1') return [400, { code: 'InvalidVersion' }];
  const places = coordinates.split(';').map((pair) => {
    const [lng = Number.NaN, lat = Number.NaN] = pair.split(',').map(Number);
    return { lat, lng };
  });
  if (service === 'nearest')
    return [400, { code: 'NoSegment', message: 'Could not find a matching segment' }];
  const radiuses = options.get('radiuses')?.split(';').map(Number) ?? [];
  const snaps = places.map((place, index) => roads.grid.nearest(place, radiuses[index] ?? 100_000));
  if (snaps.includes(undefined)) return [400, { code: 'NoSegment' }];
  const known = snaps.filter((snap) => snap !== undefined);
  const waypoints = known.map(({ lat, lng, awayM }) => ({
    hint: '',
    distance: awayM,
    name: '',
    location: [lng, lat],
  }));
  if (service === 'table') {
    const pick = (name: string) => (options.get(name) ?? '').split(';').map(Number);
    const [sources, destinations] = [pick('sources'), pick('destinations')];
    const durations = sources.map((from) =>
      destinations.map((to) => secondsOf(roads, known[from], known[to])),
    );
    const at = (indices: readonly number[]) => indices.map((index) => waypoints[index]);
    return [200, { code: 'Ok', durations, sources: at(sources), destinations: at(destinations) }];
  }
  const way = wayOf(roads, known[0], known[1]);
  if (way === undefined) return [400, { code: 'NoRoute', message: 'Impossible route between points' }];
  const geometry = { type: 'LineString', coordinates: way.path.map(({ lat, lng }) => [lng, lat]) };
  return [
    200,
    { code: 'Ok', routes: [{ distance: way.meters, duration: way.seconds, geometry, legs: [] }], waypoints },
  ];
}

interface Location {
  readonly lat: number;
  readonly lon: number;
  readonly search_cutoff?: number;
}
interface Body {
  readonly locations?: readonly Location[];
  readonly sources?: readonly Location[];
  readonly targets?: readonly Location[];
}

function valhallaAnswer(roads: Roads, path: string, body: Body): [status: number, answer: object] {
  if (path === '/status') return [200, { version: '3.5.1', tileset_last_modified: 0 }];
  const snapsOf = (locations: readonly Location[] = []) =>
    locations.map(({ lat, lon, search_cutoff: withinM = 35_000 }) =>
      roads.grid.nearest({ lat, lng: lon }, withinM),
    );
  const [locations, sources, targets] = [
    snapsOf(body.locations),
    snapsOf(body.sources),
    snapsOf(body.targets),
  ];
  if ([...locations, ...sources, ...targets].includes(undefined)) {
    return [
      400,
      { error_code: 171, error: 'No suitable edges near location', status_code: 400, status: 'Bad Request' },
    ];
  }
  if (path === '/sources_to_targets') {
    const rows = sources.map((from, fromIndex) =>
      targets.map((to, toIndex) => {
        const time = secondsOf(roads, from, to);
        return {
          distance: time === null ? null : 1,
          time: time === null ? null : Math.round(time),
          from_index: fromIndex,
          to_index: toIndex,
        };
      }),
    );
    return [200, { algorithm: 'costmatrix', units: 'kilometers', sources_to_targets: rows }];
  }
  const way = wayOf(roads, locations[0], locations[1]);
  if (way === undefined) {
    return [
      400,
      { error_code: 442, error: 'No path could be found for input', status_code: 400, status: 'Bad Request' },
    ];
  }
  const summary = { time: way.seconds, length: way.meters / 1_000 };
  return [
    200,
    {
      trip: { status: 0, units: 'kilometers', summary, legs: [{ summary, shape: polylineOf(way.path, 6) }] },
    },
  ];
}

function wayOf({ search, graph }: Roads, from: Snap | undefined, to: Snap | undefined) {
  const way = from && to && search.detailedWay(from, to);
  if (way === undefined) return undefined;
  const path = way.parts.flatMap(({ segment, begin, end }) => placesAlong(graph, segment, begin, end));
  const meters = path.slice(1).reduce((sum, place, index) => sum + distanceM(path[index] ?? place, place), 0);
  return { path, meters, seconds: way.ms / 1_000 };
}

function secondsOf({ search }: Roads, from: Snap | undefined, to: Snap | undefined): number | null {
  const way = from && to && search.way(from, to);
  return way === undefined ? null : way.ms / 1_000;
}

/** https://developers.google.com/maps/documentation/utilities/polylinealgorithm */
export function polylineOf(places: readonly GeoPoint[], digits: number): string {
  const encoded = (value: number): string => {
    let left = value < 0 ? -2 * value - 1 : 2 * value;
    let text = '';
    while (left >= 32) {
      text += String.fromCharCode((left % 32) + 32 + 63);
      left = Math.floor(left / 32);
    }
    return text + String.fromCharCode(left + 63);
  };
  let [lat, lng] = [0, 0];
  return places
    .map((place) => {
      const next = [Math.round(place.lat * 10 ** digits), Math.round(place.lng * 10 ** digits)] as const;
      const text = encoded(next[0] - lat) + encoded(next[1] - lng);
      [lat, lng] = next;
      return text;
    })
    .join('');
}
