/** Pages as axe sees them, whose script is in the page for it. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface Violation {
  readonly id: string;
  /** The elements, as HTML. */
  readonly where: readonly string[];
}

/** In the page, where axe is. */
const RUN = `axe.run().then(({ violations }) =>
  violations.map(({ id, nodes }) => ({ id, where: nodes.map(({ html }) => html.slice(0, 160)) })))`;

/** What axe finds on the pages, and which of them are wider than the screen. The page must have `bypassCSP`. */
export async function violationsOf(page: Page, url: string, paths: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  await page.goto(url);
  await page.locator('h1').waitFor();
  await page.evaluate(AXE);
  for (const path of paths) {
    await page.evaluate(`(${FOLLOW})(${JSON.stringify(path)})`);
    await page.locator('h1:not([data-left])').waitFor();
    await page.locator('.skeleton').first().waitFor({ state: 'detached' });
    found.push(...(await seenBy(page, path)));
  }
  return found;
}

/** The same of the page as it is. */
export async function violationsHere(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  return seenBy(page, page.url());
}

async function seenBy(page: Page, path: string): Promise<string[]> {
  const violations = (await page.evaluate(RUN)) as Violation[];
  const found = violations.map(({ id, where }) => `${path} ${id}: ${where.join(' | ')}`);
  const excess = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
  return Number(excess) > 0 ? [...found, `${path} is ${excess} pixels wider than the screen`] : found;
}

/** In the page: goes to another of its pages, as a link does, and marks the heading that will be gone then. */
const FOLLOW = `(path) => {
  document.querySelector('h1').dataset.left = 'yes';
  const link = document.createElement('a');
  link.href = path;
  document.body.append(link);
  link.click();
  link.remove();
}`;
