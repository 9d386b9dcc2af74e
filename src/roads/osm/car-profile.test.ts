import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { carRoadOf, speedLimitOf } from './car-profile.ts';

const road = (tags: Readonly<Record<string, string>>) => carRoadOf(new Map(Object.entries(tags)));
const directions = (tags: Readonly<Record<string, string>>) => {
  const { forwardKmPerH = 0, backwardKmPerH = 0 } = road({ highway: 'residential', ...tags }) ?? {};
  return [forwardKmPerH > 0, backwardKmPerH > 0];
};

describe('where cars may drive', () => {
  it('is on roads, not on paths, nor where something is being built', () => {
    for (const highway of ['motorway', 'primary_link', 'residential', 'service'])
      assert.ok(road({ highway }), highway);
    for (const highway of ['footway', 'cycleway', 'construction', 'steps', 'toString']) {
      assert.equal(road({ highway }), undefined, highway);
    }
    assert.equal(road({ building: 'yes' }), undefined);
    assert.equal(road({ highway: 'residential', area: 'yes' }), undefined);
  });

  it('is by the most particular sign', () => {
    assert.equal(road({ highway: 'service', access: 'private' }), undefined);
    assert.ok(road({ highway: 'service', access: 'private', motor_vehicle: 'yes' }));
    assert.equal(road({ highway: 'service', access: 'yes', motorcar: 'no' }), undefined);
    assert.ok(road({ highway: 'residential', access: 'destination' }));
  });

  it('is in the directions that are allowed', () => {
    assert.deepEqual(directions({}), [true, true]);
    for (const oneway of ['yes', 'true', '1']) assert.deepEqual(directions({ oneway }), [true, false]);
    for (const oneway of ['-1', 'reverse']) assert.deepEqual(directions({ oneway }), [false, true]);
    for (const junction of ['roundabout', 'circular'])
      assert.deepEqual(directions({ junction }), [true, false]);
    assert.deepEqual(directions({ highway: 'motorway' }), [true, false]);
    assert.deepEqual(directions({ highway: 'motorway', oneway: 'no' }), [true, true]);
    assert.deepEqual(directions({ oneway: 'yes', 'oneway:motor_vehicle': 'no' }), [true, true]);
  });

  it('is as fast as signs allow, less lights and corners', () => {
    const at = (tags: Readonly<Record<string, string>>) => {
      const { forwardKmPerH, backwardKmPerH } = road({ highway: 'primary', ...tags }) ?? {};
      return [forwardKmPerH, backwardKmPerH];
    };
    assert.deepEqual(at({}), [50, 50]);
    assert.deepEqual(at({ maxspeed: '30' }), [24, 24]);
    assert.deepEqual(at({ maxspeed: '70', 'maxspeed:backward': '50' }), [56, 40]);
    assert.deepEqual(at({ maxspeed: 'signals' }), [50, 50]);
  });
});

describe('a speed limit', () => {
  it('is in km/h, in miles, or in words', () => {
    for (const [text, kmPerH] of [
      ['50', 50],
      ['50 km/h', 50],
      ['30 mph', 48],
      ['none', 130],
      ['walk', 6],
      ['999', 130],
    ] as const) {
      assert.equal(Math.round(speedLimitOf(text) ?? 0), kmPerH, text);
    }
    for (const text of [undefined, '', 'DE:urban', '0', '-5', '50;30'])
      assert.equal(speedLimitOf(text), undefined);
  });
});
