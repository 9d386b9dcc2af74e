/** How long a car takes from one place to another. There are no roads in here yet: whoever has them puts them behind this. */
import { distanceM, type GeoPoint } from '../../../ports/geo-index/geo-index.ts';

export interface TravelTime {
  /** `atMs`: when the car sets off, in milliseconds since 1970. */
  seconds(from: GeoPoint, to: GeoPoint, atMs: number): number;
}

/** How much longer streets are than the great circle, on average over towns with a grid and without. */
export const DETOUR = 1.35;
/** By the hour of the day, km/h: what taxis in Manhattan do, a little faster. */
export const SPEEDS_KM_PER_H = [
  ...[32, 33, 34, 34, 33, 30, 26, 22, 19, 18, 18, 18],
  ...[18, 18, 18, 17, 17, 16, 17, 19, 22, 25, 28, 30],
] as const;
const HOUR_MS = 3_600_000;
const DEGREES_PER_HOUR = 15;
const M_PER_S = 1 / 3.6;

export const greatCircleTravelTime: TravelTime = {
  seconds(from, to, atMs) {
    const speed = SPEEDS_KM_PER_H[solarHour(from, atMs)] ?? 18;
    return (distanceM(from, to) * DETOUR) / (speed * M_PER_S);
  },
};

/** The hour of the day by the sun, which is within an hour or two of what clocks say there. */
function solarHour({ lng }: GeoPoint, atMs: number): number {
  const hours = Math.floor(atMs / HOUR_MS + lng / DEGREES_PER_HOUR) % 24;
  return (hours + 24) % 24;
}
