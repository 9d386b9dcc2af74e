/** What a user agent says of itself. Parsing takes some 30 us, so each text is parsed once. */
import Bowser from 'bowser';
import { isbot } from 'isbot';
import { LRUCache } from 'lru-cache';

/** `preview` fetches a page to show a card of it to people; `bot` is any other program. */
export type Automation = 'none' | 'bot' | 'preview';
export const DEVICE_CLASSES = ['desktop', 'mobile', 'tablet', 'tv', 'other'] as const;
export type DeviceClass = (typeof DEVICE_CLASSES)[number];

export interface UserAgent {
  readonly automation: Automation;
  readonly device: DeviceClass;
  /** By the names that bowser knows, and `other`. So there are few. */
  readonly browser: string;
  readonly os: string;
  /** 32 bits that tell it from other user agents. */
  readonly fingerprint: number;
}

export type ClassifyUserAgent = (text: string) => UserAgent;

const CACHED_MAX = 10_000;
/** A longer one is a program that is up to something: nobody parses it. */
export const USER_AGENT_LENGTH_MAX = 512;

/** Those of messengers and networks; isbot knows most of them as bots, but not what they fetch for. */
const PREVIEWS =
  /facebookexternalhit|facebot|twitterbot|slackbot-linkexpanding|slack-imgproxy|whatsapp|telegrambot|discordbot|linkedinbot|skypeuripreview|redditbot|pinterestbot|vkshare|viber|snapchat|signal-|bluesky|cardyb|mastodon|pleroma|akkoma|misskey|friendica|lemmy|iframely|embedly|synapse|mattermost|rocket\.chat|google-pagerenderer|imessagebot|applebot-?preview|bitlybot|tumblr|line-poker|kakaotalk-scrap/i;

const BROWSERS: ReadonlySet<string> = new Set(Object.values(Bowser.BROWSER_MAP));
const SYSTEMS: ReadonlySet<string> = new Set(Object.values(Bowser.OS_MAP));

export function createUserAgents(): ClassifyUserAgent {
  const cache = new LRUCache<string, UserAgent>({ max: CACHED_MAX });
  return (text) => {
    const known = cache.get(text);
    if (known !== undefined) return known;
    const parsed = parse(text);
    cache.set(text, parsed);
    return parsed;
  };
}

function parse(text: string): UserAgent {
  const fingerprint = fingerprintOf(text);
  const automation = automationOf(text);
  if (automation !== 'none')
    return { automation, device: 'other', browser: 'other', os: 'other', fingerprint };
  const { browser, os, platform } = Bowser.parse(text);
  return {
    automation,
    device: DEVICE_CLASSES.find((device) => device === platform.type) ?? 'other',
    browser: known(BROWSERS, browser.name),
    os: known(SYSTEMS, os.name),
    fingerprint,
  };
}

/**
 * What is no browser: it says so, says nothing at all, or more than any browser does. The one rule for all that tells people
 * from programs.
 */
export function isProgram(text: string): boolean {
  return text.length === 0 || text.length >= USER_AGENT_LENGTH_MAX || isbot(text);
}

/**
 * Browsers always say what they are. Those inside apps name the app, too: Snapchat's is somebody who reads there, and the
 * service that fetches its cards says that it is one.
 */
function automationOf(text: string): Automation {
  if (!isProgram(text)) return 'none';
  return PREVIEWS.test(text) ? 'preview' : 'bot';
}

/** bowser takes what it does not know for its own name: anybody could make names up. */
function known(names: ReadonlySet<string>, name: string | undefined): string {
  return name !== undefined && names.has(name) ? name : 'other';
}

/** FNV-1a by Glenn Fowler, Landon Noll and Kiem-Phong Vo (public domain). */
function fingerprintOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return hash | 0;
}
