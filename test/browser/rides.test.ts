/** A rider and a driver in two browsers, from the first press to the receipt. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Geolocation, Page } from 'playwright-core';
import { violationsOf } from '../support/accessibility.ts';
import { assertNoComplaints, becomeDriver, DESKTOP, PHONE, signUpAt } from '../support/browser.ts';
import { describeInBrowser } from '../support/browser-setting.ts';
import { pixelsOf } from '../support/map-pixels.ts';
import { layRoads } from '../support/town-roads.ts';
import { until } from '../support/until.ts';

/** In New York, some 700 m apart. */
const PICKUP = { latitude: 40.7484, longitude: -73.9857 };
const DROPOFF = { latitude: 40.754, longitude: -73.9817 };
/** 300 m before the pickup. */
const START = { latitude: 40.7457, longitude: -73.9857 };
/** Some hundred meters of it, four pixels wide, whose edges are blended. */
const WAY_PX_MIN = 100;
/** More than a grid has, which is drawn where no streets are. */
const STREETS_PX_MIN = 3_000;

describeInBrowser(
  'a ride',
  (setting) => {
    it('is asked for, driven, paid and rated by two people in two browsers', async (test) => {
      // The script of axe is not one of the page's.
      const rider = await setting.open(test, { ...PHONE, bypassCSP: true });
      const driver = await setting.open(test, {
        ...{ ...DESKTOP, bypassCSP: true, colorScheme: 'dark' },
        geolocation: START,
        permissions: ['geolocation'],
      });
      await signUpAt(rider, setting.url, 'rita');
      await signUpAt(driver, setting.url, 'dan');
      await goOnDuty(driver, setting.url);
      const keysOfQuotes = keysOf(rider, '/rides/quotes');
      await askForRide(rider, setting.url);

      await driver.getByRole('button', { name: 'Accept' }).click();
      await rider.getByText('Your driver is on the way').first().waitFor();
      await rider.getByText('NYC 123').waitFor();
      assert.deepEqual(new Set(keysOfQuotes), new Set([undefined]), 'prices are asked for without a key');
      for (const page of [rider, driver]) await seesWay(page);
      const pin = (await rider.locator('.ride-pin strong').textContent()) ?? '';
      assert.match(pin, /^\d{4}$/);
      await driver.context().setGeolocation(PICKUP);
      await rider.getByText('Your driver is waiting').first().waitFor();

      await driver.getByLabel('PIN').fill(pin);
      await driver.getByRole('button', { name: 'Start the ride' }).click();
      await rider.getByText('On the way', { exact: true }).first().waitFor();
      for (const page of [rider, driver]) await seesWay(page);
      await driver.getByRole('button', { name: 'End the ride' }).click();
      await driver.getByRole('dialog').getByRole('button', { name: 'End the ride' }).click();

      await rider.getByText('You are there').first().waitFor();
      await rider.getByRole('row', { name: /^Together/ }).waitFor();
      await rider.getByRole('button', { name: '5 of 5' }).click();
      await rider.getByText('You gave 5 of 5 stars.').first().waitFor();
      // Also after a reload.
      await rider.reload();
      await rider.getByText('You gave 5 of 5 stars.').first().waitFor();
      assert.equal(await rider.getByRole('button', { name: '5 of 5' }).count(), 0);
      await driver.getByText('Waiting for rides').waitFor();
      await payWhatIsOwed(rider, setting.url);
      await readReceipt(rider, setting.url);
      await readEarnings(driver, setting.url);
      assertNoComplaints(rider);
      assertNoComplaints(driver);
    });
  },
  layRoads,
);

/** Of the calls of a page to the address, as they are made. */
function keysOf(page: Page, path: string): readonly (string | undefined)[] {
  const keys: (string | undefined)[] = [];
  page.on('request', (request) => {
    if (request.url().endsWith(path)) keys.push(request.headers()['idempotency-key']);
  });
  return keys;
}

/** Only the way by roads that is being driven has this colour, and streets and what lies on them theirs. */
async function seesWay(page: Page): Promise<void> {
  await until(async () => (await pixelsOf(page, 'accent')) > WAY_PX_MIN);
  await until(
    async () => (await pixelsOf(page, 'surface')) + (await pixelsOf(page, 'line')) > STREETS_PX_MIN,
  );
}

async function goOnDuty(driver: Page, url: string): Promise<void> {
  await driver.goto(`${url}/drive`);
  await becomeDriver(driver);
  await driver.getByText('Waiting for rides').waitFor();
}

async function askForRide(rider: Page, url: string): Promise<void> {
  await rider.goto(`${url}/ride`);
  await chooseOnMap(rider, PICKUP, 'Pick me up here');
  await chooseOnMap(rider, DROPOFF, 'Take me there');
  await rider.locator('h2:focus', { hasText: 'Choose your ride' }).waitFor();
  await rider.getByRole('button', { name: 'Add a card' }).click();
  await rider.getByLabel('Card').selectOption('sandbox_declined');
  await rider.getByRole('button', { name: 'Pay with this card' }).click();
  await rider.getByRole('button', { name: /^Ride for/ }).click();
  await rider.getByText('Looking for a driver').first().waitFor();
  await rider.locator('section:focus', { hasText: 'Looking for a driver' }).waitFor();
}

/** The card was declined: they are told wherever they are, try it once more, and pay with another one. */
async function payWhatIsOwed(rider: Page, url: string): Promise<void> {
  const keys = keysOf(rider, '/payments/debts/pay');
  await rider.getByRole('link', { name: 'Pay what you owe' }).click();
  await rider.getByRole('heading', { name: /^You owe/ }).waitFor();
  const again = rider.waitForResponse(/\/payments\/debts\/pay$/);
  await rider.getByRole('button', { name: 'Pay now' }).dblclick();
  await again;
  // Until that is declined, another card is for nothing.
  await until(async () => {
    const answer = await rider.request.get(`${url}/api/v1/payments/debts`);
    return (await answer.json()).charges[0].state === 'declined';
  });
  await rider.getByRole('heading', { name: /^You owe/ }).waitFor();
  assert.equal(new Set(keys).size, 1, 'two taps are one try');
  await rider.getByRole('button', { name: 'Change' }).click();
  await rider.getByRole('button', { name: 'Pay with this card' }).click();
  await rider.getByText('Paid with Sandbox card (ok).').waitFor();
  await rider.getByRole('heading', { name: /You owe|is being charged/ }).waitFor({ state: 'detached' });
}

async function readReceipt(rider: Page, url: string): Promise<void> {
  await rider.getByRole('link', { name: 'Ride', exact: true }).last().click();
  await rider.getByRole('heading', { name: 'Receipt' }).waitFor();
  await rider.getByText('Paid with Sandbox card (ok).').waitFor();
  await rider.getByRole('row', { name: /^Together/ }).waitFor();
  const receipt = new URL(rider.url()).pathname;
  assert.deepEqual(await violationsOf(rider, url, ['/payments', '/rides', receipt]), []);
  await rider.goto(`${url}/payments`);
  await rider.getByRole('button', { name: 'Remove' }).click();
  await rider.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
  await rider.getByText('You have named nothing to pay with yet.').waitFor();
}

async function readEarnings(driver: Page, url: string): Promise<void> {
  await driver.goto(`${url}/rides?as=driver`);
  await driver
    .getByText(/^Earned/)
    .first()
    .waitFor();
  await driver.locator('.ride-row a').click();
  await driver.getByRole('button', { name: '4 of 5' }).click();
  await driver.getByText('You gave 4 of 5 stars.').first().waitFor();
  await driver.goBack();
  await driver.getByRole('link', { name: 'Earnings' }).click();
  await driver.getByText('In the next payout').waitFor();
  await driver.getByRole('slider', { name: /^Earned in USD by day/ }).waitFor();
  assert.equal(await driver.getByRole('row').count(), 8);
  assert.deepEqual(await violationsOf(driver, url, ['/earnings', '/rides?as=driver']), []);
}

async function chooseOnMap(rider: Page, { latitude, longitude }: Geolocation, button: string): Promise<void> {
  const field = rider.getByLabel('Coordinates');
  if (!(await field.isVisible())) await rider.getByText('Type coordinates').click();
  await field.fill(`${latitude}, ${longitude}`);
  await rider.getByRole('button', { name: 'Show it' }).click();
  await rider.getByRole('button', { name: button }).click();
}
