/** What axe finds on every page, in both themes and on a phone. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { it } from 'node:test';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { DESKTOP, PHONE, signUpAt, writePost } from '../support/browser.ts';
import { describeInBrowser } from '../support/browser-setting.ts';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface Violation {
  readonly id: string;
  /** The elements, as HTML. */
  readonly where: readonly string[];
}

/** In the page, where axe is. */
const RUN = `axe.run().then(({ violations }) =>
  violations.map(({ id, nodes }) => ({ id, where: nodes.map(({ html }) => html.slice(0, 160)) })))`;

const SIGNED_OUT = ['/', '/sign-in', '/sign-up', '/forgotten', '/@dora', '/nothing-here'];
const SIGNED_IN = [
  '/',
  '/@dora',
  '/@dora/with/following',
  '/@dora/with/photos',
  '/search',
  '/search?q=hello',
  '/search?q=dora&type=users',
  '/tags/world',
  '/notifications',
  '/photos',
  '/bookmarks',
  '/requests',
  '/compose',
  '/links',
  '/links/domains',
  '/settings',
  '/settings/profile',
];

describeInBrowser('the pages of the web app', (setting) => {
  it('have no violation that axe can find', async (test) => {
    // Its script is not one of the page's, whose policy therefore must not hold.
    const first = await setting.open(test, { ...DESKTOP, colorScheme: 'light', bypassCSP: true });
    await signUpAt(first, setting.url, 'dora');
    await writePost(first, 'Hello, #world');
    await writePhotoPost(first, 'A red square');
    const found = await violationsOf(first, setting.url, SIGNED_IN);
    await first.emulateMedia({ colorScheme: 'dark' });
    found.push(...(await violationsOf(first, setting.url, SIGNED_IN)));
    const phone = await setting.open(test, { ...PHONE, colorScheme: 'dark', bypassCSP: true });
    found.push(...(await violationsOf(phone, setting.url, SIGNED_OUT)));
    assert.deepEqual(found, []);
  });
});

async function writePhotoPost(page: Page, description: string): Promise<void> {
  const picture = sharp({ create: { width: 400, height: 400, channels: 3, background: 'red' } });
  await page.getByText('What is happening?').first().click();
  const dialog = page.getByRole('dialog');
  await dialog
    .locator('input[type=file]')
    .setInputFiles({ name: 'red.png', mimeType: 'image/png', buffer: await picture.png().toBuffer() });
  await dialog.getByLabel('Description of picture 1').fill(description);
  await dialog.getByRole('button', { name: 'Post', exact: true }).click();
  await dialog.waitFor({ state: 'detached' });
  await page.getByRole('link', { name: description }).waitFor();
}

async function violationsOf(page: Page, url: string, paths: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const path of paths) {
    await page.goto(url + path);
    await page.locator('h1').waitFor();
    await page.waitForLoadState('networkidle');
    await page.evaluate(AXE);
    const violations = (await page.evaluate(RUN)) as Violation[];
    found.push(...violations.map(({ id, where }) => `${path} ${id}: ${where.join(' | ')}`));
  }
  return found;
}
