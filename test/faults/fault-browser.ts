/**
 * Somebody who uses the page in a browser while a stack breaks: looks at the feed, photos, links and rides in turn, by its own
 * ways and by loading it anew, and writes a post. Whatever is away, the page must show something and say what is wrong, and
 * the post must be there once in the end.
 */
import assert from 'node:assert/strict';
import path from 'node:path';
import type { Browser, Locator, Page } from 'playwright-core';
import { API } from '../../src/client/api-client.ts';
import { systemClock } from '../../src/core/clock.ts';
import { type CheckReport, createAnomalyCollector } from '../../src/history/check-report.ts';
import { drawPhoto } from '../../src/seed/drawn-photos.ts';
import { DESKTOP, openBrowser, PASSWORD, signInAt } from '../support/browser.ts';
import type { Json } from '../support/journey-client.ts';

export interface FaultBrowser {
  /** Begins to look around; the post is written when `broken` is called. */
  begin(fault: string): BrowserVisit;
  close(): Promise<void>;
}

export interface BrowserVisit {
  broken(): void;
  /** When all is mended: goes on until the post is acknowledged. */
  end(): Promise<BrowserOutcome>;
}

export interface BrowserOutcome {
  readonly views: number;
  /** Of these: the page, or the balancer, said that there was nothing to be had. */
  readonly refused: number;
  readonly report: CheckReport;
}

interface Place {
  readonly name: string;
  readonly path: string;
  /** What is there when all is well. */
  readonly content: (page: Page) => Locator;
}

const PLACES: readonly Place[] = [
  { name: 'Home', path: '/', content: (page) => page.getByRole('article') },
  { name: 'Photos', path: '/photos', content: (page) => page.locator('.photo-tile img') },
  { name: 'Links', path: '/links', content: (page) => page.getByText('example.org/browser') },
  { name: 'Ride', path: '/ride', content: (page) => page.getByRole('button', { name: 'Pick me up here' }) },
];
/** Longer than any answer may take, and than a busy machine needs to draw it. */
const VIEW_MS_MAX = 45_000;
const POSTED_MS_MAX = 120_000;
const PAUSE_MS = 150;
/** Every so many rounds the page is loaded anew. */
const LOAD_EVERY = 2;
/** What stands there instead of content: the page's own words, or those of the balancer's page. */
const REFUSALS = '[role=alert] .state-title, .form-problem, :text("looks again by itself")';
const USERNAME = 'browsing_beatrice';

export interface FaultBrowserOptions {
  readonly url: string;
  readonly executablePath: string;
  /** Where pictures of what was seen go. */
  readonly pictures: string;
}

export async function openFaultBrowser({
  url,
  executablePath,
  pictures,
}: FaultBrowserOptions): Promise<FaultBrowser> {
  const browser: Browser = await openBrowser(executablePath);
  const page = await (await browser.newContext(DESKTOP)).newPage();
  page.setDefaultTimeout(VIEW_MS_MAX);
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  await prepare(url);
  await signInAt(page, url, { username: USERNAME, password: PASSWORD });

  return {
    begin: (fault) =>
      visit(page, { url, complaints, fault, picture: (name) => path.join(pictures, `${fault}-${name}.png`) }),
    close: () => browser.close(),
  };
}

/** Something for each place to show. */
async function prepare(url: string): Promise<void> {
  const { access_token: token } = await call('/users', { username: USERNAME, password: PASSWORD });
  await call('/posts', { text: 'Good morning' }, token);
  await call('/links', { url: 'https://example.org/browser' }, token);
  const form = new FormData();
  form.append('file', new Blob([new Uint8Array(await drawPhoto(1))], { type: 'image/jpeg' }), 'hills.jpg');
  const { media_id: mediaId } = await call('/media', form, token);
  await call('/posts', { text: 'Hills', media_ids: [mediaId] }, token);

  async function call(where: string, body: object, bearer?: string): Promise<Json> {
    const isForm = body instanceof FormData;
    const headers = {
      ...(bearer !== undefined && { authorization: `Bearer ${bearer}` }),
      ...(!isForm && { 'content-type': 'application/json' }),
    };
    const answer = await fetch(`${url}${API}${where}`, {
      method: 'POST',
      headers,
      body: isForm ? body : JSON.stringify(body),
    });
    assert(answer.ok, `POST ${where} was answered ${answer.status} ${await answer.clone().text()}`);
    return answer.json();
  }
}

interface VisitDeps {
  readonly url: string;
  readonly complaints: string[];
  readonly fault: string;
  readonly picture: (name: string) => string;
}

type Seen = 'content' | 'refused' | 'nothing';

function visit(page: Page, { url, complaints, fault, picture }: VisitDeps): BrowserVisit {
  const text = `written during ${fault}`;
  const anomalies: string[] = [];
  const pictured = new Set<string>();
  let [views, refused, stopping, isBroken] = [0, 0, false, false];

  async function look(place: Place, anew: boolean): Promise<void> {
    views += 1;
    const seen = await show(page, url, place, anew);
    if (seen === 'refused') refused += 1;
    if (seen === 'nothing') anomalies.push(`${place.name}: neither content nor a word of what is wrong`);
    const name = `${place.name.toLowerCase()}-${seen}`;
    if (seen === 'content' || pictured.has(name)) return;
    pictured.add(name);
    await page.screenshot({ path: picture(name) }).catch(() => undefined);
  }

  async function wander(): Promise<void> {
    let hasWritten = false;
    for (let round = 0; !stopping; round += 1) {
      for (const place of PLACES) {
        if (isBroken && !hasWritten) {
          hasWritten = true;
          await write(page, url, text).catch((error: unknown) =>
            anomalies.push(`the post: ${String(error)}`),
          );
        }
        await look(place, round % LOAD_EVERY === 1);
        await systemClock.sleep(PAUSE_MS);
      }
    }
  }

  const wandering = wander();
  return {
    broken() {
      isBroken = true;
    },
    async end() {
      stopping = true;
      await wandering;
      anomalies.push(...(await missing(page, url, text)), ...complaints.splice(0));
      await page.screenshot({ path: picture('end') }).catch(() => undefined);
      return { views, refused, report: reportOf(views, anomalies) };
    },
  };
}

async function show(
  page: Page,
  url: string,
  { name, path: where, content }: Place,
  anew: boolean,
): Promise<Seen> {
  const navigation = page.getByRole('navigation', { name: 'Main' });
  try {
    const link = navigation.getByRole('link', { name, exact: true });
    if (anew || !(await link.isVisible())) await page.goto(url + where, { waitUntil: 'commit' });
    else await link.click();
  } catch {
    // The browser itself says that nobody is there, as it would of any page that was never visited.
    return 'refused';
  }
  const refusal = page.locator(REFUSALS).first();
  const first = content(page).first();
  // Whatever has been seen counts: a list that is drawn anew is not there for a moment.
  const seen: Seen = await Promise.any([
    first.waitFor().then(() => 'content' as const),
    refusal.waitFor().then(() => 'refused' as const),
  ]).catch(() => 'nothing');
  return (await first.isVisible().catch(() => false)) ? 'content' : seen;
}

/** The dialog keeps what cannot be sent, and sends it later. */
async function write(page: Page, url: string, text: string): Promise<void> {
  const opener = page.getByText('What is happening?').first();
  if (!(await opener.isVisible())) await page.goto(url);
  await opener.click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('textbox', { name: 'What is happening?' }).fill(text);
  await dialog.getByRole('button', { name: /^Post/ }).click();
  await dialog.waitFor({ state: 'detached', timeout: POSTED_MS_MAX });
}

async function missing(page: Page, url: string, text: string): Promise<string[]> {
  await page.goto(url);
  const posts = page.getByRole('article').filter({ hasText: text });
  await posts
    .first()
    .waitFor()
    .catch(() => undefined);
  const count = await posts.count();
  return count === 1 ? [] : [`the post of the page is there ${count} times`];
}

function reportOf(views: number, messages: readonly string[]): CheckReport {
  const anomalies = createAnomalyCollector();
  for (const message of messages) anomalies.add('page', 'page-broken', message, []);
  return {
    verdict: messages.length === 0 ? 'valid' : 'invalid',
    reasons: [],
    counts: { views },
    anomalyCounts: anomalies.counts,
    anomalies: anomalies.kept,
    staleness: undefined,
  };
}
