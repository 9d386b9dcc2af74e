/** What axe finds on every page, in both themes, on a desktop and on the narrowest phone, which nothing overflows. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { violationsOf } from '../support/accessibility.ts';
import { DESKTOP, PHONE, signInAt } from '../support/browser.ts';
import { describeDemoInBrowser } from '../support/browser-setting.ts';
import type { DemoAccount } from '../support/demo-server.ts';
import { createJourneyClient } from '../support/journey-client.ts';

/** The narrowest screen that pages are made for. */
const NARROW = { width: 320, height: 640 };
const LONG_WORD = 'Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen';

const SIGNED_OUT = ['/', '/sign-in', '/sign-up', '/forgotten', '/@person_21', '/nothing-here'];
const OF_THE_STAFF = [
  '/operations',
  '/moderation',
  '/moderation/people',
  '/moderation/targets',
  '/moderation/audit',
];

function pagesOfReader({ postId, linkId }: { readonly postId: string; readonly linkId: string }): string[] {
  return [
    '/',
    '/@demo',
    `/@demo/${postId}`,
    '/@demo/with/following',
    '/@demo/with/photos',
    '/@person_21',
    '/search',
    '/search?q=bread',
    '/search?q=person&type=users',
    '/tags/world',
    '/notifications',
    '/photos',
    '/ride',
    '/rides',
    '/rides/1540000000000000',
    '/payments',
    '/earnings',
    '/drive',
    '/bookmarks',
    '/requests',
    '/compose',
    '/drafts',
    '/links',
    '/links/import',
    '/links/domains',
    `/links/${linkId}`,
    '/settings',
    '/settings/profile',
    '/settings/appearance',
    '/settings/account',
    '/settings/sessions',
    '/settings/notifications',
    '/settings/mutes',
    '/settings/blocks',
    '/settings/keys',
    '/settings/webhooks',
    '/settings/delete',
  ];
}

describeDemoInBrowser('the pages of the web app', (setting) => {
  it('have no violation that axe can find, in either theme, and fit the narrowest screen', async (test) => {
    const { url, reader, administrator } = setting.server;
    // The script of axe is not one of the page's, whose policy therefore must not hold.
    const light = { ...DESKTOP, colorScheme: 'light', bypassCSP: true } as const;
    const dark = { ...PHONE, viewport: NARROW, colorScheme: 'dark', bypassCSP: true } as const;
    const pages = pagesOfReader(await prepare(url, reader));
    const found: string[] = [];
    for (const look of [light, dark]) {
      const page = await setting.open(test, look);
      await signInAt(page, url, reader);
      if (look === light) await writePhotoPost(page, 'A red square');
      found.push(...(await violationsOf(page, url, pages)));
      const staff = await setting.open(test, look);
      await signInAt(staff, url, administrator);
      found.push(...(await violationsOf(staff, url, OF_THE_STAFF)));
    }
    const stranger = await setting.open(test, dark);
    found.push(...(await violationsOf(stranger, url, SIGNED_OUT)));
    assert.deepEqual(found, []);
  });
});

/** A name and a post that fit nowhere, from both sides, and a link. */
async function prepare(url: string, reader: DemoAccount): Promise<{ postId: string; linkId: string }> {
  const people = createJourneyClient(() => url);
  const { body: session } = await people.signIn(reader.username, reader.password);
  const headers = { authorization: `Bearer ${session.access_token}` };
  const name = `משה ${LONG_WORD.slice(0, 40)}`;
  await people.call('PATCH', '/users/me', { headers, body: { display_name: name } });
  const text = `${LONG_WORD} مرحبا 👩‍👩‍👧\nhttps://example.org/${LONG_WORD} #${LONG_WORD.slice(0, 40)}`;
  const { body: post } = await people.call('POST', '/posts', { headers, body: { text } });
  const { body: link } = await people.call('POST', '/links', {
    headers,
    body: { url: `https://example.org/${LONG_WORD}`, title: LONG_WORD },
  });
  return { postId: post.post_id, linkId: link.link_id };
}

async function writePhotoPost(page: Page, description: string): Promise<void> {
  const picture = sharp({ create: { width: 400, height: 400, channels: 3, background: 'red' } });
  await page.getByText('What is happening?').first().click();
  const dialog = page.getByRole('dialog');
  await dialog
    .locator('input[type=file]')
    .setInputFiles({ name: 'red.png', mimeType: 'image/png', buffer: await picture.png().toBuffer() });
  await dialog.getByLabel('Description of picture 1').fill(description);
  await dialog.getByRole('button', { name: 'Post', exact: true }).click();
  await dialog.waitFor({ state: 'detached' });
  await page.getByRole('link', { name: description }).waitFor();
}
