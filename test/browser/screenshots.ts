/**
 * `npm run screenshots`: the pictures of README and docs, of a server with the demo's people, on a desktop in the light
 * and a phone in the dark. Look at each before it is committed.
 */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { packageRoot } from '../../src/config/package-info.ts';
import { chromiumBackend, DESKTOP, openBrowser, PHONE, signInAt } from '../support/browser.ts';
import { type DemoServer, startDemo } from '../support/demo-server.ts';
import { photographer } from './photographer.ts';

interface Picture {
  readonly name: string;
  readonly path: string;
  readonly prepare?: (page: Page) => Promise<void>;
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
  { name: 'settings', path: '/settings' },
];
const OF_ADMINISTRATOR: readonly Picture[] = [{ name: 'moderation', path: '/moderation' }];

const folder = path.join(packageRoot(), 'docs/pictures');

async function main(): Promise<void> {
  const { engine } = chromiumBackend();
  if (engine === undefined)
    throw new Error('There is no chromium: install it, or set GROUNDSWELL_TEST_CHROMIUM.');
  await mkdir(folder, { recursive: true });
  const demo = await startDemo({ GROUNDSWELL_RATE_LIMITS: 'off' });
  const browser = await openBrowser(engine);
  const looks: readonly [string, BrowserContextOptions][] = [
    ['desktop', { ...DESKTOP, colorScheme: 'light' }],
    ['phone', { ...PHONE, colorScheme: 'dark' }],
  ];
  try {
    await photographer(demo.url, demo.reader);
    for (const [look, options] of looks) {
      const page = await (await browser.newContext(options)).newPage();
      await signInAt(page, demo.url, demo.reader);
      if (look === 'desktop') await shortenSome(page, demo);
      await takeAll(page, demo, look, OF_READER);
      const staff = await (await browser.newContext(options)).newPage();
      await signInAt(staff, demo.url, demo.administrator);
      await takeAll(staff, demo, look, OF_ADMINISTRATOR);
    }
  } finally {
    await browser.close();
    await demo.close();
  }
}

async function takeAll(
  page: Page,
  { url }: DemoServer,
  look: string,
  pictures: readonly Picture[],
): Promise<void> {
  for (const picture of pictures) {
    await page.goto(url + picture.path);
    await page.waitForLoadState('networkidle');
    await picture.prepare?.(page);
    await page.screenshot({ path: path.join(folder, `${picture.name}-${look}.png`) });
  }
}

async function compose(page: Page): Promise<void> {
  await page.getByText('What is happening?').first().click();
  await page.getByRole('textbox', { name: 'What is happening?' }).fill('Good morning, #world');
}

async function openPhoto(page: Page): Promise<void> {
  await page.locator('.photo-tile .photo img').nth(1).click();
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

await main();
