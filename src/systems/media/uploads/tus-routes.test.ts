import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { hasCode } from '../../../core/errors.ts';
import { parseMetadata } from './tus-routes.ts';

describe('parseMetadata', () => {
  it('reads what a client of tus writes', () => {
    const name = fc.stringMatching(/^[a-zA-Z0-9_-]{1,20}$/).filter((text) => text !== '__proto__');
    fc.assert(
      fc.property(fc.dictionary(name, fc.string({ unit: 'grapheme' })), (values) => {
        const text = Object.entries(values)
          .map(([key, value]) => `${key} ${Buffer.from(value).toString('base64')}`.trim())
          .join(',');
        assert.deepEqual({ ...parseMetadata(text) }, { ...values });
      }),
    );
  });

  it('takes none, and a name without a value', () => {
    assert.deepEqual(parseMetadata(undefined), {});
    assert.deepEqual(parseMetadata(''), {});
    assert.deepEqual(parseMetadata('is_draft, alt YQ=='), { is_draft: '', alt: 'a' });
  });

  it('refuses what is no base64', () => {
    for (const text of ['alt !', 'alt YQ== YQ==', 'alt Y=Q', ' alt  YQ==x y']) {
      assert.throws(
        () => parseMetadata(text),
        (error) => hasCode(error, 'invalid'),
        text,
      );
    }
  });
});
