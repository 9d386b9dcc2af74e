/** The rides of whoever is signed in: the one that goes on, as a rider or as a driver, kept as it changes. */
import { signal } from '@preact/signals';
import { get } from '../api/http.ts';
import type { Page, Ride } from '../api/types.ts';
import { type DriverPlace, placeAfter } from '../rides/arrival.ts';
import { isLive, onLive } from './live.ts';

/** The last that the person asked for: it goes on, or has just ended. `undefined`: not known yet. */
export const ownRide = signal<Ride | null | undefined>(undefined);
/** Where its driver is. */
export const driverPlace = signal<DriverPlace>();
/** The last that the person drives. */
export const drivenRide = signal<Ride | null | undefined>(undefined);

/** So often it is asked for while nothing is told live. */
const POLL_MS = 4_000;

onLive('ride', ({ ride }) => takeRide(ride));
onLive('ride_position', (place) => {
  if (place.ride_id === ownRide.peek()?.ride_id) driverPlace.value = place;
});

/** Puts it where it belongs, unless something newer is known. */
export function takeRide(ride: Ride): void {
  driverPlace.value = placeAfter(driverPlace.peek(), ownRide.peek(), ride);
  for (const known of [ownRide, drivenRide]) {
    const { value } = known;
    if (value?.ride_id === ride.ride_id && value.version <= ride.version) known.value = ride;
  }
}

export async function loadOwnRide(): Promise<void> {
  ownRide.value = await latestOf('/rides');
}

export async function loadDrivenRide(): Promise<void> {
  drivenRide.value = await latestOf('/drivers/me/rides');
}

async function latestOf(path: string): Promise<Ride | null> {
  const { items } = await get<Page<Ride>>(path, { query: { limit: 1 } });
  return items[0] ?? null;
}

/** Keeps it up to date for as long as a page shows it: what is missed live is asked for. Answers what ends it. */
export function followRides(load: () => Promise<void>): () => void {
  const again = (): void => void load().catch(() => undefined);
  const timer = setInterval(() => {
    if (!isLive.peek()) again();
  }, POLL_MS);
  const ends = [onLive('ready', ({ resumed }) => resumed || again()), onLive('gap', again)];
  return () => {
    clearInterval(timer);
    for (const end of ends) end();
  };
}

export function isOver({ ended_at: endedAt }: Ride): boolean {
  return endedAt !== null;
}
