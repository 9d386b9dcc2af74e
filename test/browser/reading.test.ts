/** Reading: what moves the page and what does not, by keyboard, and on a slow line. */
import assert from 'node:assert/strict';
import { before, it, type TestContext } from 'node:test';
import type { Locator, Page } from 'playwright-core';
import { assertNoComplaints, DESKTOP, PHONE, signInAt } from '../support/browser.ts';
import { describeInBrowser } from '../support/browser-setting.ts';
import { createJourneyClient, type Person } from '../support/journey-client.ts';
import { until } from '../support/until.ts';

const HEARD_MS_MAX = 60_000;
const USABLE_MS_MAX = 3_000;
/** Of these, what the line may take. */
const LINE_MS_MAX = 2_000;
/** A line such as phones have: 1.6 Mbit/s, with answers after 150 ms. */
const SLOW_LINE = {
  offline: false,
  latency: 150,
  downloadThroughput: 1_600_000 / 8,
  uploadThroughput: 750_000 / 8,
};

describeInBrowser('reading', (setting) => {
  let alice: Person;
  let bob: Person;

  before(async () => {
    const people = createJourneyClient(() => setting.url);
    alice = await people.signUp('alice');
    bob = await people.signUp('bob');
    await alice.put(`/users/${bob.userId}/follow`);
    await post(bob, 25, 'Early');
  });

  it('begins on a page whose window is not called Groundswell twice', async (test) => {
    const page = await setting.open(test, DESKTOP);
    await page.goto(setting.url);
    await page.getByRole('heading', { name: 'Groundswell' }).waitFor();
    assert.equal(await page.title(), 'Groundswell');
    await page.getByRole('link', { name: 'Sign in' }).first().click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    assert.equal(await page.title(), 'Sign in · Groundswell');
  });

  it('fills what lies between where the reader is, whichever way they came, and moves nothing', async (test) => {
    const page = await setting.open(test, DESKTOP);
    let hasHeardAll = false;
    page.on('websocket', (socket) =>
      socket.on('framereceived', ({ payload }) => {
        hasHeardAll ||= String(payload).includes('Late 65');
      }),
    );
    await signInAt(page, setting.url, alice);
    await articles(page, 'Early 25').waitFor();
    await page.getByRole('link', { name: 'Settings' }).click();
    await page.getByRole('heading', { name: 'Settings' }).waitFor();
    await post(bob, 65, 'Late');
    // While home is not there to hear of them.
    await until(() => hasHeardAll, HEARD_MS_MAX);
    await page.goBack();
    await page.getByRole('button', { name: '20+ new posts' }).click();
    const gap = page.getByRole('button', { name: 'Load what lies between' });
    // What is above it gets its real height on the way, and pushes it down; a click would scroll there again.
    do await gap.scrollIntoViewIfNeeded();
    while (!(await isOnScreen(page, gap)));

    // From above: the one that was read last stays.
    await staysPut(page, articles(page, 'Late 46'), () => gap.click(), articles(page, 'Late 45'));
    // From below.
    await articles(page, 'Early 18').scrollIntoViewIfNeeded();
    await page.mouse.move(600, 400);
    await page.mouse.wheel(0, 300);
    while (!(await isOnScreen(page, gap))) await page.mouse.wheel(0, -200);
    await staysPut(page, articles(page, 'Early 25'), () => gap.click(), articles(page, 'Late 6'));
    await gap.click();
    await gap.waitFor({ state: 'detached' });
    const texts = await page.locator('.feed .post-text').allTextContents();
    const numbers = texts.map((text) => text.trim());
    const late = Array.from({ length: 65 }, (_, index) => `Late ${65 - index}`);
    assert.deepEqual(numbers.slice(0, 66), [...late, 'Early 25']);
    assertNoComplaints(page);
  });

  it('goes back to what a page is a part of, when it was opened directly', async (test) => {
    const page = await setting.open(test, PHONE);
    const { post_id: postId } = await bob.post('/posts', { body: { text: 'Opened directly' } });
    await page.goto(`${setting.url}/@${bob.username}/${postId}`);
    await page.getByRole('heading', { name: /^Post of/ }).waitFor();
    await page.getByRole('button', { name: 'Back' }).click();
    await page.getByText('Posts and replies').waitFor();
    assert.equal(new URL(page.url()).pathname, `/@${bob.username}`);
    await page.getByRole('button', { name: 'Back' }).click();
    await page.getByRole('link', { name: 'Make an account' }).waitFor();
    assert.equal(new URL(page.url()).pathname, '/');
  });

  it('goes by keyboard, and by keys that are silent where one writes', async (test) => {
    const page = await setting.open(test, { ...DESKTOP, reducedMotion: 'reduce' });
    await signInAt(page, setting.url, alice);
    await page.locator('.feed [data-post]').nth(2).waitFor();
    await page.keyboard.press('j');
    await page.keyboard.press('j');
    assert.equal(await focusedPlace(page), 1);
    await page.keyboard.press('k');
    assert.equal(await focusedPlace(page), 0);
    await page.keyboard.press('l');
    await page
      .locator('.feed [data-post]')
      .first()
      .getByRole('button', { name: /^Like, 1 like/ })
      .waitFor();
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keys' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.keyboard.press('/');
    const search = page.getByRole('main').getByRole('searchbox');
    await search.waitFor();
    await page.keyboard.type('n?j/');
    assert.equal(await search.inputValue(), 'n?j/');
    await page.keyboard.press('Tab');
    await page.keyboard.press('n');
    await page.getByRole('dialog', { name: 'New post' }).waitFor();
    const first = page.locator('a[href], button, input').first();
    assert.equal(await first.textContent(), 'Skip to the page');
    assert.equal(await page.evaluate(LONGEST_MOTION), '0.01ms');
    assertNoComplaints(page);
  });

  it(`is there within ${USABLE_MS_MAX} ms on a phone with a slow line`, async (test) => {
    const first = await setting.open(test, PHONE);
    await signInAt(first, setting.url, alice);
    const storageState = await first.context().storageState();
    const times: { readonly slow: number; readonly fast: number }[] = [];
    // The best of three. A machine that is busy with something else is no phone: then what the line costs is what counts.
    while (times.length < 3 && !times.some(isUsable)) {
      const fast = await loadTime(test, storageState);
      times.push({ fast, slow: await loadTime(test, storageState, SLOW_LINE) });
    }
    test.diagnostic(
      `there after ${times.map(({ slow, fast }) => `${slow} ms (${fast} at once)`).join(', ')}`,
    );
    assert(times.some(isUsable));
  });

  type Session = Awaited<ReturnType<ReturnType<Page['context']>['storageState']>>;

  /** Of home, in milliseconds, by who is signed in and has nothing of the app yet. */
  async function loadTime(
    test: TestContext,
    storageState: Session,
    line?: typeof SLOW_LINE,
  ): Promise<number> {
    const page = await setting.open(test, { ...PHONE, storageState });
    if (line !== undefined) {
      const session = await page.context().newCDPSession(page);
      await session.send('Network.enable');
      await session.send('Network.emulateNetworkConditions', line);
    }
    const begun = performance.now();
    await page.goto(setting.url, { waitUntil: 'commit' });
    const like = page.locator('.feed [data-post]').first().getByRole('button', { name: /^Like/ });
    await like.click({ trial: true });
    const time = Math.round(performance.now() - begun);
    await page.context().close();
    return time;
  }
});

function isUsable({ slow, fast }: { readonly slow: number; readonly fast: number }): boolean {
  return slow <= USABLE_MS_MAX || slow - fast <= LINE_MS_MAX;
}

/** In the page: the longest time that anything there takes to move. */
const LONGEST_MOTION = `(() => {
  const longest = [...document.querySelectorAll('*')]
    .flatMap((element) => {
      const { transitionDuration, animationDuration } = getComputedStyle(element);
      return [...transitionDuration.split(','), ...animationDuration.split(',')];
    })
    .map((text) => Number.parseFloat(text) * (text.trim().endsWith('ms') ? 1 : 1000));
  return Math.max(...longest) + 'ms';
})()`;

async function post(person: Person, count: number, word: string): Promise<void> {
  for (let number = 1; number <= count; number += 1)
    await person.post('/posts', { body: { text: `${word} ${number}` } });
}

/** The post is where it was, to the pixel, when the other has come. */
async function staysPut(page: Page, kept: Locator, act: () => Promise<void>, comes: Locator): Promise<void> {
  await page.evaluate(FRAMES);
  const before = await kept.boundingBox();
  await act();
  await comes.first().waitFor({ state: 'attached' });
  // What comes into view gets its real height only then.
  await page.evaluate(FRAMES);
  const after = await kept.boundingBox();
  assert.equal(Math.round(after?.y ?? -1), Math.round(before?.y ?? -2));
}

const FRAMES = `new Promise((resolve) => {
  let left = 10;
  const wait = () => (left-- === 0 ? resolve() : requestAnimationFrame(wait));
  wait();
})`;

async function isOnScreen(page: Page, element: Locator): Promise<boolean> {
  await page.evaluate(FRAMES);
  const box = await element.boundingBox();
  return box !== null && box.y > 80 && box.y < 700;
}

async function focusedPlace(page: Page): Promise<number> {
  return Number(
    await page.evaluate(
      `[...document.querySelectorAll('.feed [data-post]')].indexOf(document.activeElement.closest('[data-post]'))`,
    ),
  );
}

function articles(page: Page, text: string): Locator {
  return page.locator('.feed [data-post]', { has: page.getByText(text, { exact: true }) });
}
