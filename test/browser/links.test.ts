/** Pages of links where the server fails or is slow, and with nothing but a keyboard. */
import assert from 'node:assert/strict';
import { before, it } from 'node:test';
import { assertNoComplaints, PHONE, signInAt } from '../support/browser.ts';
import { describeInBrowser } from '../support/browser-setting.ts';
import { createJourneyClient, type Json, type Person } from '../support/journey-client.ts';

const SHIFT_MAX = 0.05;
const SLOW_MS = 700;
/** In the page: sums up how far things moved by themselves. */
const WATCH_SHIFTS = `window.shifted = 0;
  new PerformanceObserver((list) => {
    for (const { value, hadRecentInput } of list.getEntries()) if (!hadRecentInput) window.shifted += value;
  }).observe({ type: 'layout-shift', buffered: true });`;

describeInBrowser('links', (setting) => {
  let alice: Person;
  let link: Json;

  before(async () => {
    alice = await createJourneyClient(() => setting.url).signUp('alice');
    link = await alice.post('/links', { body: { url: 'https://example.org/a', title: 'Spring' } });
  });

  it('gives the focus to the heading when what had failed is tried again', async (test) => {
    const page = await setting.open(test, PHONE);
    await signInAt(page, setting.url, alice);
    for (const path of ['/links', '/links/domains']) {
      await page.route(/\/api\/v1\/(links|domains)/, (route) => route.fulfill({ status: 500 }));
      await page.goto(setting.url + path);
      await page.getByRole('button', { name: 'Try again' }).focus();
      await page.unroute(/\/api\/v1\/(links|domains)/);
      await page.keyboard.press('Enter');
      await page.getByRole('button', { name: 'Try again' }).waitFor({ state: 'detached' });
      assert.equal(await page.evaluate('document.activeElement.tagName'), 'H1', path);
    }
    assertNoComplaints(page);
  });

  it('gives the focus to the heading when what a dialog was about is gone', async (test) => {
    const page = await setting.open(test, PHONE);
    await signInAt(page, setting.url, alice);
    const { short_url: short } = await alice.post('/links', { body: { url: 'https://example.org/gone' } });
    await page.goto(`${setting.url}/links`);
    await page.getByRole('button', { name: `More about ${short.replace('http://', '')}` }).press('Enter');
    await page.getByRole('menuitem', { name: 'Delete' }).press('Enter');
    await page.getByRole('button', { name: 'Delete' }).press('Enter');
    await page.locator('h1:focus').waitFor();
    await page.goto(`${setting.url}/links/domains`);
    await page.getByLabel('Domain', { exact: true }).fill('go.customer.example');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Remove go.customer.example' }).press('Enter');
    await page.getByRole('button', { name: 'Remove', exact: true }).press('Enter');
    await page.getByText('No domain of yours yet').waitFor();
    await page.locator('h1:focus').waitFor();
    assertNoComplaints(page);
  });

  it('says what is wrong with a table that is none, and nothing of rows', async (test) => {
    const page = await setting.open(test, PHONE);
    await signInAt(page, setting.url, alice);
    await page.goto(`${setting.url}/links/import`);
    await page.getByLabel('Or paste it').fill('name,place\n1,2');
    await page.getByRole('button', { name: 'Try it' }).press('Enter');
    await page.getByText(/^The table must have a column for where links lead/).waitFor();
    assert.equal(await page.getByText('What would happen').count(), 0);
    assert.equal(await page.getByRole('button', { name: 'Try again' }).count(), 0);
    assertNoComplaints(page);
  });

  it('moves nothing on the page of a link while its figures come in slowly', async (test) => {
    const page = await setting.open(test, PHONE);
    await signInAt(page, setting.url, alice);
    await page.addInitScript(WATCH_SHIFTS);
    await page.route('**/api/v1/**', async (route) => {
      await new Promise((resolve) => setTimeout(resolve, SLOW_MS));
      await route.continue();
    });
    await page.goto(`${setting.url}/links/${link.link_id}`);
    await page.getByText('It has always led there.').waitFor();
    await page.getByText('Different visitors').waitFor();
    const shifted = Number(await page.evaluate('window.shifted'));
    assert(shifted <= SHIFT_MAX, `what was there moved by ${shifted}`);
    assertNoComplaints(page);
  });

  it('takes a campaign out of a pasted address and leads there with it', async (test) => {
    const page = await setting.open(test, PHONE);
    await signInAt(page, setting.url, alice);
    await page.goto(`${setting.url}/links`);
    const address = page.getByLabel('New short link');
    await address.fill('https://example.org/b?utm_source=mail&x=1');
    await page.getByRole('button', { name: 'Take it over into fields' }).press('Enter');
    assert.equal(await address.inputValue(), 'https://example.org/b?x=1');
    assert.equal(await page.evaluate('document.activeElement.placeholder'), 'Paste a long address');
    await page.getByLabel('Medium').fill('email');
    await page.getByText('https://example.org/b?x=1&utm_source=mail&utm_medium=email').waitFor();
    await page.getByRole('button', { name: 'Shorten' }).press('Enter');
    await page.getByText('Made', { exact: false }).first().waitFor();
    const { items } = await alice.get('/links?limit=1');
    assert.deepEqual(
      [items[0].url, items[0].utm],
      ['https://example.org/b?x=1', { source: 'mail', medium: 'email' }],
    );
    assertNoComplaints(page);
  });
});
