import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { systemRandomness } from '../../../core/clock.ts';
import { createApiKey, isApiKey, looksLikeApiKey, shownPrefixOf } from './api-key-token.ts';

const keys = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map((bytes) => createApiKey({ bytes: () => Buffer.from(bytes) }));
const DIGITS = [...'0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'];

describe('the text of an API key', () => {
  it('has one length and one alphabet, whatever the random bits', () => {
    fc.assert(
      fc.property(keys, (key) => {
        assert.match(key, /^gsk_[0-9A-Za-z]{49}$/);
        assert.ok(looksLikeApiKey(key) && isApiKey(key));
        assert.equal(shownPrefixOf(key), key.slice(0, 12));
      }),
    );
    for (const bytes of [Buffer.alloc(32, 0), Buffer.alloc(32, 255)]) {
      assert.ok(isApiKey(createApiKey({ bytes: () => bytes })));
    }
  });

  it('carries all the random bits', () => {
    const differ = fc.tuple(keys, keys).filter(([one, other]) => one !== other);
    fc.assert(fc.property(differ, ([one, other]) => one.slice(4, 47) !== other.slice(4, 47)));
    const made = new Set(Array.from({ length: 1_000 }, () => createApiKey(systemRandomness)));
    assert.equal(made.size, 1_000);
  });

  it('is none with one character changed, two neighbours swapped, or a piece missing', () => {
    const place = fc.integer({ min: 4, max: 52 });
    fc.assert(
      fc.property(keys, place, fc.constantFrom(...DIGITS), (key, at, digit) => {
        const changed = key.slice(0, at) + digit + key.slice(at + 1);
        assert.equal(isApiKey(changed), changed === key);
        const swapped = key.slice(0, at - 1) + key.charAt(at) + key.charAt(at - 1) + key.slice(at + 1);
        assert.equal(isApiKey(swapped), swapped === key);
        assert.equal(isApiKey(key.slice(0, at)), false);
        assert.equal(isApiKey(`${key}${digit}`), false);
      }),
    );
  });

  it('is not taken for the token of a session', () => {
    assert.equal(looksLikeApiKey(`gs_${'x'.repeat(43)}`), false);
    assert.equal(isApiKey(`gsk_${'é'.repeat(49)}`), false);
    assert.equal(isApiKey('gsk_'), false);
  });
});
