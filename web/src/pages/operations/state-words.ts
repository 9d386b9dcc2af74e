/** What drivers do, and who waits, in the words and shapes of this page. */
import type { SeenDriver } from '../../api/types.ts';
import type { DotShape, Series } from '../../rides/map/map-dots.ts';

export type ShownState = SeenDriver['state'];

export interface Look {
  readonly name: string;
  readonly shape: DotShape;
  readonly series: Series;
}

export const DRIVER_LOOKS: Readonly<Record<ShownState, Look>> = {
  available: { name: 'Free', shape: 'circle', series: 3 },
  reserved: { name: 'On the way to a rider', shape: 'triangle', series: 1 },
  stopped: { name: 'At a stop', shape: 'square', series: 1 },
  on_trip: { name: 'With a rider', shape: 'diamond', series: 4 },
  non_contactable: { name: 'Not reached', shape: 'cross', series: 5 },
};

export const REQUEST_LOOK: Look = { name: 'Request that waits', shape: 'pin', series: 2 };

/** A driver of whom nothing was heard for so long may be elsewhere. */
export const STALE_MS = 15_000;

/** Minutes and seconds. */
export function ageText(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000));
  if (seconds < 60) return `${seconds} s`;
  return `${Math.floor(seconds / 60)}:${`${seconds % 60}`.padStart(2, '0')} min`;
}

export function secondsText(seconds: number | null): string {
  return seconds === null ? '–' : ageText(seconds * 1_000);
}
