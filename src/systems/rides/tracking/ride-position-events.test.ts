import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ID_MAX } from '../../../core/ids.ts';
import { EVENT_PAYLOAD_BYTES_MAX } from '../../../ports/event-log/event-log.ts';
import {
  RIDE_POSITIONS_MAX,
  type RidePosition,
  ridePositionEvents,
  ridePositionsOf,
} from './ride-position-events.ts';

const id = fc.integer({ min: 1e15, max: ID_MAX });
const plain = { noNullPrototype: true };
const position = fc.record(
  {
    rideId: id,
    riderId: id,
    point: fc.record(
      {
        atMs: fc.integer({ min: 0, max: 4e12 }),
        lat: fc.integer({ min: -900_000_000, max: 900_000_000 }).map((units) => units / 1e7),
        lng: fc.integer({ min: -1_800_000_000, max: 1_800_000_000 }).map((units) => units / 1e7),
      },
      plain,
    ),
    etaS: fc.option(fc.integer({ min: 0, max: 1_000_000 })),
  },
  plain,
);

/** As they come out of the log. */
function logged(positions: readonly RidePosition[]) {
  return ridePositionEvents(positions).map(({ payload }) => ({
    payload: JSON.parse(JSON.stringify(payload)),
  }));
}

describe('positions of rides in the log', () => {
  it('come out as they went in, to the processes of their riders', () => {
    fc.assert(
      fc.property(fc.array(position, { maxLength: 20 }), fc.func(fc.boolean()), (positions, isHere) => {
        const heard = logged(positions).flatMap((event) => ridePositionsOf(event, isHere));
        assert.deepEqual(
          heard,
          positions.filter(({ riderId }) => isHere(riderId)),
        );
      }),
    );
  });

  it('fit into their events, at the limit and one past it', () => {
    const widest = {
      ...{ rideId: ID_MAX, riderId: ID_MAX, etaS: 1_000_000 },
      point: { atMs: 4e12, lat: -89.9999999, lng: -179.9999999 },
    };
    for (const count of [RIDE_POSITIONS_MAX, RIDE_POSITIONS_MAX + 1]) {
      const events = ridePositionEvents(Array.from({ length: count }, () => widest));
      assert.equal(events.length, count - RIDE_POSITIONS_MAX + 1);
      for (const { payload } of events) {
        assert.ok(JSON.stringify(payload).length <= EVENT_PAYLOAD_BYTES_MAX);
      }
    }
  });

  it('of a later format are left out, and broken ones are a defect', () => {
    assert.deepEqual(
      ridePositionsOf({ payload: { format: 2, numbers: [1] } }, () => true),
      [],
    );
    for (const numbers of [[1], 'x', null, [1, 2, 3, 4, 5, 0.5]]) {
      assert.throws(() => ridePositionsOf({ payload: { format: 1, numbers } }, () => true), /Assertion/);
    }
  });
});
