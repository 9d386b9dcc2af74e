/** Short links of the visitor, and who has opened them in the last days. */
import { seededFraction } from '../core/clock.ts';
import { composeId, FIRST_BULK_WRITER, type Id } from '../core/ids.ts';
import type { SqlStore } from '../ports/sql-store/sql-store.ts';
import { bulkLoadLinks } from '../systems/links/bulk-load.ts';
import type { ClickRecorder } from '../systems/links/clicks/click-recorder.ts';

export interface DemoLinksDeps {
  readonly sql: SqlStore;
  readonly clicks: ClickRecorder;
  readonly nowMs: number;
}

const SEED = 11;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** The oldest first. */
const LINKS = [
  { url: 'https://example.org/bakery/opening-hours', daysAgo: 27, clicks: 640 },
  { url: 'https://example.com/choir/tickets?from=poster', daysAgo: 19, clicks: 310 },
  { url: 'https://example.org/maps/night-trains', daysAgo: 12, clicks: 170 },
  { url: 'https://example.com/garden/apple-tree', daysAgo: 6, clicks: 60 },
  { url: 'https://example.org/books/lighthouses', daysAgo: 2, clicks: 25 },
] as const;

const [CHROME, SAFARI] = ['Chrome/138.0.0.0 Safari/537.36', 'AppleWebKit/605.1.15 (KHTML, like Gecko)'];
const PHONE = `Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) ${SAFARI} Version/18.5 Mobile/15E148 Safari/604.1`;
const USER_AGENTS = [
  PHONE,
  PHONE,
  `Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) ${CHROME.replace(' ', ' Mobile ')}`,
  `Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) ${CHROME}`,
  `Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) ${SAFARI} Version/18.5 Safari/605.1.15`,
  'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
  'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)',
];
/** First halves of networks in Austria, Germany, France, the United States, Brazil, Japan and India. */
const NETWORKS = ['80.108', '84.56', '90.14', '73.15', '177.32', '126.12', '117.200'];
const REFERRERS = [
  '',
  '',
  'https://www.google.com/',
  'https://news.ycombinator.com/',
  'https://example.net/',
];
const LANGUAGES = ['de-AT,de;q=0.9', 'en-US,en;q=0.9', 'fr-FR', 'pt-BR,pt;q=0.9', 'ja'];

/** Links made in the last weeks, and clicks from then to now: many in the first days and by day, fewer later and at night. */
export async function openedLinks({ sql, clicks, nowMs }: DemoLinksDeps, ownerId: Id): Promise<void> {
  const draw = seededFraction(SEED);
  const links = LINKS.map((link, number) => {
    const madeMs = nowMs - link.daysAgo * DAY_MS - number * HOUR_MS;
    return { ...link, madeMs, linkId: composeId(madeMs, FIRST_BULK_WRITER, number) };
  });
  const at = (n: number) => links[n] ?? { linkId: 0, url: '' };
  await bulkLoadLinks(sql, {
    ...{ ownerId, count: links.length },
    ...{ linkId: (n) => at(n).linkId, url: (n) => at(n).url },
  });
  for (const { linkId, madeMs, clicks: count } of links) {
    for (let click = 0; click < count; click += 1)
      clicks.record({ linkId, atMs: drawTime(madeMs, nowMs, draw), kind: 'visit', ...drawVisitor(draw) });
  }
}

function drawTime(fromMs: number, untilMs: number, draw: () => number): number {
  const atMs = fromMs + (untilMs - fromMs) * draw() ** 1.5;
  const isNight = new Date(atMs).getUTCHours() < 6;
  return isNight && draw() < 0.8 ? Math.min(untilMs, atMs + 9 * HOUR_MS) : atMs;
}

function drawVisitor(draw: () => number) {
  const pick = (items: readonly string[]): string => items[Math.floor(draw() * items.length)] ?? '';
  // The first of each is the most frequent.
  const favour = (items: readonly string[]): string => items[Math.floor(draw() ** 2 * items.length)] ?? '';
  const part = (): number => Math.floor(draw() * 254) + 1;
  return {
    userAgent: pick(USER_AGENTS),
    referrer: favour(REFERRERS),
    language: favour(LANGUAGES),
    address: `${favour(NETWORKS)}.${part()}.${part()}`,
  };
}
