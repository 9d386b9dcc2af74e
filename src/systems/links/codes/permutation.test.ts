import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { systemRandomness } from '../../../core/clock.ts';
import { CODE_LENGTH, CODES, codeNumber, codeText } from './base62.ts';
import { createPermutation, SECRET_BYTES } from './permutation.ts';

const number = fc.integer({ min: 0, max: CODES - 1 });
const secret = Buffer.alloc(SECRET_BYTES, 7);

describe('a code', () => {
  it('is a number in seven characters, and every number has one of its own', () => {
    fc.assert(
      fc.property(number, (value) => {
        assert.match(codeText(value), /^[0-9A-Za-z]{7}$/);
        assert.equal(codeNumber(codeText(value)), value);
      }),
    );
    assert.equal(codeText(0), '0000000');
    assert.equal(codeText(CODES - 1), 'zzzzzzz');
  });

  it('is nothing of another length or with other characters', () => {
    for (const text of ['', '000000', '00000000', '000000_', '000000é', ' 000000']) {
      assert.equal(codeNumber(text), undefined, text);
    }
    assert.equal(codeText(1).length, CODE_LENGTH);
  });
});

describe('the permutation', () => {
  const { permute, invert } = createPermutation(secret);

  it('stays within the codes and can be inverted, so that no two numbers meet', () => {
    fc.assert(
      fc.property(number, (value) => {
        const permuted = permute(value);
        assert.ok(Number.isInteger(permuted) && permuted >= 0 && permuted < CODES);
        assert.equal(invert(permuted), value);
        assert.equal(permute(invert(value)), value);
      }),
      { numRuns: 2_000 },
    );
    for (const edge of [0, CODES - 1]) assert.equal(invert(permute(edge)), edge);
  });

  it('refuses what is no number of a code', () => {
    for (const wrong of [-1, CODES, 0.5, Number.NaN]) assert.throws(() => permute(wrong));
  });

  it('never gives two of the first 200,000 numbers the same code', () => {
    const seen = new Set(Array.from({ length: 200_000 }, (_, value) => permute(value)));
    assert.equal(seen.size, 200_000);
  });

  it('shows no order: the next code is as likely below as above, and differs in every place', () => {
    const codes = Array.from({ length: 20_000 }, (_, value) => permute(value));
    const rises = codes.filter((code, index) => index > 0 && code > (codes[index - 1] ?? 0)).length;
    // Ten standard deviations of 20,000 tosses, one twelfth of whose variance is that of neighbours.
    assert.ok(Math.abs(rises - 10_000) < 500, `${rises} of 20,000 rise`);
    const same = Array.from({ length: CODE_LENGTH }, (_, place) => {
      const texts = codes.map(codeText);
      return texts.filter((text, index) => text[place] === texts[index + 1]?.[place]).length / texts.length;
    });
    for (const share of same) assert.ok(share < 0.03, `a place stays in ${share} of the steps`);
  });

  it('spreads the codes evenly over the first character', () => {
    const counts = new Map<string, number>();
    for (let value = 0; value < 62_000; value += 1) {
      const first = codeText(permute(value))[0] ?? '';
      counts.set(first, (counts.get(first) ?? 0) + 1);
    }
    assert.equal(counts.size, 62);
    for (const count of counts.values()) assert.ok(Math.abs(count - 1_000) < 200, `${count} of about 1,000`);
  });

  it('is another one under another secret', () => {
    const other = createPermutation(systemRandomness.bytes(SECRET_BYTES));
    const same = Array.from({ length: 1_000 }, (_, value) => value).filter(
      (value) => other.permute(value) === permute(value),
    );
    assert.deepEqual(same, []);
  });

  it('is the same in every release: codes that were given out must stay what they are', () => {
    assert.deepEqual(
      [0, 1, 2, CODES - 1].map((value) => codeText(permute(value))),
      FIXED,
    );
  });
});

const FIXED = ['tyEIo0g', 'bwtzOCi', '8Wvs4U9', 'uI3ROUL'];
