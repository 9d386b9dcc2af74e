/** Where rides cost more now, for a map: the cells round its middle. */
import { type ReadonlySignal, useComputed } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import type { RideType, SurgeCell } from '../api/types.ts';
import { usePolled } from '../ui/use-polled.ts';
import type { MapCell } from './map/map-drawing.ts';
import { unproject, type View } from './map/mercator.ts';

/** It changes every five minutes. */
const EVERY_MS = 60_000;
/** To each side of the middle: a city. */
const REACH_DEGREES = 0.75;
/** So far a map is moved before others are asked for. */
const STEP_DEGREES = 0.25;
/** No darker than what costs three times as much. */
const PERCENT_MAX = 300;

export interface SurgeOnMap {
  readonly cells: readonly MapCell[];
  readonly surge: readonly SurgeCell[];
}

const NONE: readonly SurgeCell[] = [];

export function useSurge(view: ReadonlySignal<View | undefined>, rideType: RideType): SurgeOnMap {
  const box = useComputed(() => (view.value === undefined ? undefined : boxAround(view.value)));
  const path = box.value === undefined ? undefined : `/rides/surge?bbox=${box.value}&ride_type=${rideType}`;
  const { answer } = usePolled<{ readonly cells: readonly SurgeCell[] }>(path, EVERY_MS);
  const surge = answer?.cells ?? NONE;
  return { surge, cells: useMemo(() => surge.map(presentCell), [surge]) };
}

function boxAround({ middle }: View): string {
  const { lat, lng } = unproject(middle);
  const stepped = (degrees: number) => Math.round(degrees / STEP_DEGREES) * STEP_DEGREES;
  const wrapped = (degrees: number) => ((degrees + 540) % 360) - 180;
  const [north, south] = [
    Math.min(90, stepped(lat) + REACH_DEGREES),
    Math.max(-90, stepped(lat) - REACH_DEGREES),
  ];
  return [wrapped(stepped(lng) - REACH_DEGREES), south, wrapped(stepped(lng) + REACH_DEGREES), north].join();
}

function presentCell({ corners, surge_percent: percent }: SurgeCell): MapCell {
  return {
    corners,
    strength: Math.min(1, (percent - 100) / (PERCENT_MAX - 100)),
    label: factorText(percent),
  };
}

/** How many times as much rides cost. */
export function factorText(percent: number): string {
  return `${percent / 100}×`;
}
