/** What engines of routes have in common: places that are the same, questions for many at once, and places at the ends of a way. */
import { distanceM, type GeoPoint } from '../../core/geo.ts';
import { notOfTheProtocol } from './engine-http.ts';
import {
  type Approaches,
  assertApproaches,
  assertPlaces,
  isSamePlace,
  type NoRoute,
  type Route,
  type RouteEstimate,
  WAY_M_MAX,
  WAY_S_MAX,
} from './routing.ts';

/** A routing over the network. */
export interface EngineRouting {
  estimate(from: GeoPoint, to: GeoPoint, atMs: number): Promise<RouteEstimate | NoRoute>;
  route(from: GeoPoint, to: GeoPoint, atMs: number): Promise<Route | NoRoute>;
  durations(
    approaches: readonly Approaches[],
    atMs: number,
  ): Promise<readonly (readonly (number | NoRoute)[])[]>;
  /** Resolves if it answers. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** As an engine tells it. */
export interface EngineRoute {
  readonly distanceM: number;
  readonly durationS: number;
  /** At the roads. */
  readonly path: readonly GeoPoint[];
}

export interface Engine {
  route(from: GeoPoint, to: GeoPoint): Promise<EngineRoute | NoRoute>;
  /** `from` has FROM_MAX places at most. */
  durations(from: readonly GeoPoint[], to: GeoPoint): Promise<readonly (number | NoRoute)[]>;
  ping(): Promise<void>;
  close(): void;
}

/** Of one question for durations: engines take a hundred places unless they are told otherwise. */
export const FROM_MAX = 90;
/** Questions of one batch at the same time. */
const LANES = 8;
/** No car is faster on a road, in meters a second; over a way that takes no time worth the name, a few meters more. */
const SPEED_MAX = 60;
const SPEED_SLACK_M = 50;
/** Engines measure the earth in their own ways, and round. */
const STRAIGHT_SHARE = 0.99;
const STRAIGHT_SLACK_M = 10;

export function createEngineRouting(engine: Engine): EngineRouting {
  async function route(from: GeoPoint, to: GeoPoint): Promise<Route | NoRoute> {
    assertPlaces(from, to);
    if (isSamePlace(from, to)) return { distanceM: 0, durationS: 0, path: [from, to] };
    const way = await engine.route(from, to);
    if (typeof way === 'string') return way;
    const [first = from, last = to] = [way.path[0], way.path.at(-1)];
    const wholeM = Math.round(way.distanceM + distanceM(from, first) + distanceM(last, to));
    checkPlausible(way, wholeM, distanceM(from, to));
    return {
      distanceM: wholeM,
      durationS: Math.round(way.durationS),
      path: [from, ...way.path, to],
    };
  }

  return {
    route,

    async estimate(from, to) {
      const way = await route(from, to);
      return typeof way === 'string' ? way : { distanceM: way.distanceM, durationS: way.durationS };
    },

    async durations(approaches) {
      assertApproaches(approaches);
      const answers = approaches.map(({ from }) => new Array<number | NoRoute>(from.length).fill(0));
      const questions = approaches.flatMap((approach, group) => questionsOf(approach, group));
      const lane = async (): Promise<void> => {
        for (let next = questions.pop(); next !== undefined; next = questions.pop()) {
          const durations = await engine.durations(next.from, next.to);
          for (const [index, at] of next.places.entries()) {
            const answer = answers[next.group];
            if (answer !== undefined) answer[at] = durations[index] ?? 'no_road_near';
          }
        }
      };
      await Promise.all(Array.from({ length: LANES }, lane));
      return answers;
    },

    ping: () => engine.ping(),
    close: async () => engine.close(),
  };
}

/** People pay by what is said here: an engine whose map or units are wrong is as good as away. */
function checkPlausible(way: EngineRoute, wholeM: number, straightM: number): void {
  if (wholeM > WAY_M_MAX || way.durationS > WAY_S_MAX) throw notOfTheProtocol('a way that a car can go');
  if (wholeM < straightM * STRAIGHT_SHARE - STRAIGHT_SLACK_M)
    throw notOfTheProtocol('a way that is as long as the straight line');
  if (way.distanceM > way.durationS * SPEED_MAX + SPEED_SLACK_M)
    throw notOfTheProtocol('a time in which a car can go the way');
}

/** Of all who are not there already, FROM_MAX at a time. */
function questionsOf({ from, to }: Approaches, group: number) {
  assertPlaces(to, ...from);
  const away = [...from.keys()].filter((index) => !isSamePlace(from[index] ?? to, to));
  const questions = [];
  for (let at = 0; at < away.length; at += FROM_MAX) {
    const places = away.slice(at, at + FROM_MAX);
    questions.push({ group, places, from: places.map((index) => from[index] ?? to), to });
  }
  return questions;
}
