/**
 * What a search looks at of a driver. Most of what it takes is waiting for memory, so what rules most drivers out, state
 * and types, decides in which lists they are; the rest is in 64 bytes one after the other, which is what processors fetch at
 * a time.
 */

import { assert } from '../../core/errors.ts';
import type { GeoPoint } from '../../core/geo.ts';
import { type DriverPosition, type DriverTraits, GEO_STATES_MAX, GEO_TYPES_MAX } from './geo-index.ts';

/** Numbers of a line: where on a sphere of radius 1, when, the rating (NaN: none), and where in degrees. One is free. */
export const LINE = 8;
export const X = 0;
export const Y = 1;
export const Z = 2;
/** 0: nowhere yet. */
export const AT_MS = 3;
export const RATING = 4;
export const LAT = 5;
export const LNG = 6;

const STATE_BITS = 5;
const STATE_MASK = GEO_STATES_MAX - 1;
const RADIANS = Math.PI / 180;

/** State and types in one number. */
export function kindOf({ state, types }: DriverTraits): number {
  assert(isBelow(state, GEO_STATES_MAX) && isBelow(types, 2 ** GEO_TYPES_MAX), 'traits are in range');
  return (types << STATE_BITS) | state;
}

/** What `kindOf` was given. */
export function traitsIn(kind: number): Pick<DriverTraits, 'state' | 'types'> {
  return { state: kind & STATE_MASK, types: kind >>> STATE_BITS };
}

function isBelow(value: number, below: number): boolean {
  return Number.isInteger(value) && value >= 0 && value < below;
}

/** Whether it is of one of the states, and has one of the types. */
export function isWanted(kind: number, states: number, types: number): boolean {
  return ((states >>> (kind & STATE_MASK)) & 1) !== 0 && ((kind >>> STATE_BITS) & types) !== 0;
}

export function writePosition(lines: Float64Array, line: number, { lat, lng, atMs }: DriverPosition): void {
  const around = Math.cos(lat * RADIANS);
  lines[line + X] = around * Math.cos(lng * RADIANS);
  lines[line + Y] = around * Math.sin(lng * RADIANS);
  lines[line + Z] = Math.sin(lat * RADIANS);
  lines[line + AT_MS] = atMs;
  lines[line + LAT] = lat;
  lines[line + LNG] = lng;
}

export interface SpherePoint {
  readonly x: number;
  readonly y: number;
  readonly z: number;
}

export function onSphere({ lat, lng }: GeoPoint): SpherePoint {
  const around = Math.cos(lat * RADIANS);
  return {
    x: around * Math.cos(lng * RADIANS),
    y: around * Math.sin(lng * RADIANS),
    z: Math.sin(lat * RADIANS),
  };
}
