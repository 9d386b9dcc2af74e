/** What may go wrong while a post is written: files that are no pictures, a draft deleted by mistake, an answer to what is gone. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { PASSWORD, PHONE, signUpAt, writePost } from '../support/browser.ts';
import { describeInBrowser } from '../support/browser-setting.ts';

describeInBrowser('writing a post', (setting) => {
  it('says of each file why it was not taken, and offers no second try of what would fail again', async (test) => {
    const page = await setting.open(test, PHONE);
    await signUpAt(page, setting.url, 'alice');
    await page.goto(`${setting.url}/compose`);
    const dialog = page.getByRole('dialog');
    await dialog.locator('input[type=file]').setInputFiles([
      { name: 'none.jpg', mimeType: 'image/jpeg', buffer: Buffer.alloc(0) },
      { name: 'words.jpg', mimeType: 'image/jpeg', buffer: Buffer.from('these are no pixels, but words') },
    ]);
    await dialog.getByText('none.jpg is empty.').waitFor();
    await dialog.getByText(/^words\.jpg must be a JPEG/).waitFor();
    assert.equal(await dialog.getByRole('button', { name: 'Try again' }).count(), 0);
    await dialog.locator('.attachment-preview img').waitFor({ state: 'hidden' });
  });

  it('brings a draft back that was deleted by mistake', async (test) => {
    const page = await setting.open(test, PHONE);
    await signUpAt(page, setting.url, 'bob');
    await page.goto(`${setting.url}/compose`);
    await page.getByRole('dialog').getByRole('textbox').first().fill('Half a thought');
    await page.getByRole('button', { name: 'Close' }).click();
    await page.getByRole('button', { name: 'Delete' }).click();
    await page.getByText('Half a thought').waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Undo' }).click();
    await page.getByText('Half a thought').waitFor();
    await page.reload();
    await page.getByRole('button', { name: 'Close' }).click();
    await page.getByText('Half a thought').waitFor();
  });

  it('keeps what is being written when the session ends elsewhere, and says that it has ended', async (test) => {
    const page = await setting.open(test, PHONE);
    await signUpAt(page, setting.url, 'dave');
    await page.getByText('What is happening?').first().click();
    await page.getByRole('dialog').getByRole('textbox').first().fill('Not yet kept');
    await endOtherSessions(setting.url, 'dave');
    await page.getByText('You were signed out.').waitFor();
    assert.equal(await page.getByRole('dialog').count(), 0);

    await page.getByRole('link', { name: 'Sign in again' }).click();
    await page.getByLabel('Username').fill('dave');
    await page.getByLabel('Password').fill(PASSWORD);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { name: 'Home' }).waitFor();
    await page.goto(`${setting.url}/compose`);
    await page.getByRole('button', { name: 'Close' }).click();
    await page.getByText('Not yet kept').waitFor();
  });

  it('folds what somebody made tall, and lets no name push the time away', async (test) => {
    const page = await setting.open(test, PHONE);
    await signUpAt(page, setting.url, 'e'.repeat(30));
    await writePost(page, lines(15));
    await writePost(page, lines(16));
    const [tall, short] = [page.getByRole('article').first(), page.getByRole('article').last()];
    await short.getByText('line 15').waitFor();
    assert.equal(await short.getByRole('button', { name: /^Show all/ }).count(), 0);
    assert.equal(await tall.getByText('line 11').count(), 0);
    await tall.getByRole('button', { name: 'Show all 16 lines' }).click();
    await tall.getByText('line 16').waitFor();
    assert.equal(await tall.getByRole('button', { name: /^Show all/ }).count(), 0);

    const head = await short.locator('header').boundingBox();
    const time = await short.locator('header time').boundingBox();
    assert.ok(head !== null && time !== null);
    assert.ok(head.height < 2 * time.height && time.x + time.width <= head.x + head.width);
  });

  it('asks for no answer to what is deleted', async (test) => {
    const page = await setting.open(test, PHONE);
    await signUpAt(page, setting.url, 'carol');
    await writePost(page, 'Soon gone');
    await page.getByRole('article').filter({ hasText: 'Soon gone' }).locator('time').first().click();
    await page.getByText('Write your reply').waitFor();
    await page.getByRole('button', { name: /^More/ }).first().click();
    await page.getByText('Delete', { exact: true }).click();
    await page
      .getByRole('dialog')
      .getByRole('button', { name: /^Delete/ })
      .click();
    await page.getByText('This post was deleted.').waitFor();
    assert.equal(await page.getByText('Write your reply').count(), 0);
  });
});

function lines(count: number): string {
  return Array.from({ length: count }, (_, index) => `line ${index + 1}`).join('\n');
}

/** As a person does who has lost their phone. */
async function endOtherSessions(url: string, username: string): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify({ username, password: PASSWORD });
  const session = await fetch(`${url}/api/v1/sessions`, { method: 'POST', headers, body });
  const { access_token: token } = (await session.json()) as { access_token: string };
  const ended = await fetch(`${url}/api/v1/sessions`, {
    method: 'DELETE',
    headers: { authorization: `Bearer ${token}` },
  });
  assert.ok(ended.ok);
}
