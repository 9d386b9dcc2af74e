/** A target with the parameters of a campaign. */
import { UTM_PARAMETERS, type Utm } from '../link.ts';

/**
 * What the owner has set for a parameter takes the place of what the target has. All else of the query stays as it is
 * spelled: `URLSearchParams` would write it anew, and a signature or bytes of another encoding would not survive that.
 */
export function withUtm(target: string, utm: Utm | null): string {
  if (utm === null) return target;
  const url = new URL(target);
  const parts = url.search === '' ? [] : url.search.slice(1).split('&');
  for (const parameter of UTM_PARAMETERS) {
    const value = utm[parameter];
    if (value !== undefined) setPart(parts, `utm_${parameter}`, value);
  }
  // Its own question mark, for the first one is taken off, which may be part of the query.
  if (parts.length > 0) url.search = `?${parts.join('&')}`;
  return url.href;
}

/** In the place of the first of that name, of which there is one then; else at the end. */
function setPart(parts: string[], name: string, value: string): void {
  const part = new URLSearchParams({ [name]: value }).toString();
  const places = [...parts.keys()].filter((place) => nameOf(parts[place] ?? '') === name);
  const [first, ...others] = places;
  if (first === undefined) parts.push(part);
  else parts[first] = part;
  for (const place of others.toReversed()) parts.splice(place, 1);
}

/** Decoded, as the target reads it. */
function nameOf(part: string): string | undefined {
  const [name] = new URLSearchParams(part).keys();
  return name;
}
