/**
 * `npm run screenshots`: the pictures of README and docs, of a server with the demo's people, on a desktop in the light
 * and a phone in the dark. Look at each before it is committed.
 */
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { packageRoot } from '../../src/config/package-info.ts';
import { chromiumBackend, DESKTOP, openBrowser, PHONE } from '../support/browser.ts';

interface Demo {
  readonly url: string;
  readonly password: string;
  close(): Promise<void>;
}

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
      await signIn(page, demo);
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

async function startDemo(): Promise<Demo> {
  const data = await mkdtemp(path.join(tmpdir(), 'groundswell-pictures-'));
  const program = path.join(packageRoot(), 'dist/src/main.js');
  const server = spawn(process.execPath, [program, 'serve', '--demo', '--port', '0', '--data', data], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise((resolve) => server.once('exit', resolve));
  let url = '';
  for await (const line of createInterface({ input: server.stdout })) {
    url ||= /http:\/\/[\d.]+:\d+/.exec(line)?.[0] ?? '';
    const password = /the password (\S+)/.exec(line)?.[1];
    if (password === undefined) continue;
    const close = async (): Promise<void> => {
      server.kill('SIGTERM');
      await ended;
      await rm(data, { recursive: true, force: true });
    };
    return { url, password, close };
  }
  throw new Error('The server did not start.');
}

async function signIn(page: Page, { url, password }: Demo): Promise<void> {
  await page.goto(`${url}/sign-in`);
  await page.getByLabel('Username').fill('demo');
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('heading', { name: 'Home' }).waitFor();
}

async function compose(page: Page): Promise<void> {
  await page.getByText('What is happening?').first().click();
  await page.getByRole('textbox', { name: 'What is happening?' }).fill('Good morning, #world');
}

async function shortenSome(page: Page, { url }: Demo): Promise<void> {
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
