/**
 * Where the driver is: as the device says, or, for who wants to try it out at a desk, a car that drives to where the map
 * is tapped.
 */
import { signal } from '@preact/signals';
import { metersBetween, type Place } from '../../rides/map/mercator.ts';

export interface DriverPlaceSource {
  stop(): void;
}

export type Report = (place: Place, accuracyM: number) => void;

const REPORT_MS = 1_000;
/** Of the car at the desk: fast, so that a trip is over soon. */
const DESK_M_PER_S = 25;
const DESK_ACCURACY_M = 5;

export const deskPlace = signal<Place>();
export const deskGoal = signal<Place>();

export function followDevice(report: Report, onFailure: (text: string) => void): DriverPlaceSource {
  if (!('geolocation' in navigator)) {
    onFailure('This browser cannot tell where it is.');
    return { stop: () => undefined };
  }
  let last: GeolocationPosition | undefined;
  const watch = navigator.geolocation.watchPosition(
    (position) => {
      last = position;
      reportOf(position);
    },
    ({ code }) =>
      onFailure(
        code === 1
          ? 'The browser may not tell where you are. Allow it in its settings, or drive on the map.'
          : 'The device does not know where it is.',
      ),
    { enableHighAccuracy: true, maximumAge: 1_000 },
  );
  function reportOf({ coords }: GeolocationPosition): void {
    report({ lat: coords.latitude, lng: coords.longitude }, coords.accuracy);
  }
  // A device that stands still says nothing; the server should hear that the driver is there.
  const timer = setInterval(() => {
    if (last !== undefined) reportOf(last);
  }, 10 * REPORT_MS);
  return {
    stop() {
      navigator.geolocation.clearWatch(watch);
      clearInterval(timer);
    },
  };
}

export function followDesk(start: Place, report: Report): DriverPlaceSource {
  deskPlace.value ??= start;
  const timer = setInterval(() => {
    const [from, goal] = [deskPlace.peek() ?? start, deskGoal.peek()];
    deskPlace.value = goal === undefined ? from : stepTowards(from, goal, (DESK_M_PER_S * REPORT_MS) / 1_000);
    report(deskPlace.value, DESK_ACCURACY_M);
  }, REPORT_MS);
  return { stop: () => clearInterval(timer) };
}

export function stepTowards(from: Place, goal: Place, meters: number): Place {
  const left = metersBetween(from, goal);
  if (left <= meters) return goal;
  const part = meters / left;
  return { lat: from.lat + (goal.lat - from.lat) * part, lng: from.lng + (goal.lng - from.lng) * part };
}
