/** Which target a visitor is led to. */
import { createAddressRanges } from '../../../core/address-range.ts';
import type { Id } from '../../../core/ids.ts';
import type { Rule } from '../link.ts';
import { browserOf, devicesOf, preferredLanguage, type Visitor } from '../redirect/visitor.ts';

export interface ChoiceDeps {
  readonly nowMs: number;
  /** ISO 3166-1 alpha-2, in upper case. */
  readonly countryOf: (address: string) => string | undefined;
}

/** The index of the first rule that fits; `undefined` if none does. */
export function chooseRule(
  linkId: Id,
  rules: readonly Rule[],
  visitor: Visitor,
  { nowMs, countryOf }: ChoiceDeps,
): number | undefined {
  let share = 0;
  for (const [index, rule] of rules.entries()) {
    const from = share;
    share += rule.percentage ?? 0;
    if (!fits(rule, visitor, nowMs, countryOf)) continue;
    if (rule.percentage === undefined || isWithin(placeOf(linkId, visitor), from, share)) return index;
  }
  return undefined;
}

function fits(rule: Rule, visitor: Visitor, nowMs: number, countryOf: ChoiceDeps['countryOf']): boolean {
  const { devices, languages, countries, browsers, query, networks, startsAt, endsAt } = rule;
  if (startsAt !== undefined && nowMs < startsAt.getTime()) return false;
  if (endsAt !== undefined && nowMs >= endsAt.getTime()) return false;
  if (devices !== undefined) {
    const own = devicesOf(visitor.userAgent);
    if (!devices.some((device) => own.has(device))) return false;
  }
  if (languages !== undefined) {
    const preferred = preferredLanguage(visitor.language);
    if (!languages.some((language) => isWithinLanguage(preferred, language.toLowerCase()))) return false;
  }
  if (browsers !== undefined) {
    const browser = browserOf(visitor.userAgent);
    if (browser === undefined || !browsers.includes(browser)) return false;
  }
  if (query !== undefined && !hasParameters(visitor.query, query)) return false;
  if (networks !== undefined && !rangesOf(networks)(visitor.address)) return false;
  if (countries === undefined) return true;
  const country = countryOf(visitor.address);
  return country !== undefined && countries.includes(country);
}

function hasParameters(visited: string, wanted: NonNullable<Rule['query']>): boolean {
  const given = new URLSearchParams(visited);
  return Object.entries(wanted).every(([name, value]) =>
    value === null ? given.has(name) : given.getAll(name).includes(value),
  );
}

/** Made for the first visitor of whom it is asked: most rules have none, and most links in memory are never opened. */
const RANGES = new WeakMap<readonly string[], (address: string) => boolean>();

function rangesOf(networks: readonly string[]): (address: string) => boolean {
  const known = RANGES.get(networks) ?? createAddressRanges(networks);
  RANGES.set(networks, known);
  return known;
}

/** `pt-br` is within `pt`, not the other way round. */
function isWithinLanguage(tag: string, range: string): boolean {
  return tag === range || tag.startsWith(`${range}-`);
}

function isWithin(place: number, from: number, to: number): boolean {
  return place >= from && place < to;
}

/**
 * Where the visitor stands among all of this link, 0 to 100: the same at every visit from the same network with the same
 * browser, without a cookie. FNV-1a (Fowler, Noll, Vo; public domain), finished as MurmurHash3 is.
 */
function placeOf(linkId: Id, { address, userAgent }: Visitor): number {
  let hash = 0x811c9dc5;
  const text = `${linkId} ${address} ${userAgent}`;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (((hash ^ (hash >>> 16)) >>> 0) / 4_294_967_296) * 100;
}
