/**
 * The street-map port: lines to draw below a map, from whatever roads the server knows. For eyes, not for ways: the larger the
 * box, the fewer kinds of streets and the coarser their lines, so that no answer is larger than a map can show.
 *
 * Answers are made from memory, at once, and do not change while the process runs. A box without roads that are known has none.
 */
import { ROAD_KINDS, type RoadKind } from '../../roads/road-graph.ts';

/** The most important first. */
export const STREET_KINDS: readonly RoadKind[] = ROAD_KINDS;
export type StreetKind = RoadKind;

/** Of one answer: some 500 kB of JSON. */
export const STREET_PLACES_MAX = 24_000;

/** In degrees; not across the antimeridian. */
export interface StreetBox {
  readonly south: number;
  readonly west: number;
  readonly north: number;
  readonly east: number;
}

/** [longitude, latitude], in degrees. */
export type StreetPlace = readonly [lng: number, lat: number];

export interface Streets {
  /** By kind, the most important first; kinds that are left out are less important. */
  readonly layers: readonly StreetLayer[];
  /** Whom a map has to name. */
  readonly attributions: readonly string[];
}

export interface StreetLayer {
  readonly kind: StreetKind;
  /** Two places or more each, straight in between; they may reach out of the box. */
  readonly lines: readonly (readonly StreetPlace[])[];
}

export interface StreetMap {
  streetsIn(box: StreetBox): Streets;
}
