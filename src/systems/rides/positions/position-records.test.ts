import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { EVENT_PAYLOAD_BYTES_MAX, partitionOf } from '../../../ports/event-log/event-log.ts';
import { eventsOf, positionsOf, RECORDS_MAX } from './position-records.ts';
import { SEQUENCE_MAX } from './reported-point.ts';

const AT_MS = Date.UTC(2026, 0, 1);

describe('recorded positions', () => {
  it('are in events of one partition each, and come out as they went in', () => {
    const record = fc.record({
      driverId: fc.integer({ min: 1_500_000_000_000_000, max: Number.MAX_SAFE_INTEGER }),
      sequence: fc.integer({ min: 1, max: SEQUENCE_MAX }),
      point: fc.record({
        lat: fc.double({ min: -90, max: 90, noNaN: true }),
        lng: fc.double({ min: -180, max: 180, noNaN: true }),
        atMs: fc.integer({ min: AT_MS, max: AT_MS + 1e9 }),
        accuracyM: fc.double({ min: 0, max: 50, noNaN: true }),
      }),
    });
    fc.assert(
      fc.property(fc.array(record, { minLength: 1, maxLength: 50 }), (records) => {
        const seen = eventsOf(records).flatMap((event) => {
          const positions = positionsOf({ ...event, payload: JSON.parse(JSON.stringify(event.payload)) });
          for (const { driverId } of positions) assert.equal(partitionOf(driverId), partitionOf(event.key));
          return positions;
        });
        const expected = records.map(({ driverId, sequence, point: { lat, lng, atMs, accuracyM } }) => ({
          ...{ driverId, sequence, atMs, latE7: Math.round(lat * 1e7) + 0, lngE7: Math.round(lng * 1e7) + 0 },
          accuracyDm: Math.round(accuracyM * 10),
        }));
        const inOrder = (positions: readonly object[]) =>
          positions.map((one) => JSON.stringify(sorted(one))).sort();
        assert.deepEqual(inOrder(seen), inOrder(expected));
      }),
    );
  });

  it('are as many in one event as find room, with the longest numbers', () => {
    const driverId = Number.MAX_SAFE_INTEGER;
    const point = { lat: -89.9999999, lng: -179.9999999, atMs: 9_999_999_999_999, accuracyM: 50 };
    const records = (count: number) =>
      Array.from({ length: count }, () => ({ driverId, sequence: SEQUENCE_MAX, point }));
    const [event, ...rest] = eventsOf(records(RECORDS_MAX));
    assert.equal(rest.length, 0);
    assert.ok(JSON.stringify(event?.payload).length <= EVENT_PAYLOAD_BYTES_MAX);
    assert.equal(eventsOf(records(RECORDS_MAX + 1)).length, 2);
  });

  it('are refused where they are none that this release knows', () => {
    const good = { format: 1, driver_ids: ['1500000000000000'], numbers: [1, 2, 3, 4, 5] };
    assert.equal(positionsOf({ kind: 'recorded', payload: good }).length, 1);
    assert.throws(() => positionsOf({ kind: 'other', payload: good }));
    for (const changes of [
      { format: 2 },
      { driver_ids: ['x'] },
      { driver_ids: [1] },
      { driver_ids: null },
      { numbers: [1] },
      { numbers: [1, 2, 3, 4, 0.5] },
      { numbers: [1, 2, 3, 4, '5'] },
    ]) {
      assert.throws(() => positionsOf({ kind: 'recorded', payload: { ...good, ...changes } }));
    }
  });
});

function sorted(one: object): object {
  return Object.fromEntries(Object.entries(one).sort());
}
