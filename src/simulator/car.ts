/** Cars go straight, as long as the streets would take them. */
import { distanceM, type GeoPoint } from '../ports/geo-index/geo-index.ts';

/** From one place to another. */
export interface Leg {
  readonly from: GeoPoint;
  readonly to: GeoPoint;
  readonly beganMs: number;
  readonly durationMs: number;
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

export interface RoadsOptions {
  readonly travelS: TravelS;
  /** Of the town, since midnight by the sun, when the simulation begins, and how fast its day goes by. */
  readonly beginsAtMs: number;
  readonly speed: number;
  /** So many times as fast cars go as they do in the town: for a look at many rides in a short time. */
  readonly driving: number;
}

export function createRoads({ travelS, beginsAtMs, speed, driving }: RoadsOptions): Roads {
  return {
    leg(from, to, nowMs) {
      // The time in Greenwich at which the sun is there where it is to be.
      const atMs = beginsAtMs + nowMs * speed - from.lng / DEGREES_PER_MS;
      const durationMs = (travelS(from, to, atMs) / driving) * 1_000;
      const leastMs = (distanceM(from, to) / SPEED_M_PER_S_MAX) * 1_000;
      return { from, to, beganMs: nowMs, durationMs: Math.max(durationMs, leastMs) };
    },
  };
}

export function isOver({ beganMs, durationMs }: Leg, nowMs: number): boolean {
  return nowMs >= beganMs + durationMs;
}

export function placeOn({ from, to, beganMs, durationMs }: Leg, nowMs: number): GeoPoint {
  const share = durationMs === 0 ? 1 : Math.min(1, Math.max(0, (nowMs - beganMs) / durationMs));
  return { lat: from.lat + (to.lat - from.lat) * share, lng: from.lng + (to.lng - from.lng) * share };
}
