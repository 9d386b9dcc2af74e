/** The staff looks at a city in which somebody drives and somebody waits; others do not. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { atEnd } from '../support/at-end.ts';
import { assertNoComplaints, DESKTOP, PHONE, signInAt } from '../support/browser.ts';
import { describeDemoInBrowser } from '../support/browser-setting.ts';
import { openRideTown } from '../support/ride-town.ts';

/** Where nobody drives but those of the test: the demo's own town is west of it. */
const CITIES = { GROUNDSWELL_CITIES: 'new_york=40.3/-73.97/41.2/-73.3' };
const HERE = { lat: 40.7527, lng: -73.95 };
/** Too far for a driver here to be asked. */
const AWAY = { lat: 41, lng: -73.6 };

describeDemoInBrowser(
  'operations',
  (setting) => {
    it('show the staff who drives and who waits, as it changes, and nobody else', async (test) => {
      const { url, administrator, reader } = setting.server;
      const town = openRideTown(url);
      atEnd(test, () => town.close());
      await town.addDriver('OPS 1', HERE);
      await town.addRequest(AWAY);

      const staff = await setting.open(test, DESKTOP);
      await signInAt(staff, url, administrator);
      await staff.getByRole('link', { name: 'Operations' }).click();
      const driver = staff.getByRole('row', { name: /^OPS 1 Free/ });
      await driver.waitFor();
      await driver.getByRole('button', { name: 'OPS 1', pressed: false }).click();
      await driver.getByRole('button', { name: 'OPS 1', pressed: true }).waitFor();
      await staff.getByText('OPS 1: Free').waitFor();
      await staff.getByRole('button', { name: 'Show all of it' }).click();
      await staff.getByRole('row', { name: /Economy 0$/ }).waitFor();
      await staff.getByText(/0 of 1 requests/).waitFor();

      await staff.getByLabel('Type of ride').selectOption('XL');
      await staff.getByText('Nobody drives here.').waitFor();
      await staff.getByText('Nobody waits here.').waitFor();
      await staff.getByLabel('Type of ride').selectOption('All types');
      await town.addDriver('OPS 2', HERE);
      await staff.getByRole('row', { name: /^OPS 2 Free/ }).waitFor();
      await staff.getByLabel('Number plate').fill('2');
      await driver.waitFor({ state: 'detached' });
      assertNoComplaints(staff);

      await staff.context().setOffline(true);
      await staff.getByText(/^No answer since/).waitFor();
      await staff.getByRole('row', { name: /^OPS 2 Free/ }).waitFor();

      const other = await setting.open(test, PHONE);
      await signInAt(other, url, reader);
      assert.equal(await other.getByRole('link', { name: 'Operations' }).count(), 0);
      await other.goto(`${url}/operations`);
      await other.getByText('Only for moderators').waitFor();
      assertNoComplaints(other);
    });
  },
  CITIES,
);
