/** The web app while its server is away. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Locator, Page } from 'playwright-core';
import {
  assertNoComplaints,
  DESKTOP,
  PASSWORD,
  PHONE,
  signInAt,
  signUpAt,
  writePost,
} from '../support/browser.ts';
import { describeInBrowser } from '../support/browser-setting.ts';
import { until } from '../support/until.ts';

/** More than one call is tried for. */
const REFUSALS = 6;

describeInBrowser('the web app without its server', (setting) => {
  it('opens with what was last seen, keeps what is written, and sends it once when the server is back', async (test) => {
    const alice = await setting.open(test, PHONE);
    await signUpAt(alice, setting.url, 'alice');
    await writePost(alice, 'Seen before');
    await isKept(alice, 'Seen before');
    await setting.killServer();

    await alice.reload();
    await alice.getByText(/^The server cannot be reached\. Home is as of/).waitFor();
    await articles(alice, 'Seen before').waitFor();
    await writeWithout(alice, 'Written offline');
    await alice.getByRole('link', { name: '1 post waits to be sent' }).waitFor();
    await articles(alice, 'Seen before').getByRole('button', { name: 'Bookmark' }).click();
    // A draft that is not yet to be sent outlives a reload, too.
    await alice.getByText('What is happening?').first().click();
    await textbox(alice).fill('Half a thought');
    await alice.getByText('Saved', { exact: true }).waitFor();
    await alice.reload();
    await alice.getByRole('link', { name: '1 post waits to be sent' }).click();
    await alice.getByRole('heading', { name: 'Drafts' }).waitFor();
    await alice.getByText('Half a thought').waitFor();
    await alice.getByText('Written offline').waitFor();
    assert.equal(await alice.getByRole('dialog').count(), 0);

    await alice.goBack();
    // What was tapped before the page was loaded again.
    await articles(alice, 'Seen before').getByRole('button', { name: 'Bookmark', pressed: true }).waitFor();
    await articles(alice, 'Seen before').getByRole('button', { name: /^Like/ }).click();

    await refuseAtFirst(alice);
    await setting.restartServer();
    await alice.getByText('cannot be reached').waitFor({ state: 'detached' });
    await articles(alice, 'Written offline').waitFor();
    await until(async () => String(await alice.evaluate(FEED)).includes('"like_count":1'));
    await until(async () => String(await alice.evaluate(FEED)).includes('"bookmarked":true'));
    await alice.goto(setting.url);
    await articles(alice, 'Written offline').waitFor();
    assert.equal(await articles(alice, 'Written offline').count(), 1);
    assert.equal(await alice.getByRole('article').count(), 2);
    assert.equal(await alice.getByText('cannot be reached').count(), 0);
    assertNoComplaints(alice);
  });

  it('leads to the drafts when the server takes a post no more that has waited', async (test) => {
    const erin = await setting.open(test, PHONE);
    await signUpAt(erin, setting.url, 'erin');
    const refusal = { status: 422, json: { status: 422, code: 'invalid', detail: 'Not any more.' } };
    await erin.route('**/api/v1/posts', (route) => route.abort());
    await erin.getByText('What is happening?').first().click();
    await textbox(erin).fill('Too late');
    await erin.getByRole('button', { name: 'Post', exact: true }).click();
    await erin.getByRole('dialog').waitFor({ state: 'detached' });
    await erin.route('**/api/v1/posts', (route) => route.fulfill(refusal));
    await erin.getByRole('button', { name: 'To the drafts' }).click();
    await erin.getByRole('heading', { name: 'Drafts' }).waitFor();
    await erin.getByText('Too late').waitFor();
    assert.equal(await erin.getByRole('dialog').count(), 0);

    await erin.unroute('**/api/v1/posts');
    await erin.getByRole('button', { name: 'Go on' }).click();
    await erin.getByRole('button', { name: 'Post', exact: true }).click();
    await erin.getByText('No drafts').waitFor();
    assert.equal(await erin.getByRole('dialog').count(), 0);
    assertNoComplaints(erin);
  });

  it('shows nobody what another has seen or written', async (test) => {
    const carol = await setting.open(test, DESKTOP);
    await signUpAt(carol, setting.url, 'carol');
    await writePost(carol, 'Only for those who follow me');
    await carol.getByText('What is happening?').first().click();
    await textbox(carol).fill('A secret draft');
    await carol.getByText('Saved', { exact: true }).waitFor();
    await carol.getByRole('button', { name: 'Close' }).click();
    await isKept(carol, 'Only for those');
    const other = await carol.context().newPage();
    await other.goto(setting.url);
    await articles(other, 'Only for').waitFor();

    await carol.goto(`${setting.url}/settings`);
    await carol.getByRole('button', { name: 'Sign out' }).click();
    await carol.getByRole('link', { name: 'Make an account' }).waitFor();
    // Her other tab, and the way back.
    await other.getByRole('link', { name: 'Make an account' }).waitFor();
    await carol.goBack();
    await carol.getByRole('link', { name: 'Sign in' }).first().waitFor();
    assert.equal(await carol.getByRole('article').count(), 0);

    await signUpAt(carol, setting.url, 'dave');
    await carol.goto(`${setting.url}/compose`);
    await carol.getByRole('button', { name: 'Close' }).click();
    await carol.getByRole('button', { name: 'Write a post' }).waitFor();
    assert.equal(await carol.getByText('A secret draft').count(), 0);
    await setting.killServer();
    await carol.goto(setting.url);
    await carol.getByText('cannot be reached').first().waitFor();
    assert.equal(await carol.getByText('Only for').count(), 0);
    await setting.restartServer();
    await carol.getByText('Follow three people').waitFor();

    await signOutOf(carol, setting.url);
    await signInAt(carol, setting.url, { username: 'carol', password: PASSWORD });
    await carol.goto(`${setting.url}/compose`);
    await carol.getByRole('button', { name: 'Close' }).click();
    await carol.getByText('A secret draft').waitFor();
  });
});

/** In the page: whether its worker has it, and the browser what it shows of home. */
const IS_KEPT = `async (text) => {
  const databases = await indexedDB.databases();
  if (navigator.serviceWorker.controller === null || !databases.some(({ name }) => name === 'groundswell-last-seen'))
    return false;
  const database = await answerOf(indexedDB.open('groundswell-last-seen'));
  const seen = await answerOf(database.transaction('last-seen').objectStore('last-seen').get('home'));
  database.close();
  return JSON.stringify(seen ?? '').includes(text);
  function answerOf(request) {
    return new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = reject;
    });
  }
}`;

/** In the page: what the server says. */
const FEED = `fetch('/api/v1/feed').then((answer) => answer.text())`;

async function isKept(page: Page, text: string): Promise<void> {
  await until(() => page.evaluate<boolean>(`(${IS_KEPT})(${JSON.stringify(text)})`));
}

/** As a server does that is busy with its start: it answers, but does not say who is signed in. */
async function refuseAtFirst(page: Page): Promise<void> {
  let refusals = 0;
  await page.route('**/api/v1/sessions/current', async (route) => {
    const answer = await route.fetch().catch(() => undefined);
    if (answer === undefined) return route.abort();
    if (refusals === REFUSALS) return route.fulfill({ response: answer });
    refusals += 1;
    return route.fulfill({ status: 503, json: { status: 503, code: 'unavailable', detail: 'Soon.' } });
  });
}

async function writeWithout(page: Page, text: string): Promise<void> {
  await page.getByText('What is happening?').first().click();
  await textbox(page).fill(text);
  await page.getByRole('button', { name: 'Post when it is back' }).click();
  await page.getByRole('dialog').waitFor({ state: 'detached' });
}

async function signOutOf(page: Page, url: string): Promise<void> {
  await page.goto(`${url}/settings`);
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('link', { name: 'Make an account' }).waitFor();
}

function articles(page: Page, text: string): Locator {
  return page.getByRole('article').filter({ hasText: text });
}

function textbox(page: Page): Locator {
  return page.getByRole('dialog').getByRole('textbox', { name: 'What is happening?' });
}
