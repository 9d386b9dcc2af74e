import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { hasCode } from '../../../core/errors.ts';
import { checkUsername, isUsername, usernameKey } from './username.ts';

describe('usernames', () => {
  it('have 3 to 30 letters, digits and _', () => {
    for (const name of ['bob', '_a_', '123', 'a'.repeat(30), 'Alice_2']) checkUsername(name);
    for (const name of ['', 'ab', 'a'.repeat(31), 'a b', 'a-b', 'ä_b', 'abc\n', 'a\0bc', 'аlice']) {
      assert.throws(
        () => checkUsername(name),
        (error) => hasCode(error, 'invalid') && error.fields[0]?.field === 'username',
        name,
      );
    }
  });

  it('are not those of the server and its staff, whatever the case', () => {
    for (const name of ['admin', 'API', 'Root', 'support', 'groundSwell']) {
      assert.throws(() => checkUsername(name), /reserved/);
    }
    assert.throws(() => checkUsername('me'));
  });

  it('have ASCII case only, so that no locale makes two names one', () => {
    assert.equal(usernameKey('ALICE_I'), 'alice_i');
    assert.equal(isUsername('ALİCE'), false);
  });
});
