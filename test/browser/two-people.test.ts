/** Two people in two browsers, and a server that is killed under them. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { assertNoComplaints, DESKTOP, PHONE, signUpAt, writePost } from '../support/browser.ts';
import { describeInBrowser } from '../support/browser-setting.ts';

describeInBrowser('two people', (setting) => {
  it('follow each other, write, like and see it at once, also after the server was killed', async (test) => {
    const alice = await setting.open(test, DESKTOP);
    const bob = await setting.open(test, PHONE);
    await signUpAt(alice, setting.url, 'alice');
    await signUpAt(bob, setting.url, 'bob');

    await bob.goto(`${setting.url}/@alice`);
    await bob.getByRole('button', { name: 'Follow @alice' }).click();
    await bob.getByRole('button', { name: 'Unfollow @alice' }).waitFor();
    await bob.goto(setting.url);
    await bob.getByText('Follow three people').waitFor();

    await writePost(alice, 'Good morning, #world');
    // Her own post does not hide the way to those of others.
    await alice.getByRole('link', { name: 'Find people to follow' }).waitFor();
    await bob.getByRole('button', { name: '1 new post' }).click();
    assert.equal(await bob.getByRole('link', { name: 'Find people to follow' }).count(), 0);
    const post = bob.getByRole('article').filter({ hasText: 'Good morning' });
    await post.getByRole('button', { name: /^Like/ }).click();
    await alice.getByRole('article').getByRole('button', { name: 'Like, 1 like' }).waitFor();
    await alice.getByRole('link', { name: /^Notifications.*new/ }).waitFor();

    await setting.killServer();
    await alice.getByText('What is happening?').first().click();
    const dialog = alice.getByRole('dialog');
    await dialog.getByRole('textbox', { name: 'What is happening?' }).fill('Written while it was away');
    // Its name says whether the page has noticed by now.
    await dialog.getByRole('button', { name: /^Post/ }).click();
    await alice.getByText('The server cannot be reached').first().waitFor();
    await setting.restartServer();
    await alice.getByText('Posted.').waitFor();
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
    const carol = await setting.open(test, DESKTOP);
    await signUpAt(carol, setting.url, 'carol');
    for (let number = 1; number <= 12; number += 1)
      await writePost(carol, `Number ${number}\n\n\n\nand below`);
    const wanted = carol.locator('[data-post]', { hasText: /Number 4\s/ });
    await wanted.scrollIntoViewIfNeeded();
    const before = (await wanted.boundingBox())?.y;
    await wanted.getByRole('link', { name: /now|m$/ }).click();
    await carol.getByRole('heading', { name: /^Post of/ }).waitFor();
    await carol.goBack();
    // Until that page has gone, what is wanted is also on it.
    await carol.getByRole('heading', { name: /^Post of/ }).waitFor({ state: 'detached' });
    await wanted.waitFor();
    assert.equal(Math.round((await wanted.boundingBox())?.y ?? -1), Math.round(before ?? -2));
  });
});
