import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createRidesSetting, type RidesSetting } from '../../../../test/support/rides-setting.ts';
import { systemClock } from '../../../core/clock.ts';
import { composeId, type Id } from '../../../core/ids.ts';
import { getFreeDrivers } from '../dispatch/dispatch-queries.ts';
import { OFFER_RETENTION_MS, OFFERS_COUNTED } from './offer-retention.ts';

const DAY_MS = 24 * 3_600_000;

describe('offers that are old', () => {
  let setting: RidesSetting;
  let made = 0;
  before(async () => {
    setting = await createRidesSetting();
  });
  after(() => setting.close());

  /** Of so long ago, each later than the last. */
  async function offered(driverId: Id, states: readonly string[], ageMs: number): Promise<void> {
    const fromMs = systemClock.nowMs() - ageMs;
    const ids = states.map(() => {
      made += 1;
      return composeId(fromMs + made, 1, 0);
    });
    await setting.write(
      'test_insert_offers',
      `INSERT INTO offers (offer_id, shard, driver_id, ride_id, ride_version, state, expires_at)
       SELECT given.offer_id, 0, $1, given.offer_id, 1, given.state, now() - interval '1 day'
       FROM unnest($2::bigint[], $3::text[]) AS given (offer_id, state)`,
      [driverId, ids, states],
    );
  }
  async function statesOf(driverId: Id): Promise<string[]> {
    const rows = await setting.read<{ state: string }>(
      'test_states_of_offers',
      'SELECT state FROM offers WHERE driver_id = $1 ORDER BY offer_id',
      [driverId],
    );
    return rows.map(({ state }) => state);
  }
  const acceptanceOf = async (driverId: Id) =>
    (await setting.sql.query(getFreeDrivers, [[driverId], OFFERS_COUNTED, 3]))[0]?.acceptance;
  const forget = () => setting.runJob('forget-offers');
  const some = (state: string, count: number) => Array.from({ length: count }, () => state);
  const OLD_MS = OFFER_RETENTION_MS + DAY_MS;

  it('are deleted, but for the last that were the driver’s to answer', async () => {
    const driver = await setting.addDriver();
    await offered(driver, [...some('accepted', 30), ...some('withdrawn', 50)], 2 * OLD_MS);
    await offered(driver, [...some('declined', 15), ...some('accepted', OFFERS_COUNTED - 15)], OLD_MS);
    const acceptance = await acceptanceOf(driver);
    await forget();
    assert.deepEqual(await statesOf(driver), [
      ...some('declined', 15),
      ...some('accepted', OFFERS_COUNTED - 15),
    ]);
    assert.equal(await acceptanceOf(driver), acceptance);
    await forget();
    assert.equal((await statesOf(driver)).length, OFFERS_COUNTED);
  });

  it('are those older than the retention, and never one that is open', async () => {
    const driver = await setting.addDriver();
    await offered(driver, ['open', ...some('withdrawn', 3)], OLD_MS);
    await offered(driver, some('withdrawn', 2), OFFER_RETENTION_MS - 60_000);
    await forget();
    assert.deepEqual(await statesOf(driver), ['open', 'withdrawn', 'withdrawn']);
  });

  it('are forgotten by several workers at once, some thousands of them', async () => {
    const drivers = [await setting.addDriver(), await setting.addDriver(), await setting.addDriver()];
    const other = await setting.openOther();
    for (const driver of drivers) await offered(driver, some('expired', 3_000), OLD_MS);
    const job = other.rides.jobs.find(({ name }) => name === 'forget-offers');
    await Promise.all([forget(), forget(), job?.run()]);
    await forget();
    for (const driver of drivers) assert.equal((await statesOf(driver)).length, OFFERS_COUNTED);
  });

  it('of a driver who has had fewer stay, and go when newer ones are as old', async () => {
    const driver = await setting.addDriver();
    await offered(driver, some('declined', OFFERS_COUNTED), OLD_MS);
    await forget();
    assert.equal((await statesOf(driver)).length, OFFERS_COUNTED);
    await offered(driver, some('accepted', OFFERS_COUNTED), DAY_MS);
    assert.equal(await acceptanceOf(driver), 1);
    // Last, because time goes on only.
    setting.time.aheadMs = OLD_MS;
    await forget();
    assert.deepEqual(await statesOf(driver), some('accepted', OFFERS_COUNTED));
    assert.equal(await acceptanceOf(driver), 1);
  });
});
