/** Two people in two browsers, and a server that is killed under them. */
import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import type { Browser } from 'playwright-core';
import type { ServerProcess } from '../../src/bench/server-process.ts';
import {
  assertNoComplaints,
  chromiumBackend,
  DESKTOP,
  openBrowser,
  openPage,
  PHONE,
  signUpAt,
  writePost,
} from '../support/browser.ts';
import { describeOnBackend } from '../support/required-backends.ts';
import { createServerHome, type ServerHome } from '../support/server-process.ts';

describeOnBackend('two people', chromiumBackend(), (executablePath) => {
  let home: ServerHome;
  let server: ServerProcess;
  let browser: Browser;
  before(async () => {
    home = await createServerHome();
    server = await home.start({ GROUNDSWELL_RATE_LIMITS: 'off' });
    browser = await openBrowser(executablePath);
  });
  after(async () => {
    await browser?.close();
    await home?.close();
  });

  it('follow each other, write, like and see it at once, also after the server was killed', async (test) => {
    const port = Number(new URL(server.url).port);
    const alice = await openPage(test, browser, DESKTOP);
    const bob = await openPage(test, browser, PHONE);
    await signUpAt(alice, server.url, 'alice');
    await signUpAt(bob, server.url, 'bob');

    await bob.goto(`${server.url}/@alice`);
    await bob.getByRole('button', { name: 'Follow @alice' }).click();
    await bob.getByRole('button', { name: 'Unfollow @alice' }).waitFor();
    await bob.goto(server.url);
    await bob.getByText('Follow three people').waitFor();

    await writePost(alice, 'Good morning, #world');
    await bob.getByRole('button', { name: '1 new post' }).click();
    const post = bob.getByRole('article').filter({ hasText: 'Good morning' });
    await post.getByRole('button', { name: /^Like/ }).click();
    await alice.getByRole('article').getByRole('button', { name: 'Like, 1 like' }).waitFor();
    await alice.getByRole('link', { name: /^Notifications.*new/ }).waitFor();

    await server.kill();
    await alice.getByText('What is happening?').first().click();
    const dialog = alice.getByRole('dialog');
    await dialog.getByRole('textbox', { name: 'What is happening?' }).fill('Written while it was away');
    await dialog.getByRole('button', { name: 'Post', exact: true }).click();
    await alice.getByText('The server cannot be reached').first().waitFor();
    server = await home.start({ GROUNDSWELL_RATE_LIMITS: 'off' }, port);
    const again = dialog.getByRole('button', { name: 'Send again' });
    await again.or(alice.getByText('Posted.')).first().waitFor();
    if (await again.isVisible()) await again.click();
    await dialog.waitFor({ state: 'detached' });
    await bob.getByRole('button', { name: '1 new post' }).click();
    assert.equal(await bob.getByRole('article').filter({ hasText: 'Written while it was away' }).count(), 1);
    await alice.reload();
    await alice.getByRole('article').filter({ hasText: 'Written while it was away' }).waitFor();
    assert.equal(await alice.getByRole('article').count(), 2);
    assertNoComplaints(alice);
    assertNoComplaints(bob);
  });

  it('come back to where they were in a long list', async (test) => {
    const carol = await openPage(test, browser, DESKTOP);
    await signUpAt(carol, server.url, 'carol');
    for (let number = 1; number <= 12; number += 1)
      await writePost(carol, `Number ${number}\n\n\n\nand below`);
    const wanted = carol.locator('[data-post]', { hasText: /Number 4\s/ });
    await wanted.scrollIntoViewIfNeeded();
    const before = (await wanted.boundingBox())?.y;
    await wanted.getByRole('link', { name: /now|m$/ }).click();
    await carol.getByRole('heading', { name: /^Post of/ }).waitFor();
    await carol.goBack();
    await wanted.waitFor();
    assert.equal(Math.round((await wanted.boundingBox())?.y ?? -1), Math.round(before ?? -2));
  });
});
