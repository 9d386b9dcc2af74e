import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { systemRandomness } from '../../../core/clock.ts';
import { generatePassword } from './generated-password.ts';
import { checkPassword } from './password.ts';

describe('a generated password', () => {
  it('has four groups of five characters that are hard to mistake, and is good enough', () => {
    const password = generatePassword(systemRandomness);
    assert.match(password, /^([0-9a-hjkmnp-tv-z]{5}-){3}[0-9a-hjkmnp-tv-z]{5}$/);
    checkPassword(password, 'alice');
  });

  it('uses five bits of every byte, and is another one each time', () => {
    const bytes = Buffer.from(Array.from({ length: 20 }, (_, index) => 32 * 7 + index));
    assert.equal(generatePassword({ bytes: () => bytes }), '01234-56789-abcde-fghjk');
    const many = new Set(Array.from({ length: 100 }, () => generatePassword(systemRandomness)));
    assert.equal(many.size, 100);
  });
});
