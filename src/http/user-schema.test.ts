import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ID_TEXT_PATTERN, isIdText } from '../core/ids.ts';

describe('the pattern of ids', () => {
  const pattern = new RegExp(ID_TEXT_PATTERN);

  it('matches nothing that is no id', () => {
    fc.assert(
      fc.property(fc.stringMatching(pattern), (text) => {
        assert.ok(isIdText(text), text);
      }),
    );
    for (const text of ['9999999999999999', '9007199254740992', '0537057981898760', '153705798189876']) {
      assert.ok(!pattern.test(text), text);
    }
  });

  it('matches the ids of the next decades', () => {
    for (const text of ['1000000000000000', '1537057981898760', '8999999999999999', '9006999999999999']) {
      assert.ok(pattern.test(text), text);
    }
  });
});
