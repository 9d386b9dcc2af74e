/** Cars go by the roads, where these are known, else straight, as long as the streets would take them. */
import { distanceM, type GeoPoint } from '../core/geo.ts';

/** From one place to another. */
export interface Leg {
  readonly from: GeoPoint;
  readonly to: GeoPoint;
  readonly beganMs: number;
  readonly durationMs: number;
  /** From the one to the other; absent: straight. Found when it is first asked for. */
  readonly path?: () => MeasuredPath;
}

/** A car is asked for its place ten times a second: its way is measured once. */
interface MeasuredPath {
  readonly places: readonly GeoPoint[];
  /** From each place to the next. */
  readonly lengthsM: readonly number[];
}

/** What a server believes of a car, with some room: it drops what is faster. */
const SPEED_M_PER_S_MAX = 70;
const DEGREES_PER_MS = 360 / (24 * 3_600_000);

export interface Roads {
  /** `nowMs`: of the simulation, since its beginning. */
  leg(from: GeoPoint, to: GeoPoint, nowMs: number): Leg;
}

/** How long a car takes, for who sets off at `atMs` (milliseconds since 1970). */
export type TravelS = (from: GeoPoint, to: GeoPoint, atMs: number) => number;

/** `undefined`: no road is known to lead there. */
export type PathOf = (from: GeoPoint, to: GeoPoint) => readonly GeoPoint[] | undefined;

export interface RoadsOptions {
  readonly travelS: TravelS;
  /** Absent: cars go straight. */
  readonly pathOf?: PathOf | undefined;
  /** Of the town, since midnight by the sun, when the simulation begins, and how fast its day goes by. */
  readonly beginsAtMs: number;
  readonly speed: number;
  /** So many times as fast cars go as they do in the town: for a look at many rides in a short time. */
  readonly driving: number;
}

export function createRoads({ travelS, pathOf, beginsAtMs, speed, driving }: RoadsOptions): Roads {
  return {
    leg(from, to, nowMs) {
      // The time in Greenwich at which the sun is there where it is to be.
      const atMs = beginsAtMs + nowMs * speed - from.lng / DEGREES_PER_MS;
      const durationMs = (travelS(from, to, atMs) / driving) * 1_000;
      const leastMs = (distanceM(from, to) / SPEED_M_PER_S_MAX) * 1_000;
      const leg = { from, to, beganMs: nowMs, durationMs: Math.max(durationMs, leastMs) };
      return pathOf === undefined
        ? leg
        : { ...leg, path: once(() => measured(pathOf(from, to) ?? [from, to])) };
    },
  };
}

export function isOver({ beganMs, durationMs }: Leg, nowMs: number): boolean {
  return nowMs >= beganMs + durationMs;
}

export function placeOn({ from, to, beganMs, durationMs, path }: Leg, nowMs: number): GeoPoint {
  const share = durationMs === 0 ? 1 : Math.min(1, Math.max(0, (nowMs - beganMs) / durationMs));
  return path === undefined ? between(from, to, share) : placeAlong(path(), share);
}

/** At the same speed all the way. */
function placeAlong({ places, lengthsM }: MeasuredPath, share: number): GeoPoint {
  let leftM = lengthsM.reduce((sum, length) => sum + length, 0) * share;
  for (const [index, lengthM] of lengthsM.entries()) {
    const [begin, end] = [places[index], places[index + 1]];
    if (begin !== undefined && end !== undefined && leftM < lengthM)
      return between(begin, end, leftM / lengthM);
    leftM -= lengthM;
  }
  return places.at(-1) ?? { lat: 0, lng: 0 };
}

function measured(places: readonly GeoPoint[]): MeasuredPath {
  const lengthsM = places.slice(1).map((place, index) => distanceM(places[index] ?? place, place));
  return { places, lengthsM };
}

function between(from: GeoPoint, to: GeoPoint, share: number): GeoPoint {
  return { lat: from.lat + (to.lat - from.lat) * share, lng: from.lng + (to.lng - from.lng) * share };
}

function once<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
