import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { GEO_STATES_MAX } from '../../../ports/geo-index/geo-index.ts';
import {
  DRIVER_STATES,
  isLegal,
  OWN_EVENTS,
  OWN_STATES,
  TRANSITIONS,
  WORKING_STATES,
} from './driver-states.ts';

describe('states of drivers', () => {
  it('lead to one state by each event, but for those that lead back', () => {
    const targets = new Map<string, string>();
    for (const [from, event, to] of TRANSITIONS.filter(([, event]) => event !== 'comms_restored')) {
      assert.equal(targets.get(`${from} ${event}`) ?? to, to);
      targets.set(`${from} ${event}`, to);
    }
  });

  it('can all be reached and left', () => {
    for (const state of DRIVER_STATES) {
      assert.ok(
        TRANSITIONS.some(([from]) => from === state),
        `${state} is never left`,
      );
      assert.ok(
        TRANSITIONS.some(([, , to]) => to === state),
        `${state} is never reached`,
      );
    }
  });

  it('have a way through a ride, and none past it', () => {
    assert.ok(isLegal('available', 'reservation_start', 'reserved'));
    assert.ok(isLegal('reserved', 'reservation_stop', 'stopped'));
    assert.ok(isLegal('stopped', 'trip_start', 'on_trip'));
    assert.ok(isLegal('on_trip', 'trip_stop', 'stopped'));
    assert.ok(isLegal('stopped', 'trip_end', 'available'));
    assert.ok(!isLegal('reserved', 'service_end', 'non_operational'));
    assert.ok(!isLegal('on_trip', 'trip_end', 'available'));
    assert.ok(!isLegal('non_operational', 'reservation_start', 'reserved'));
    assert.ok(!isLegal('non_contactable', 'reservation_start', 'reserved'));
  });

  it('come back from a lost connection to what they were', () => {
    for (const state of WORKING_STATES) {
      assert.ok(isLegal(state, 'comms_lost', 'non_contactable'));
      assert.ok(isLegal('non_contactable', 'comms_restored', state));
    }
    assert.ok(!isLegal('non_operational', 'comms_lost', 'non_contactable'));
  });

  it('are few enough for the geo-index', () => assert.ok(DRIVER_STATES.length <= GEO_STATES_MAX));

  it('that drivers choose are one event apart', () => {
    assert.ok(isLegal('non_operational', OWN_EVENTS.available, 'available'));
    assert.ok(isLegal('available', OWN_EVENTS.non_operational, 'non_operational'));
    assert.equal(OWN_STATES.length, Object.keys(OWN_EVENTS).length);
  });
});
