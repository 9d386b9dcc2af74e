import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createRidesSetting, type RidesSetting } from '../../../../test/support/rides-setting.ts';
import { AppError } from '../../../core/errors.ts';
import { composeId, type Id } from '../../../core/ids.ts';

const BODY = {
  pickup: { lat: 40.7128, lng: -74.006 },
  dropoff: { lat: 40.7484, lng: -73.9857 },
  ride_type: 'economy',
};

describe('what rides cost', () => {
  let setting: RidesSetting;
  const owing = new Set<Id>();
  before(async () => {
    setting = await createRidesSetting({
      async checkDebt(_session, riderId) {
        if (owing.has(riderId))
          throw new AppError('conflict', 'You owe 18.40 USD.', { outcome: 'not_applied' });
      },
    });
  });
  after(() => setting.close());

  it('is paid before the next one is asked for', async () => {
    const alice = setting.addPerson();
    owing.add(alice);
    const ask = () => setting.call('POST', '/rides', alice, BODY, { 'idempotency-key': 'next' });
    const refused = await ask();
    assert.deepEqual([refused.status, refused.body.detail], [409, 'You owe 18.40 USD.']);
    owing.delete(alice);
    assert.equal((await ask()).status, 201, 'what was refused is not kept under the key');
  });

  it('is told of rides that have ended and cost something, and of no others', async () => {
    const rider = setting.addPerson();
    const driver = setting.addPerson();
    const fare = (total: number) => JSON.stringify({ currency: 'USD', total });
    const rideIds: Id[] = [];
    for (const [status, total, fee] of [
      ['completed', 1_840, null],
      ['completed', 0, null],
      ['cancelled', 900, 500],
      ['cancelled', 900, null],
      ['unmatched', 900, null],
    ] as const) {
      const rideId = composeId(Date.UTC(2025, 0, 1) + rideIds.length, 1, 0);
      rideIds.push(rideId);
      await setting.write(
        'test_insert_ended_ride',
        `INSERT INTO rides (ride_id, shard, rider_id, driver_id, status, fare, fee_total, fee_to_driver, ended_at, city,
           ride_type, pickup_lat_e7, pickup_lng_e7, dropoff_lat_e7, dropoff_lng_e7)
         VALUES ($1, 0, $2, $3, $4, $5, $6, 0, now(), 'new_york', 'economy', 0, 0, 0, 0)`,
        [rideId, rider, driver, status, fare(total), fee],
      );
    }
    const { costs } = setting.rides;
    const [completed, , cancelled] = rideIds;
    const found = await costs.find(rideIds);
    assert.deepEqual(
      found.map(({ rideId, status, amount, currency }) => [rideId, status, amount, currency]).sort(),
      [
        [completed, 'completed', 1_840, 'USD'],
        [cancelled, 'cancelled', 500, 'USD'],
      ],
    );
    assert.deepEqual(
      (await costs.page(0, 1)).map(({ rideId }) => rideId),
      [completed],
    );
    const rest = await costs.page(completed ?? 0, 10);
    assert.deepEqual([rest.length, rest[0]?.rideId, rest[0]?.riderId], [1, cancelled, rider]);
  });
});
