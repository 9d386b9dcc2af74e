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

const PICTURES: readonly {
  readonly name: string;
  readonly path: string;
  readonly prepare?: (page: Page) => Promise<void>;
}[] = [
  { name: 'home', path: '/' },
  { name: 'compose', path: '/', prepare: compose },
  { name: 'profile', path: '/@person_21' },
  { name: 'search', path: '/search?q=bread' },
  { name: 'links', path: '/links' },
  { name: 'settings', path: '/settings' },
];

async function main(): Promise<void> {
  const folder = path.join(packageRoot(), 'docs/pictures');
  const { engine } = chromiumBackend();
  if (engine === undefined)
    throw new Error('There is no chromium: install it, or set GROUNDSWELL_TEST_CHROMIUM.');
  await mkdir(folder, { recursive: true });
  const demo = await startDemo();
  const browser = await openBrowser(engine);
  const looks: readonly [string, BrowserContextOptions][] = [
    ['desktop', { ...DESKTOP, colorScheme: 'light' }],
    ['phone', { ...PHONE, colorScheme: 'dark' }],
  ];
  try {
    for (const [look, options] of looks) {
      const page = await (await browser.newContext(options)).newPage();
      await signInAt(page, demo.url, demo.reader);
      if (look === 'desktop') await shortenSome(page, demo);
      for (const picture of PICTURES) {
        await page.goto(demo.url + picture.path);
        await page.waitForLoadState('networkidle');
        await picture.prepare?.(page);
        await page.screenshot({ path: path.join(folder, `${picture.name}-${look}.png`) });
      }
    }
  } finally {
    await browser.close();
    await demo.close();
  }
}

async function compose(page: Page): Promise<void> {
  await page.getByText('What is happening?').first().click();
  await page.getByRole('textbox', { name: 'What is happening?' }).fill('Good morning, #world');
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
