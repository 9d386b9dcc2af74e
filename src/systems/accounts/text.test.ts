import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { hasCode } from '../../core/errors.ts';
import { parseLine, parseLines } from './text.ts';

const FAMILY = '👩‍👩‍👧‍👦';
const isInvalid = (error: unknown) => hasCode(error, 'invalid') && error.fields[0]?.field === 'bio';

describe('texts of people', () => {
  it('are measured as a reader counts', () => {
    assert.equal(parseLine('bio', FAMILY.repeat(5), 5), FAMILY.repeat(5));
    assert.throws(() => parseLine('bio', FAMILY.repeat(6), 5), isInvalid);
    assert.equal(parseLine('bio', `  ${'é'.repeat(5)}\n`, 5), 'é'.repeat(5));
  });

  it('have no room for stacks of marks', () => {
    assert.throws(() => parseLine('bio', `a${'\u0301'.repeat(100)}`, 5), isInvalid);
  });

  it('have no controls, halves of characters, or what turns the text around', () => {
    for (const text of ['a\0b', 'a\u001bb', 'a\u007fb', 'a\ud800b', 'a\u202eb', 'a\u2066b']) {
      assert.throws(() => parseLine('bio', text, 50), isInvalid);
      assert.throws(() => parseLines('bio', text, 50), isInvalid);
    }
    assert.equal(parseLine('bio', 'שלום \u200fمرحبا', 50), 'שלום \u200fمرحبا');
  });

  it('are empty where there is nothing to see', () => {
    for (const text of ['\u200b', '\u200b\u200d', '\u00ad', '\u3164', '\u2800', '\ufe0f', '\u{e0041}']) {
      assert.equal(parseLine('bio', text, 50), '');
      assert.equal(parseLines('bio', `${text}\n${text}`, 50), '');
    }
    assert.equal(parseLine('bio', FAMILY, 50), FAMILY);
  });

  it('have lines only where lines are meant', () => {
    assert.throws(() => parseLine('bio', 'a\nb', 50), isInvalid);
    assert.throws(() => parseLine('bio', 'a\u2028b', 50), isInvalid);
    assert.equal(parseLines('bio', '\r\na\r\nb\tc\n', 50), 'a\nb\tc');
    assert.throws(() => parseLines('bio', 'a\rb', 50), isInvalid);
  });

  it('are refused or come out as something that comes out the same again', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
        let parsed: string;
        try {
          parsed = parseLines('bio', text, 50);
        } catch (error) {
          return isInvalid(error);
        }
        return !parsed.includes('\0') && parseLines('bio', parsed, 50) === parsed;
      }),
    );
  });
});
