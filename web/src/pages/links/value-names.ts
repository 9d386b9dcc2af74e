/** How people call what the statistics tell visitors apart by. */
import type { Dimension } from './link-statistics.ts';

export const DIMENSION_NAMES: Readonly<Record<Dimension, string>> = {
  country: 'Countries',
  referrer: 'Where they came from',
  device: 'Devices',
  browser: 'Browsers',
  os: 'Operating systems',
  language: 'Languages',
};

const countries = new Intl.DisplayNames(['en'], { type: 'region' });
const languages = new Intl.DisplayNames(['en'], { type: 'language' });
const DEVICES: Readonly<Record<string, string>> = {
  desktop: 'Desktop',
  mobile: 'Phone',
  tablet: 'Tablet',
  tv: 'Television',
};
const REFERRERS: Readonly<Record<string, string>> = {
  direct: 'Directly: typed, a bookmark or an app',
  internal: 'This server',
};

export function valueName(by: Dimension, value: string): string {
  if (value === 'unknown') return 'Unknown';
  if (value === 'other') return 'Others';
  if (by === 'country') return named(countries, value);
  if (by === 'language') return named(languages, value);
  if (by === 'device') return DEVICES[value] ?? value;
  if (by === 'referrer') return REFERRERS[value] ?? value;
  return value;
}

/** A code that no list has is its own name. */
function named(names: Intl.DisplayNames, code: string): string {
  try {
    return names.of(code) ?? code;
  } catch {
    return code;
  }
}
