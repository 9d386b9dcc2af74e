/** A position as a driver's app reports it. */
import type { GeoPoint } from '../../../core/geo.ts';

/** In one message. */
export const POINTS_MAX = 100;
export const SEQUENCE_MAX = 2 ** 32 - 1;
/** What an app may say; what is worse than that is no position. */
export const ACCURACY_M_MAX = 6_553;

export interface ReportedPoint extends GeoPoint {
  /** Milliseconds since 1970, by the driver's clock. */
  readonly atMs: number;
  /** Within so many metres with a probability of 68 %, as phones say it. */
  readonly accuracyM: number;
}

/** Numbered one after the other, from `sequence` on: the driver's points have numbers that never come twice. */
export interface PointBatch {
  readonly sequence: number;
  readonly points: readonly ReportedPoint[];
}
