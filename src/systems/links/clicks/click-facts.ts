/** What is kept of a click: nothing that was not worth a number, and nothing that tells who it was. */
import type { CountryTable } from '../../../ports/country-table/country-table.ts';
import type { Click } from './click-recorder.ts';
import type { HashKey } from './half-sip-hash.ts';
import type { ClassifyUserAgent } from './user-agents.ts';
import { createVisitorHash } from './visitor-hash.ts';

/** `preview`: fetched, but shown to nobody as yet: HEAD, prefetched, or for the card of a messenger. */
export const CLICK_CLASSES = ['human', 'bot', 'preview'] as const;
export type ClickClass = (typeof CLICK_CLASSES)[number];

/** By which humans are told apart, in the order of the batches of the event log. */
export const DIMENSIONS = ['country', 'referrer', 'device', 'browser', 'os', 'language'] as const;
export type Dimension = (typeof DIMENSIONS)[number];

export interface ClickFacts {
  readonly clickClass: ClickClass;
  /** visitor-hash.ts; 0 where nobody counts visitors, or this one does not want it. */
  readonly visitor: number;
  /** One for each dimension, in their order; none where the click is no human's. */
  readonly values: readonly string[];
}

/** What is not known of a human, whichever dimension. */
export const UNKNOWN = 'unknown';
/** Came by no link: typed, from a bookmark, or from an app. */
export const REFERRER_DIRECT = 'direct';
/** From a page of this server itself. */
export const REFERRER_INTERNAL = 'internal';
/** As long as a host name can be. */
const REFERRER_LENGTH_MAX = 253;

const BOT: ClickFacts = { clickClass: 'bot', visitor: 0, values: [] };
const PREVIEW: ClickFacts = { clickClass: 'preview', visitor: 0, values: [] };
const PRIVATE: ClickFacts = { clickClass: 'human', visitor: 0, values: DIMENSIONS.map(() => UNKNOWN) };

export type ReadClick = (click: Click, salt: HashKey) => ClickFacts;

export function createClickReader(deps: {
  readonly classifyUserAgent: ClassifyUserAgent;
  readonly countryOf: CountryTable['countryOf'];
  /** Whether a host name, in lower case and without port, is one of this server. */
  readonly isOwnHost: (host: string) => boolean;
}): ReadClick {
  const { classifyUserAgent, countryOf, isOwnHost } = deps;
  const visitorHash = createVisitorHash();
  return (click, salt) => {
    const { automation, device, browser, os, fingerprint } = classifyUserAgent(click.userAgent);
    if (automation === 'preview' || click.kind === 'head' || click.kind === 'preview') return PREVIEW;
    if (automation === 'bot' || click.kind === 'bot') return BOT;
    if (click.kind === 'private') return PRIVATE;
    const country = countryOf(click.address) ?? UNKNOWN;
    const referrer = referrerOf(click.referrer, isOwnHost);
    return {
      clickClass: 'human',
      visitor: visitorHash(salt, click.address, fingerprint),
      values: [country, referrer, device, browser, os, languageOf(click.language)],
    };
  };
}

/** The host of the page alone: paths and queries can hold what nobody meant to tell. */
export function referrerOf(referrer: string, isOwnHost: (host: string) => boolean): string {
  if (referrer === '') return REFERRER_DIRECT;
  const host = /^[a-z][a-z0-9+.-]*:\/\/(?:[^/?#@]*@)?([^/?#:@]+)/i.exec(referrer)?.[1]?.toLowerCase() ?? '';
  if (isOwnHost(host)) return REFERRER_INTERNAL;
  const name = host.replace(/^www\./, '').replace(/\.$/, '');
  // Host names are of these characters, and so are the names of Android apps: nothing is left to be escaped.
  return name.length <= REFERRER_LENGTH_MAX && /^[a-z0-9._-]+$/.test(name) ? name : UNKNOWN;
}

/** The first of an Accept-Language, without its region: ISO 639. */
export function languageOf(acceptLanguage: string): string {
  return /^\s*([a-z]{2,3})(?![a-z0-9])/i.exec(acceptLanguage)?.[1]?.toLowerCase() ?? UNKNOWN;
}
