/** Chromium for tests of the web app: the one of the machine, driven by playwright-core. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { atEnd } from './at-end.ts';

const PLACES = [process.env['GROUNDSWELL_TEST_CHROMIUM'], '/usr/bin/chromium', '/usr/bin/chromium-browser'];
const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
/** On a machine that is very busy. */
const WAIT_MS_MAX = 60_000;

export const PASSWORD = 'a good long one';
export const DESKTOP: BrowserContextOptions = { viewport: { width: 1360, height: 850 } };
export const PHONE: BrowserContextOptions = { viewport: { width: 390, height: 844 }, hasTouch: true };

/** For `describeOnBackend`. */
export function chromiumBackend() {
  const engine = PLACES.find((place) => place !== undefined && existsSync(place));
  return {
    backend: 'chromium',
    engine,
    remedy: 'install chromium, or set GROUNDSWELL_TEST_CHROMIUM to its path',
  };
}

export async function openBrowser(executablePath: string): Promise<Browser> {
  return chromium.launch({ executablePath, args: ARGUMENTS });
}

export type PersonsPage = Page & {
  /** What it says that it should not: errors of scripts, and what its policy refused. */
  readonly complaints: readonly string[];
};

/** A person at a browser of their own. */
export async function openPage(
  test: TestContext,
  browser: Browser,
  options: BrowserContextOptions,
): Promise<PersonsPage> {
  const context = await browser.newContext(options);
  context.setDefaultTimeout(WAIT_MS_MAX);
  atEnd(test, () => context.close());
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    const text = message.text();
    // A server that is away, and an answer that is a refusal, are what the tests are about.
    if (message.type() === 'error' && !/Failed to load resource|WebSocket connection/.test(text))
      complaints.push(text);
  });
  return Object.assign(page, { complaints });
}

export async function signUpAt(page: Page, url: string, username: string): Promise<void> {
  await page.goto(`${url}/sign-up`);
  await page.getByLabel('Username').fill(username);
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Make the account' }).click();
  await page.getByRole('heading', { name: 'Home' }).waitFor();
}

export async function signInAt(
  page: Page,
  url: string,
  { username, password }: { readonly username: string; readonly password: string },
): Promise<void> {
  await page.goto(`${url}/sign-in`);
  await page.getByLabel('Username').fill(username);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('heading', { name: 'Home' }).waitFor();
}

export async function writePost(page: Page, text: string): Promise<void> {
  await page.getByText('What is happening?').first().click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('textbox', { name: 'What is happening?' }).fill(text);
  await dialog.getByRole('button', { name: 'Post', exact: true }).click();
  await dialog.waitFor({ state: 'detached' });
}

export function assertNoComplaints(page: PersonsPage): void {
  assert.deepEqual(page.complaints, []);
}

/** On the page for drivers, who is then online. */
export async function becomeDriver(page: Page): Promise<void> {
  for (const [label, text] of [
    ['Make', 'Toyota'],
    ['Model', 'Prius'],
    ['Colour', 'green'],
    ['Number plate', 'nyc 123'],
  ] as const)
    await page.getByLabel(label).fill(text);
  await page.getByRole('button', { name: 'Become a driver' }).click();
  await page.getByRole('button', { name: 'Go online' }).click();
}
