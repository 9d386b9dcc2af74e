/** A rider and a driver in two browsers, from the first press to the receipt. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Geolocation, Page } from 'playwright-core';
import { assertNoComplaints, DESKTOP, PHONE, signUpAt } from '../support/browser.ts';
import { describeInBrowser } from '../support/browser-setting.ts';

/** In New York, some 700 m apart. */
const PICKUP = { latitude: 40.7484, longitude: -73.9857 };
const DROPOFF = { latitude: 40.754, longitude: -73.9817 };
/** 300 m before the pickup. */
const START = { latitude: 40.7457, longitude: -73.9857 };

describeInBrowser('a ride', (setting) => {
  it('is asked for, driven, paid and rated by two people in two browsers', async (test) => {
    const rider = await setting.open(test, PHONE);
    const driver = await setting.open(test, {
      ...DESKTOP,
      geolocation: START,
      permissions: ['geolocation'],
    });
    await signUpAt(rider, setting.url, 'rita');
    await signUpAt(driver, setting.url, 'dan');
    await goOnDuty(driver, setting.url);
    await askForRide(rider, setting.url);

    await driver.getByRole('button', { name: 'Accept' }).click();
    await rider.getByText('Your driver is on the way').first().waitFor();
    await rider.getByText('NYC 123').waitFor();
    const pin = (await rider.locator('.ride-pin strong').textContent()) ?? '';
    assert.match(pin, /^\d{4}$/);
    await driver.context().setGeolocation(PICKUP);
    await rider.getByText('Your driver is waiting').first().waitFor();

    await driver.getByLabel('PIN').fill(pin);
    await driver.getByRole('button', { name: 'Start the ride' }).click();
    await rider.getByText('On the way', { exact: true }).first().waitFor();
    await driver.getByRole('button', { name: 'End the ride' }).click();
    await driver.getByRole('dialog').getByRole('button', { name: 'End the ride' }).click();

    await rider.getByText('You are there').first().waitFor();
    await rider.getByRole('row', { name: /^Together/ }).waitFor();
    await rider.getByRole('button', { name: '5 of 5' }).click();
    await rider.getByText('Thank you: 5 of 5.').waitFor();
    await driver.getByText('Waiting for rides').waitFor();
    await driver.goto(`${setting.url}/rides?as=driver`);
    await driver.getByText(/^Earned/).waitFor();
    assertNoComplaints(rider);
    assertNoComplaints(driver);
  });
});

async function goOnDuty(driver: Page, url: string): Promise<void> {
  await driver.goto(`${url}/drive`);
  for (const [label, text] of [
    ['Make', 'Toyota'],
    ['Model', 'Prius'],
    ['Colour', 'green'],
    ['Number plate', 'nyc 123'],
  ] as const)
    await driver.getByLabel(label).fill(text);
  await driver.getByRole('button', { name: 'Become a driver' }).click();
  await driver.getByRole('button', { name: 'Go online' }).click();
  await driver.getByText('Waiting for rides').waitFor();
}

async function askForRide(rider: Page, url: string): Promise<void> {
  await rider.goto(`${url}/ride`);
  await chooseOnMap(rider, PICKUP, 'Pick me up here');
  await chooseOnMap(rider, DROPOFF, 'Take me there');
  await rider.getByRole('button', { name: 'Add a card' }).click();
  await rider.getByRole('button', { name: 'Pay with this card' }).click();
  await rider.getByRole('button', { name: /^Ride for/ }).click();
  await rider.getByText('Looking for a driver').first().waitFor();
}

async function chooseOnMap(rider: Page, { latitude, longitude }: Geolocation, button: string): Promise<void> {
  const field = rider.getByLabel('Coordinates');
  if (!(await field.isVisible())) await rider.getByText('Type coordinates').click();
  await field.fill(`${latitude}, ${longitude}`);
  await rider.getByRole('button', { name: 'Show it' }).click();
  await rider.getByRole('button', { name: button }).click();
}
