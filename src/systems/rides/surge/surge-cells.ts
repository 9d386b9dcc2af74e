/** The cells of surge: hexagons of H3, resolution 7, some 5 km2 each. Cells outside of this file are texts of 15 characters. */
import { cellToBoundary, cellToLatLng, gridDisk, latLngToCell } from 'h3-js';
import type { GeoPoint } from '../../../core/geo.ts';

export const SURGE_RESOLUTION = 7;

export function surgeCellOf({ lat, lng }: GeoPoint): string {
  return latLngToCell(lat, lng, SURGE_RESOLUTION);
}

/** The cell itself first, then its six neighbours; five of a pentagon. */
export function cellsAround(cell: string): readonly string[] {
  return gridDisk(cell, 1);
}

export function centreOf(cell: string): GeoPoint {
  const [lat, lng] = cellToLatLng(cell);
  return { lat, lng };
}

/** Its corners, five to ten. */
export function cornersOf(cell: string): readonly GeoPoint[] {
  return cellToBoundary(cell).map(([lat, lng]) => ({ lat, lng }));
}
