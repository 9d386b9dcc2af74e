/** Where cars may drive, and how fast, by the tags of a way (https://wiki.openstreetmap.org/wiki/Key:highway). */
import type { RoadKind } from '../road-graph.ts';
import type { OsmTags } from './osm-element.ts';

export interface CarRoad {
  readonly kind: RoadKind;
  /** 0: nobody may drive there in this direction. */
  readonly forwardKmPerH: number;
  readonly backwardKmPerH: number;
}

/** What cars drive on such roads where no sign says more: less than is allowed, for lights and corners. */
const HIGHWAYS: ReadonlyMap<string, readonly [kind: RoadKind, kmPerH: number]> = new Map([
  ['motorway', ['motorway', 95]],
  ['motorway_link', ['motorway', 50]],
  ['trunk', ['motorway', 75]],
  ['trunk_link', ['motorway', 45]],
  ['primary', ['primary', 50]],
  ['primary_link', ['primary', 35]],
  ['secondary', ['secondary', 42]],
  ['secondary_link', ['secondary', 32]],
  ['tertiary', ['secondary', 36]],
  ['tertiary_link', ['secondary', 28]],
  ['unclassified', ['minor', 30]],
  ['residential', ['minor', 25]],
  ['road', ['minor', 25]],
  ['living_street', ['minor', 10]],
  ['service', ['minor', 12]],
]);
/** From the most particular to the most general; the first that is said counts. */
const ACCESS_KEYS = ['motorcar', 'motor_vehicle', 'vehicle', 'access'] as const;
const REFUSALS: ReadonlySet<string> = new Set([
  ...['no', 'private', 'agricultural', 'forestry', 'military', 'emergency', 'delivery', 'restricted'],
]);
/** Of what is allowed, how much cars drive. */
const OF_LIMIT = 0.8;
const KM_PER_MILE = 1.609344;
const KM_PER_H_MAX = 130;
const WALKING_KM_PER_H = 6;

/** `undefined`: not for cars. */
export function carRoadOf(tags: OsmTags): CarRoad | undefined {
  const [kind, usual] = HIGHWAYS.get(tags.get('highway') ?? '') ?? [];
  if (kind === undefined || usual === undefined || isRefused(tags) || tags.get('area') === 'yes')
    return undefined;
  const direction = directionOf(tags);
  const speed = (key: string): number => {
    const limit = speedLimitOf(tags.get(key) ?? tags.get('maxspeed'));
    return limit === undefined ? usual : Math.max(1, limit * OF_LIMIT);
  };
  return {
    kind,
    forwardKmPerH: direction === 'backward' ? 0 : speed('maxspeed:forward'),
    backwardKmPerH: direction === 'forward' ? 0 : speed('maxspeed:backward'),
  };
}

function isRefused(tags: OsmTags): boolean {
  const key = ACCESS_KEYS.find((name) => tags.has(name));
  return key !== undefined && REFUSALS.has(tags.get(key) ?? '');
}

function directionOf(tags: OsmTags): 'both' | 'forward' | 'backward' {
  const said = tags.get('oneway:motorcar') ?? tags.get('oneway:motor_vehicle') ?? tags.get('oneway');
  if (said === '-1' || said === 'reverse') return 'backward';
  if (said === 'yes' || said === 'true' || said === '1') return 'forward';
  if (said !== undefined) return 'both';
  const isRound = tags.get('junction') === 'roundabout' || tags.get('junction') === 'circular';
  return isRound || tags.get('highway') === 'motorway' ? 'forward' : 'both';
}

/** In km/h; `undefined`: it does not say. */
export function speedLimitOf(text: string | undefined): number | undefined {
  if (text === 'none') return KM_PER_H_MAX;
  if (text === 'walk') return WALKING_KM_PER_H;
  const [, number, unit] = /^(\d{1,3}(?:\.\d+)?)\s*(mph|km\/h|kmh)?$/.exec(text?.trim() ?? '') ?? [];
  if (number === undefined) return undefined;
  const kmPerH = Number(number) * (unit === 'mph' ? KM_PER_MILE : 1);
  return kmPerH > 0 ? Math.min(KM_PER_H_MAX, kmPerH) : undefined;
}
