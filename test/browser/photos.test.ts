/** Photos in the web app: the wall of them, the viewer, and what is said of one. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { assertNoComplaints, DESKTOP, PHONE, signUpAt } from '../support/browser.ts';
import { describeInBrowser } from '../support/browser-setting.ts';
import { until } from '../support/until.ts';

describeInBrowser('photos', (setting) => {
  it('are leafed through, enlarged and commented on, and Back leads to the wall', async (test) => {
    const alice = await setting.open(test, DESKTOP);
    await signUpAt(alice, setting.url, 'alice');
    await alice.getByRole('link', { name: 'Photos' }).click();
    await alice.getByText('No photos yet').waitFor();
    for (const [text, colour] of [
      ['One', '#a33'],
      ['Two', '#3a3'],
    ] as const)
      await postPhoto(alice, setting.url, text, colour);

    await alice.goto(`${setting.url}/photos`);
    const tiles = alice.locator('.photo-tile img');
    await until(async () => (await tiles.count()) === 2);
    await tiles.first().click();
    const viewer = alice.getByRole('dialog');
    await viewer.getByText('Two').waitFor();
    assert.match(alice.url(), /\/@alice\/\d+\/photo\/1$/);
    await alice.keyboard.press('ArrowRight');
    await viewer.getByText('One').waitFor();
    await alice.keyboard.press('ArrowRight');
    await viewer.getByText('2 of 2').waitFor();

    await alice.keyboard.press('z');
    await viewer.getByRole('button', { name: 'Show the whole picture' }).click();
    await viewer.getByRole('button', { name: 'Enlarge' }).waitFor();
    await alice.keyboard.press('l');
    await viewer.getByRole('button', { name: 'Like, 1 like' }).waitFor();
    await viewer.getByRole('button', { name: /^Reply/ }).click();
    await viewer.getByLabel('Your comment').fill('What a red');
    await viewer.getByRole('button', { name: 'Comment' }).click();
    await viewer.getByRole('article', { name: 'Comment of alice' }).getByText('What a red').waitFor();
    await viewer.getByRole('button', { name: 'Reply, 1 reply' }).waitFor();

    // Its address is that of the picture, for whom it is passed on to; the wall is below it.
    const address = alice.url();
    await alice.goBack();
    await viewer.waitFor({ state: 'detached' });
    assert.equal(new URL(alice.url()).pathname, '/photos');
    assert.equal(await tiles.count(), 2);
    await alice.goto(address);
    await alice.getByRole('dialog').getByText('One').waitFor();
    await alice.keyboard.press('Escape');
    await alice.getByText('What a red').waitFor();
    assertNoComplaints(alice);
  });

  it('have their place before they come, so that nothing moves', async (test) => {
    const bob = await setting.open(test, PHONE);
    await signUpAt(bob, setting.url, 'bob');
    await postPhoto(bob, setting.url, 'Three', '#33a');
    await bob.route(/\/media\//, () => new Promise(() => undefined));
    await bob.goto(`${setting.url}/@bob/with/photos`);
    const tile = bob.locator('.photo-tile');
    await tile.waitFor();
    const before = await tile.boundingBox();
    await bob.unroute(/\/media\//);
    await bob.reload();
    await bob.locator('.photo-tile img').waitFor();
    await until(async () => (await bob.locator('.photo-tile canvas').count()) === 0);
    assert.deepEqual(await tile.boundingBox(), before);
    assertNoComplaints(bob);
  });

  it('show who somebody is: chosen in the first steps, seen by others, and taken away again', async (test) => {
    const [carol, dora] = [await setting.open(test, DESKTOP), await setting.open(test, PHONE)];
    await signUpAt(carol, setting.url, 'carol');
    await carol.locator('input[type=file]').setInputFiles(await pictureFile('#737'));
    await carol.getByLabel('Name', { exact: true }).fill('Carol Ann');
    await carol.getByRole('button', { name: 'Save' }).click();
    await carol.getByText('Done.').waitFor();
    const face = dora.locator('.profile img.avatar');
    await until(async () => {
      await dora.goto(`${setting.url}/@carol`);
      await dora.getByText('Carol Ann').first().waitFor();
      return (await face.count()) === 1;
    });

    await carol.goto(`${setting.url}/settings/profile`);
    await carol.getByRole('button', { name: 'Remove' }).click();
    await carol.getByRole('button', { name: 'Save' }).click();
    await carol.getByText('Saved.').waitFor();
    await dora.reload();
    await dora.locator('.profile svg.avatar').waitFor();
    assert.equal(await face.count(), 0);
    for (const page of [carol, dora]) assertNoComplaints(page);
  });
});

/** Three times as wide as high. */
async function pictureFile(colour: string) {
  const picture = { width: 1_200, height: 400, channels: 3, background: colour } as const;
  return {
    name: 'picture.png',
    mimeType: 'image/png',
    buffer: await sharp({ create: picture }).png().toBuffer(),
  };
}

/** It is processed when this resolves. */
async function postPhoto(page: Page, url: string, text: string, colour: string): Promise<void> {
  await page.goto(`${url}/compose`);
  const dialog = page.getByRole('dialog');
  await dialog.locator('input[type=file]').setInputFiles(await pictureFile(colour));
  await dialog.getByLabel('Description of picture 1').fill(`All of ${colour}`);
  await dialog.getByRole('textbox', { name: 'What is happening?' }).fill(text);
  await dialog.getByRole('button', { name: 'Post', exact: true }).click();
  await dialog.waitFor({ state: 'detached' });
  await page.goto(url);
  await page.getByRole('article').getByText(text).waitFor();
  await page.locator('article', { hasText: text }).locator('.photo img').first().waitFor();
}
