/**
 * `npm run screenshots`: the pictures of README and docs, of a server with the demo's people, on a desktop in the light
 * and a phone in the dark; `npm run screenshots -- ride drive` takes these alone. Look at each before it is committed.
 */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { packageRoot } from '../../src/config/package-info.ts';
import { makeUpRoads } from '../../src/simulator/town-roads.ts';
import { becomeDriver, chromiumBackend, DESKTOP, openBrowser, PHONE, signInAt } from '../support/browser.ts';
import { type DemoServer, startDemo } from '../support/demo-server.ts';
import { openRideTown, type RideTown } from '../support/ride-town.ts';
import { photographer } from './photographer.ts';

interface Picture {
  readonly name: string;
  readonly path: string;
  readonly prepare?: (page: Page, town: RideTown) => Promise<void>;
}

const OF_READER: readonly Picture[] = [
  { name: 'home', path: '/' },
  { name: 'compose', path: '/', prepare: compose },
  { name: 'profile', path: '/@ada' },
  { name: 'photos', path: '/photos' },
  { name: 'photo', path: '/photos', prepare: openPhoto },
  { name: 'search', path: '/search?q=bread' },
  { name: 'links', path: '/links' },
  { name: 'domains', path: '/links/domains', prepare: addDomain },
  { name: 'ride', path: '/ride', prepare: seePrices },
  { name: 'drive', path: '/drive', prepare: goOnDuty },
  { name: 'settings', path: '/settings' },
];
const OF_ADMINISTRATOR: readonly Picture[] = [
  { name: 'moderation', path: '/moderation' },
  { name: 'operations', path: '/operations', prepare: seeTown },
];
/** Around the part of the town that is shown. */
const DOWNTOWN = { latitude: 40.7061, longitude: -74.0087 };
const MIDTOWN = { latitude: 40.7527, longitude: -73.9772 };

const PLACED: BrowserContextOptions = { geolocation: MIDTOWN, permissions: ['geolocation'] };

const folder = path.join(packageRoot(), 'docs/pictures');

async function main(): Promise<void> {
  const { engine } = chromiumBackend();
  if (engine === undefined)
    throw new Error('There is no chromium: install it, or set GROUNDSWELL_TEST_CHROMIUM.');
  await mkdir(folder, { recursive: true });
  const demo = await startDemo({ GROUNDSWELL_RATE_LIMITS: 'off' }, makeUpRoads);
  const browser = await openBrowser(engine);
  const looks: readonly [string, BrowserContextOptions][] = [
    ['desktop', { ...DESKTOP, ...PLACED, colorScheme: 'light' }],
    ['phone', { ...PHONE, ...PLACED, colorScheme: 'dark' }],
  ];
  const town = openRideTown(demo.url);
  try {
    await photographer(demo.url, demo.reader);
    await settleTown(town);
    for (const [look, options] of looks) {
      const page = await (await browser.newContext(options)).newPage();
      await signInAt(page, demo.url, demo.reader);
      if (look === 'desktop') await shortenSome(page, demo);
      await takeAll(page, demo, town, look, OF_READER);
      const staff = await (await browser.newContext(options)).newPage();
      await signInAt(staff, demo.url, demo.administrator);
      await takeAll(staff, demo, town, look, OF_ADMINISTRATOR);
    }
  } finally {
    await town.close();
    await browser.close();
    await demo.close();
  }
}

async function takeAll(
  page: Page,
  { url }: DemoServer,
  town: RideTown,
  look: string,
  pictures: readonly Picture[],
): Promise<void> {
  const named = new Set(process.argv.slice(2));
  for (const picture of pictures) {
    if (named.size > 0 && !named.has(picture.name)) continue;
    await page.goto(url + picture.path);
    await page.waitForLoadState('networkidle');
    await picture.prepare?.(page, town);
    await page.screenshot({ path: path.join(folder, `${picture.name}-${look}.png`) });
  }
}

async function compose(page: Page): Promise<void> {
  await page.getByText('What is happening?').first().click();
  await page.getByRole('textbox', { name: 'What is happening?' }).fill('Good morning, #world');
}

async function openPhoto(page: Page): Promise<void> {
  // One that somebody has said something of: people of the demo post photos, too, meanwhile.
  const spokenOf = page.locator('.photo-tile').filter({ hasText: /[1-9]\d* comment/ });
  await spokenOf.first().locator('.photo').click();
  await page
    .getByRole('dialog')
    .getByRole('button', { name: /^Reply/ })
    .click();
  await page.getByRole('dialog').getByRole('article').waitFor();
}

async function addDomain(page: Page): Promise<void> {
  if ((await page.getByRole('article').count()) > 0) return;
  await page.getByLabel('Domain', { exact: true }).fill('go.example.org');
  await page.getByRole('button', { name: 'Add the domain' }).click();
  await page.getByRole('article').waitFor();
}

async function shortenSome(page: Page, { url }: DemoServer): Promise<void> {
  for (const target of [
    'https://example.org/a/page/about/bread',
    'https://example.com/tickets?from=poster',
    'https://www.iana.org/domains',
  ]) {
    await page.goto(`${url}/links`);
    await page.getByRole('textbox').first().fill(target);
    await page.keyboard.press('Enter');
    await page.waitForTimeout(700);
  }
}

/** The reader has a pickup and a drop-off, and looks at the prices. */
async function seePrices(page: Page): Promise<void> {
  // The surge is reckoned every five minutes, the first time perhaps for the demo's own people alone.
  await page.getByText('Rides from the shaded parts').waitFor({ timeout: 400_000 });
  await page.getByText('Type coordinates').click();
  for (const [place, button] of [
    [MIDTOWN, 'Pick me up here'],
    [DOWNTOWN, 'Take me there'],
  ] as const) {
    await page.getByLabel('Coordinates').fill(`${place.latitude}, ${place.longitude}`);
    await page.getByRole('button', { name: 'Show it' }).click();
    await page.getByRole('button', { name: button }).click();
  }
  await page.getByRole('button', { name: /^Ride for/ }).waitFor();
  // The streets of what is seen now.
  await page.waitForTimeout(1_500);
}

/** More people ask than drive in one part, with the demo's own drivers; elsewhere drivers wait, and some have a ride. Requests are first, so that the surge is of them. */
async function settleTown(town: RideTown): Promise<void> {
  for (let n = 0; n < 45; n += 1)
    await town.addRequest({ lat: 40.73 + 0.003 * (n % 5), lng: -73.995 + 0.005 * (n % 4) });
  for (let n = 0; n < 4; n += 1) await town.addRequest({ lat: 40.775 + 0.002 * n, lng: -73.97 });
  for (let n = 0; n < 16; n += 1) {
    const at = { lat: 40.765 + 0.005 * (n % 4), lng: -73.99 + 0.008 * Math.floor(n / 4) };
    const manner = n % 5 === 1 ? 'accepts' : n % 5 === 3 ? 'starts' : 'answers nothing';
    await town.addDriver(`NYC ${100 + n}`, at, manner);
  }
}

/** Right beside somebody who wants to ride. */
async function goOnDuty(page: Page, town: RideTown): Promise<void> {
  if (await page.getByLabel('Number plate').isVisible()) await becomeDriver(page);
  await town.addRequest({ lat: MIDTOWN.latitude, lng: MIDTOWN.longitude });
  await page.getByRole('button', { name: 'Accept' }).waitFor();
}

async function seeTown(page: Page, town: RideTown): Promise<void> {
  for (let n = 0; n < 3; n += 1) await town.addRequest({ lat: 40.738 + 0.006 * n, lng: -73.985 });
  await page.getByRole('button', { name: 'NYC 104' }).click();
  await page.getByText('Matched in the last hour').waitFor();
  for (let zoom = 0; zoom < 5; zoom += 1) await page.getByRole('button', { name: 'Zoom in' }).click();
  await page.getByText('NYC 104: Free').waitFor();
  await page.locator('.ride-sheet').evaluate('(sheet) => sheet.scrollTo(0, 0)');
  await page.waitForTimeout(1_500);
}

await main();
