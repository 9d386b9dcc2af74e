/** Who opens a link, as far as the request tells. */
import type { ClickKind } from '../clicks/click-recorder.ts';
import { isProgram } from '../clicks/user-agents.ts';
import type { Browser, Device } from '../link.ts';

export interface Visitor {
  readonly method: 'GET' | 'HEAD';
  readonly userAgent: string;
  readonly referrer: string;
  /** Accept-Language. */
  readonly language: string;
  /** Sec-Purpose and its forerunners: a browser fetches what nobody has asked to see yet. */
  readonly purpose: string;
  /** Global Privacy Control: nobody is told who that is. https://www.w3.org/TR/gpc/ */
  readonly isPrivate: boolean;
  readonly address: string;
  /** Without the question mark; empty if there is none. */
  readonly query: string;
}

/** What people run to open a link, and name as its authors did: no bots, although they are no browsers. */
const CLIENTS =
  /^(?:curl|wget|httpie|xh|postmanruntime|insomnia|node|undici|axios|got|okhttp|java|apache-httpclient|python|aiohttp|httpx|go-http-client|ruby|faraday|php|guzzle|dart|libwww-perl|powershell|mozilla\/5\.0 \(windows nt; windows nt)/i;

/** Who is shown a card where a limit or a password applies; whoever is no program, or one that a person runs, is a visit. */
export function kindOf({ method, purpose, userAgent }: Visitor): ClickKind {
  if (method === 'HEAD') return 'head';
  if (purpose !== '' && /prefetch|prerender|preview/i.test(purpose)) return 'preview';
  return isProgram(userAgent) && !CLIENTS.test(userAgent) ? 'bot' : 'visit';
}

/** NOTE: an iPad asks for the pages of a desktop, and says that it is a Mac. */
export function devicesOf(userAgent: string): ReadonlySet<Device> {
  if (/iPhone|iPad|iPod/.test(userAgent)) return IOS;
  if (/Android/.test(userAgent)) return ANDROID;
  return /Mobi|Tablet/.test(userAgent) ? MOBILE : DESKTOP;
}

const IOS: ReadonlySet<Device> = new Set<Device>(['ios', 'mobile']);
const ANDROID: ReadonlySet<Device> = new Set<Device>(['android', 'mobile']);
const MOBILE: ReadonlySet<Device> = new Set<Device>(['mobile']);
const DESKTOP: ReadonlySet<Device> = new Set<Device>(['desktop']);

/** The first that fits: each of them also says that it is what stands below it. */
const BROWSER_MARKS: readonly (readonly [Browser, RegExp])[] = [
  ['edge', /Edg(?:e|A|iOS)?\//],
  ['opera', /OP(?:R|T|X|iOS)\/|Opera/],
  ['samsung', /SamsungBrowser\//],
  ['firefox', /Firefox\/|FxiOS\//],
  ['chrome', /Chrom(?:e|ium)\/|CriOS\//],
  ['safari', /Version\/[\d.]+.* Safari\//],
];

/** `undefined`: none of those that a rule can name. */
export function browserOf(userAgent: string): Browser | undefined {
  return BROWSER_MARKS.find(([, mark]) => mark.test(userAgent))?.[0];
}

/** The language that is wanted most, in lower case; empty if none is. */
export function preferredLanguage(acceptLanguage: string): string {
  let best = '';
  let bestQuality = 0;
  for (const part of acceptLanguage.split(',')) {
    const [tag = '', ...parameters] = part.trim().toLowerCase().split(';');
    const quality = Number(/^\s*q=([\d.]+)/.exec(parameters.join(';'))?.[1] ?? 1);
    // The first of several that are wanted as much.
    if (quality > bestQuality && /^[a-z]{1,8}(-[a-z0-9]{1,8})*$/.test(tag))
      [best, bestQuality] = [tag, quality];
  }
  return best;
}
