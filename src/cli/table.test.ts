import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { cellText, formatTable, formatTime } from './table.ts';

describe('a table', () => {
  it('has columns as wide as their widest cell, and numbers below each other', () => {
    const rows = [
      ['alice', 7, 'a note'],
      ['bob', 12_345, ''],
    ] as const;
    assert.equal(
      formatTable(['USERNAME', 'POSTS', 'NOTE'], rows),
      ['USERNAME   POSTS  NOTE', 'alice          7  a note', 'bob       12,345'].join('\n'),
    );
  });

  it('keeps what strangers wrote on one line, and from the terminal', () => {
    assert.equal(cellText(' one\n\ttwo\u001b[31m \u202ethree'), 'one two\ufffd[31m \ufffdthree');
  });

  it('shows times in UTC, to the minute', () => {
    assert.equal(formatTime(new Date('2026-07-30T14:05:59.999Z')), '2026-07-30 14:05');
  });
});
