/** Where rides are to be had. */
import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { get } from '../api/http.ts';
import type { RideCity } from '../api/types.ts';

const cities = signal<readonly RideCity[]>([]);

/** Asked for once: without them a map begins with all of the world, and rides are had all the same. */
export function useCities(): readonly RideCity[] {
  useEffect(() => {
    if (cities.peek().length > 0) return;
    get<{ readonly items: readonly RideCity[] }>('/rides/cities')
      .then(({ items }) => {
        cities.value = items;
      })
      .catch(() => undefined);
  }, []);
  return cities.value;
}

/** `new_york` is how programs call it. */
export function cityName(name: string): string {
  return name.replaceAll('_', ' ').replaceAll(/\b\p{Ll}/gu, (letter) => letter.toUpperCase());
}
