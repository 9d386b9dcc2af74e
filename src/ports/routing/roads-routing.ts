/**
 * Routing by road graphs in the memory of this process (src/roads), one a town: what an operator has imported, or a town that was
 * generated. Roads are known for empty streets; by day everything takes as much longer as it does for the great circle at that hour.
 */
import type { Clock } from '../../core/clock.ts';
import type { GeoPoint } from '../../core/geo.ts';
import { placesAlong, type RoadGraph } from '../../roads/road-graph.ts';
import type { Snap } from '../../roads/road-grid.ts';
import type { Above, Part, Way } from '../../roads/road-search.ts';
import type { Roads } from '../../roads/roads.ts';
import {
  type Approaches,
  assertApproaches,
  assertPlaces,
  isSamePlace,
  type NoRoute,
  type Route,
  type RouteEstimate,
  type Routing,
  SNAP_M_MAX,
  slownessAt,
} from './routing.ts';

/** Between a place and its road: a driveway, a walk over a square. */
const ACCESS_KM_PER_H = 15;
const ACCESS_MS_PER_M = 3_600 / ACCESS_KM_PER_H;
/** Searches at a time, after which others get a turn: some 10 ms. */
const SEARCHES_PER_TURN = 100;

export interface RoadsRoutingDeps {
  readonly towns: readonly Roads[];
  readonly clock: Pick<Clock, 'sleep'>;
}

interface Ends {
  readonly roads: Roads;
  readonly from: Snap;
  readonly to: Snap;
}

export function createRoadsRouting({ towns, clock }: RoadsRoutingDeps) {
  /** In the first town that has roads near both. */
  function endsOf(from: GeoPoint, to: GeoPoint): Ends | undefined {
    assertPlaces(from, to);
    for (const roads of towns) {
      const [first, last] = [roads.grid.nearest(from, SNAP_M_MAX), roads.grid.nearest(to, SNAP_M_MAX)];
      if (first !== undefined && last !== undefined) return { roads, from: first, to: last };
    }
    return undefined;
  }

  return {
    estimate(from, to, atMs): RouteEstimate | NoRoute {
      if (isSamePlace(from, to)) return NOTHING;
      const ends = endsOf(from, to);
      if (ends === undefined) return 'no_road_near';
      const way = ends.roads.search.way(ends.from, ends.to);
      return way === undefined ? 'no_way' : estimateOf(way, ends, slownessAt(from, atMs));
    },

    route(from, to, atMs): Route | NoRoute {
      if (isSamePlace(from, to)) return { ...NOTHING, path: [from, to] };
      const ends = endsOf(from, to);
      if (ends === undefined) return 'no_road_near';
      const way = ends.roads.search.detailedWay(ends.from, ends.to);
      if (way === undefined) return 'no_way';
      const path = [from, ...pathOf(ends.roads.graph, way.parts), to];
      return { ...estimateOf(way, ends, slownessAt(from, atMs)), path };
    },

    async durations(approaches, atMs) {
      assertApproaches(approaches);
      const lookups = towns.map(createLookup);
      const durations: (readonly (number | NoRoute)[])[] = [];
      let searches = 0;
      for (const approach of approaches) {
        // At one go: a search in between would be for another place.
        durations.push(durationsTo(lookups, approach, atMs));
        searches += 1 + approach.from.length;
        if (searches < SEARCHES_PER_TURN) continue;
        await clock.sleep(0);
        searches = 0;
      }
      return durations;
    },

    close: async () => undefined,
  } satisfies Routing;
}

const NOTHING: RouteEstimate = { distanceM: 0, durationS: 0 };

/** Each place of a batch is looked for once, however many it may drive to. */
type Lookup = ReturnType<typeof createLookup>;

function createLookup({ grid, search }: Roads) {
  const known = new Map<string, { readonly snap: Snap; readonly above: Above } | undefined>();
  const beginning = (place: GeoPoint) => {
    const snap = grid.nearest(place, SNAP_M_MAX);
    return snap && { snap, above: search.above(snap) };
  };
  return {
    ...{ grid, search },
    from(place: GeoPoint) {
      const key = `${place.lat} ${place.lng}`;
      if (!known.has(key)) known.set(key, beginning(place));
      return known.get(key);
    },
  };
}

function durationsTo(
  lookups: readonly Lookup[],
  { from, to }: Approaches,
  atMs: number,
): readonly (number | NoRoute)[] {
  assertPlaces(to, ...from);
  const durations: (number | NoRoute)[] = from.map((place) => (isSamePlace(place, to) ? 0 : 'no_road_near'));
  for (const lookup of lookups) {
    const target = lookup.grid.nearest(to, SNAP_M_MAX);
    if (target === undefined) continue;
    lookup.search.prepareTo(target);
    for (const [index, place] of from.entries()) {
      const beginning = durations[index] === 'no_road_near' ? lookup.from(place) : undefined;
      if (beginning === undefined) continue;
      const ms = lookup.search.msFrom(beginning.snap, beginning.above);
      const accessMs = (beginning.snap.awayM + target.awayM) * ACCESS_MS_PER_M;
      durations[index] =
        ms === Number.POSITIVE_INFINITY ? 'no_way' : (ms * slownessAt(place, atMs) + accessMs) / 1_000;
    }
  }
  return durations;
}

function estimateOf({ ms, cm }: Way, { from, to }: Ends, slowness: number): RouteEstimate {
  const accessM = from.awayM + to.awayM;
  return {
    distanceM: Math.round(cm / 100 + accessM),
    durationS: Math.round((ms * slowness + accessM * ACCESS_MS_PER_M) / 1_000),
  };
}

/** Without places that are said twice: the end of one part is the beginning of the next. */
function pathOf(graph: RoadGraph, parts: readonly Part[]): GeoPoint[] {
  const places = parts.flatMap(({ segment, begin, end }) => placesAlong(graph, segment, begin, end));
  return places.filter((place, index) => {
    const before = places[index - 1];
    return before === undefined || !isSamePlace(before, place);
  });
}
