import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { distanceM } from '../../../core/geo.ts';
import { RIDE_STATUSES } from '../requests/ride.ts';
import { ARRIVED_M, ARRIVING_M, approachOf, STAYING_MS } from './arrival.ts';

const PICKUP = { lat: 40.7128, lng: -74.006 };
const DEGREE_M = distanceM(PICKUP, { lat: PICKUP.lat + 1, lng: PICKUP.lng });
const at = (leftM: number, atMs = 0) => ({ lat: PICKUP.lat + leftM / DEGREE_M, lng: PICKUP.lng, atMs });

describe('the approach to a pickup', () => {
  it('is told once within its distance', () => {
    assert.equal(approachOf('accepted', PICKUP, at(ARRIVING_M + 1), undefined).status, undefined);
    assert.equal(approachOf('accepted', PICKUP, at(ARRIVING_M - 1), undefined).status, 'arriving');
    assert.equal(approachOf('arriving', PICKUP, at(ARRIVING_M - 1), undefined).status, undefined);
  });

  it('ends when the driver stays at the pickup', () => {
    const first = approachOf('arriving', PICKUP, at(ARRIVED_M - 1, 1_000), undefined);
    assert.deepEqual(first, { thereSinceMs: 1_000, status: undefined });
    const soon = approachOf('arriving', PICKUP, at(0, 1_000 + STAYING_MS - 1), first.thereSinceMs);
    assert.deepEqual(soon, { thereSinceMs: 1_000, status: undefined });
    const then = approachOf('arriving', PICKUP, at(0, 1_000 + STAYING_MS), soon.thereSinceMs);
    assert.equal(then.status, 'arrived');
    assert.equal(approachOf('accepted', PICKUP, at(0, 6_000), 1_000).status, 'arrived');
  });

  it('begins anew for a driver who drives past', () => {
    const past = approachOf('arriving', PICKUP, at(ARRIVED_M + 1, 4_000), 1_000);
    assert.deepEqual(past, { thereSinceMs: undefined, status: undefined });
    assert.equal(approachOf('arriving', PICKUP, at(10, 9_000), past.thereSinceMs).status, undefined);
  });

  it('is none before there is a driver, and after the arrival', () => {
    for (const status of RIDE_STATUSES.filter((each) => each !== 'accepted' && each !== 'arriving')) {
      assert.deepEqual(approachOf(status, PICKUP, at(0, 60_000), 1_000), {
        ...{ thereSinceMs: undefined, status: undefined },
      });
    }
  });
});
