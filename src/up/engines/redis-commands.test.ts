import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { splitReplies } from './redis-commands.ts';

describe('replies of Redis', () => {
  it('are split into whole ones, however they arrive', () => {
    const line = fc.stringMatching(/^[+:-][ -~]{0,20}$/);
    const bulk = fc
      .string({ unit: 'grapheme-ascii', maxLength: 40 })
      .map((text) => `$${text.length}\r\n${text}`);
    fc.assert(
      fc.property(fc.array(fc.oneof(line, bulk), { maxLength: 6 }), fc.nat(), (replies, at) => {
        const text = replies.map((reply) => `${reply}\r\n`).join('');
        assert.deepEqual(splitReplies(text), replies);
        const some = splitReplies(text.slice(0, at % (text.length + 1)));
        assert.deepEqual(some, replies.slice(0, some.length));
      }),
    );
  });
});
