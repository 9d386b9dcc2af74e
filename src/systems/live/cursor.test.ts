import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { PARTITIONS } from '../../ports/event-log/event-log.ts';
import {
  CURSOR_LENGTH_MAX,
  cursorText,
  distance,
  isReached,
  LIVE_TOPICS,
  newOffsets,
  parseCursor,
  partitionAt,
  placeOf,
} from './cursor.ts';

const PLACES = LIVE_TOPICS.length * PARTITIONS;
const offsets = fc
  .array(fc.maxSafeNat(), { minLength: PLACES, maxLength: PLACES })
  .map((each) => Float64Array.from(each));

describe('cursors', () => {
  it('are read as they were written, and never longer than they say', () => {
    fc.assert(
      fc.property(offsets, (each) => {
        const text = cursorText(each);
        assert(text.length <= CURSOR_LENGTH_MAX, `${text.length}`);
        assert.deepEqual(parseCursor(text), each);
      }),
    );
  });

  it('are short while a log is', () => {
    assert.equal(cursorText(newOffsets()).length, 34);
    assert.equal(cursorText(newOffsets().fill(1_000_000)).length, 98);
  });

  it('are not read from anything else', () => {
    const whole = cursorText(newOffsets().fill(300));
    for (const text of [
      '',
      'AQ',
      whole.slice(0, -4),
      `${whole}AAAA`,
      `Ag${whole.slice(2)}`,
      `${whole} `,
      '+/==',
    ]) {
      assert.equal(parseCursor(text), undefined, text);
    }
    assert.equal(parseCursor(whole.padEnd(CURSOR_LENGTH_MAX + 1, 'A')), undefined);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const parsed = parseCursor(Buffer.from(bytes).toString('base64url'));
        assert(parsed === undefined || parsed.every((offset) => Number.isSafeInteger(offset) && offset >= 0));
      }),
    );
  });

  it('have a place for each partition of the topics that are resumed, and no other', () => {
    for (let place = 0; place < PLACES; place += 1) {
      const { topic, partition } = partitionAt(place);
      assert.equal(placeOf(topic, partition), place);
    }
    assert.equal(placeOf('reactions', 0), undefined);
  });

  it('know how far apart they are, and what is reached', () => {
    const [from, to] = [newOffsets(), newOffsets()];
    [from[0], to[0], from[5], to[5]] = [7, 10, 4, 2];
    assert.equal(distance(from, to), 3);
    assert.equal(isReached(from, to), false);
    to[5] = 4;
    assert.equal(isReached(from, to), true);
  });
});
