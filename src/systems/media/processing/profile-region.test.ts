import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { PROFILE_PICTURES } from '../../../core/media.ts';
import { PROFILE_SIZES, regionOf, sourceOf } from './profile-region.ts';

describe('the part of a picture that a profile shows', () => {
  it('is the middle, or as near to the focus as can be', () => {
    const size = { width: 300, height: 200 };
    assert.deepEqual(regionOf(size, 'avatar', null), { left: 50, top: 0, width: 200, height: 200 });
    assert.deepEqual(regionOf(size, 'avatar', [-1, 1]), { left: 0, top: 0, width: 200, height: 200 });
    assert.deepEqual(regionOf(size, 'avatar', [1, 0]), { left: 100, top: 0, width: 200, height: 200 });
    assert.deepEqual(regionOf(size, 'header', null), { left: 0, top: 50, width: 300, height: 100 });
    assert.deepEqual(regionOf(size, 'header', [0, 1]), { left: 0, top: 0, width: 300, height: 100 });
    assert.deepEqual(regionOf(size, 'header', [0, -1]), { left: 0, top: 100, width: 300, height: 100 });
  });

  it('lies within the picture, as large as its shape allows, whatever the picture is', () => {
    const side = fc.integer({ min: 1, max: 16_383 });
    const place = fc.double({ min: -1, max: 1, noNaN: true });
    const focus = fc.option(fc.tuple(place, place));
    fc.assert(
      fc.property(side, side, fc.constantFrom(...PROFILE_PICTURES), focus, (width, height, picture, at) => {
        const region = regionOf({ width, height }, picture, at);
        assert.ok(region.left >= 0 && region.left + region.width <= width);
        assert.ok(region.top >= 0 && region.top + region.height <= height);
        assert.ok(region.width === width || region.height === height);
        assert.ok(region.width >= 1 && region.height >= 1);
        const shape = PROFILE_SIZES[picture].width / PROFILE_SIZES[picture].height;
        // To a pixel.
        assert.ok(Math.abs(region.width - region.height * shape) <= shape || region.height === 1);
      }),
    );
  });

  it('is cut of the smallest size that has enough pixels', () => {
    const variants = [
      { name: '150', width: 150, height: 150 },
      { name: '320', width: 320, height: 240 },
      { name: '640', width: 640, height: 480 },
      { name: '1080', width: 1_080, height: 810 },
      { name: 'full', width: 2_000, height: 1_500 },
    ] as const;
    assert.equal(sourceOf(variants, 'avatar'), '640');
    assert.equal(sourceOf(variants, 'header'), 'full');
    assert.equal(sourceOf(variants.slice(0, 2), 'avatar'), 'full');
  });
});
