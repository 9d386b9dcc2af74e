/** Months of photos, by the calendar of whoever looks at them. */
import type { Photo } from '../api/types.ts';

export interface Month {
  /** `2026-11`. */
  readonly key: string;
  /** `November 2026`. */
  readonly name: string;
  /** `Nov`, and the year where it is the first of it. */
  readonly short: string;
  readonly photos: readonly Photo[];
}

const long = new Intl.DateTimeFormat(undefined, { month: 'long', year: 'numeric' });
const short = new Intl.DateTimeFormat(undefined, { month: 'short' });

/** Of photos in the order of their time, whichever way. */
export function monthsOf(photos: readonly Photo[]): Month[] {
  const byKey = new Map<string, Photo[]>();
  for (const photo of photos) {
    const key = keyOf(new Date(photo.created_at));
    const known = byKey.get(key);
    if (known === undefined) byKey.set(key, [photo]);
    else known.push(photo);
  }
  let year = '';
  return [...byKey].map(([key, photos]) => {
    const date = new Date(`${key}-15T12:00:00`);
    const isNewYear = key.slice(0, 4) !== year;
    year = key.slice(0, 4);
    const name = short.format(date);
    return { key, name: long.format(date), short: isNewYear ? `${name} ${year}` : name, photos };
  });
}

function keyOf(date: Date): string {
  return `${String(date.getFullYear()).padStart(4, '0')}-${String(date.getMonth() + 1).padStart(2, '0')}`;
}
