/** Short links in the web app: several of a list, selected and changed together. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { violationsHere } from '../support/accessibility.ts';
import { assertNoComplaints, DESKTOP, type PersonsPage, PHONE, signUpAt } from '../support/browser.ts';
import { describeInBrowser } from '../support/browser-setting.ts';
import { until } from '../support/until.ts';

describeInBrowser('links that are selected', (setting) => {
  const TITLES = ['One', 'Two', 'Three', 'Four', 'Five'];

  async function openLinks(page: PersonsPage, username: string): Promise<void> {
    await signUpAt(page, setting.url, username);
    await page.goto(`${setting.url}/links`);
    for (const title of TITLES) {
      await page.getByLabel('New short link').fill(`https://example.org/${title}`);
      await page.keyboard.press('Enter');
      await page.getByText(`example.org/${title}`).first().waitFor();
    }
  }
  /** Of the n-th link of the list. */
  const box = (page: PersonsPage, index: number) =>
    page.getByRole('checkbox', { name: /^Select / }).nth(index);
  const selected = (page: PersonsPage) => page.getByRole('region', { name: 'Selected links' });
  const rows = (page: PersonsPage) => page.getByRole('article');

  it('are chosen with the mouse, a range by Shift, turned off and on, tagged and deleted', async (test) => {
    const alice = await setting.open(test, { ...DESKTOP, colorScheme: 'light', bypassCSP: true });
    await openLinks(alice, 'alice');
    assert.equal(await box(alice, 0).count(), 0);
    await alice.getByRole('button', { name: 'Select several' }).click();
    const bar = selected(alice);
    await bar.getByText('0 selected').waitFor();
    assert.ok(await bar.getByRole('button', { name: 'Delete' }).isDisabled());

    await box(alice, 1).click();
    await box(alice, 3).click({ modifiers: ['Shift'] });
    await bar.getByText('3 selected').waitFor();
    await bar.getByRole('button', { name: 'Turn off' }).click();
    await alice.getByText('3 links turned off.').waitFor();
    await until(async () => (await alice.locator('.link-badge-disabled').count()) === 3);
    assert.deepEqual(await violationsHere(alice), []);
    await alice.getByRole('button', { name: 'Undo' }).click();
    await until(async () => (await alice.locator('.link-badge-disabled').count()) === 0);

    await bar.getByRole('button', { name: 'Add tag' }).click();
    const tagging = alice.getByRole('dialog', { name: 'Add a tag to 3 links' });
    await tagging.getByLabel('Tag').fill('Spring');
    await tagging.getByRole('button', { name: 'Add tag' }).click();
    await until(async () => (await alice.locator('.link-tag').count()) === 3);

    await box(alice, 2).click();
    await bar.getByText('2 selected').waitFor();
    await bar.getByRole('button', { name: 'Delete' }).click();
    const dialog = alice.getByRole('dialog', { name: 'Delete 2 links?' });
    await dialog.getByRole('button', { name: 'Delete' }).click();
    await alice.getByText('2 links are deleted.').waitFor();
    await until(async () => (await rows(alice).count()) === 3);
    await bar.waitFor({ state: 'detached' });
    // As the server has it.
    await alice.reload();
    await until(async () => (await rows(alice).count()) === 3);
    assert.equal(await alice.locator('.link-tag').count(), 1);
    assertNoComplaints(alice);
  });

  it('are chosen with the keyboard alone, on a phone as well', async (test) => {
    const narrow = { ...PHONE, viewport: { width: 320, height: 640 }, colorScheme: 'dark' } as const;
    const bob = await setting.open(test, { ...narrow, bypassCSP: true });
    await openLinks(bob, 'bob');
    await bob.getByRole('button', { name: 'Select several' }).focus();
    await bob.keyboard.press('Enter');
    await box(bob, 0).focus();
    await bob.keyboard.press('Space');
    await box(bob, 2).focus();
    await bob.keyboard.press('Shift+Space');
    const bar = selected(bob);
    await bar.getByText('3 selected').waitFor();
    await bar.getByRole('button', { name: 'Select all shown' }).focus();
    await bob.keyboard.press('Enter');
    await bar.getByText('5 selected').waitFor();
    assert.deepEqual(await violationsHere(bob), []);
    await bar.getByRole('button', { name: 'Done' }).focus();
    await bob.keyboard.press('Enter');
    await bar.waitFor({ state: 'detached' });
    const focused = await bob.evaluate('document.activeElement.textContent');
    assert.equal(focused, 'Select several');
    assertNoComplaints(bob);
  });

  it('are not selected any more where the list is narrowed', async (test) => {
    const carol = await setting.open(test, DESKTOP);
    await openLinks(carol, 'carol');
    await carol.getByRole('button', { name: 'Select several' }).click();
    await box(carol, 0).click();
    await carol.getByLabel('Search your links').fill('Two');
    await until(async () => (await rows(carol).count()) === 1);
    await selected(carol).getByText('0 selected').waitFor();
    assertNoComplaints(carol);
  });

  it('need not be: all clicks are one table', async (test) => {
    const dora = await setting.open(test, DESKTOP);
    await openLinks(dora, 'dora');
    const downloading = dora.waitForEvent('download');
    await dora.getByRole('link', { name: 'Download clicks' }).click();
    const download = await downloading;
    assert.equal(download.suggestedFilename(), 'clicks.csv');
    const chunks: Buffer[] = [];
    for await (const chunk of await download.createReadStream()) chunks.push(chunk);
    assert.match(
      Buffer.concat(chunks).toString(),
      /^link_id,code,short_url,day,humans,unique,bots,previews\r\n/,
    );
  });
});
