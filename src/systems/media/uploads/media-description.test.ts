import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { hasCode } from '../../../core/errors.ts';
import { ALT_LENGTH_MAX } from '../picture-limits.ts';
import { parseAlt, parseFocus, roundedFocus } from './media-description.ts';

function refuses(work: () => unknown, field: string): void {
  assert.throws(work, (error) => hasCode(error, 'invalid') && error.fields[0]?.field === field);
}

describe('what is said of a picture', () => {
  it('is text of some length, or nothing', () => {
    assert.equal(parseAlt('  Waves  '), 'Waves');
    for (const nothing of [undefined, null, '', '  ']) assert.equal(parseAlt(nothing), null);
    assert.equal(parseAlt('😀'.repeat(ALT_LENGTH_MAX))?.length, 2 * ALT_LENGTH_MAX);
    refuses(() => parseAlt('😀'.repeat(ALT_LENGTH_MAX + 1)), 'alt');
    refuses(() => parseAlt('a\0b'), 'alt');
  });

  it('is where to look, as two numbers from -1 to 1', () => {
    assert.deepEqual(parseFocus('0.5,-0.25'), [0.5, -0.25]);
    assert.deepEqual(parseFocus(' 1 , -1 '), [1, -1]);
    for (const nothing of [undefined, '', ' ']) assert.equal(parseFocus(nothing), null);
    for (const wrong of ['1.1,0', '0,-2', '1', '1,1,1', 'a,b', '1e3,0', 'NaN,0', ',']) {
      refuses(() => parseFocus(wrong), 'focus');
    }
  });

  it('is rounded to what a single float keeps apart from 0', () => {
    const side = fc.double({ min: -1, max: 1, noNaN: true });
    fc.assert(
      fc.property(side, side, (x, y) => {
        for (const [rounded, given] of roundedFocus([x, y]).map((each, index) => [each, [x, y][index]])) {
          assert.ok(Math.abs((rounded ?? 0) - (given ?? 0)) <= 5e-7);
          assert.ok(rounded === 0 || Math.abs(rounded ?? 0) >= 1e-6);
          assert.ok(!Object.is(rounded, -0));
        }
      }),
    );
  });
});
