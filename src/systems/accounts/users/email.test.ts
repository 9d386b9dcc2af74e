import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkEmail, EMAIL_LENGTH_MAX, emailKey, isEmail } from './email.ts';

describe('email addresses', () => {
  it('have one @ and a domain with a dot', () => {
    for (const email of ['alice@example.org', 'a.b+c@mail.example.co.uk', "o'hara@xn--bcher-kva.example"]) {
      checkEmail(email);
    }
    for (const email of [
      '',
      'alice',
      'alice@',
      '@example.org',
      'alice@localhost',
      'a@b@example.org',
      'a b@example.org',
      'alice@example.org\r\nBcc: bob@example.org',
      'alice@example..org',
      'alice@-example.org',
      'alice@example.org, bob@example.org',
      '<alice@example.org>',
      'älice@example.org',
      'a\0@example.org',
    ]) {
      assert.throws(() => checkEmail(email), /email: must be an address/, email);
    }
  });

  it('are as long as mail allows', () => {
    const ofLength = (length: number) => `${'a'.repeat(length - '@example.org'.length)}@example.org`;
    assert.equal(isEmail(ofLength(EMAIL_LENGTH_MAX)), true);
    assert.equal(isEmail(ofLength(EMAIL_LENGTH_MAX + 1)), false);
  });

  it('are the same whatever the case', () => {
    assert.equal(emailKey('Alice@Example.ORG'), 'alice@example.org');
  });
});
