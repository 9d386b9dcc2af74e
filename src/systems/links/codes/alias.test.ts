import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { hasCode } from '../../../core/errors.ts';
import { ALIAS_LENGTH_MAX, checkAlias, checkImportedCode, lookOf, RESERVED_ALIASES } from './alias.ts';

const refused = (check: () => void): boolean => {
  try {
    check();
    return false;
  } catch (error) {
    assert.ok(hasCode(error, 'invalid') && error.fields[0]?.field === 'alias');
    return true;
  }
};

describe('an alias', () => {
  it('has 1 to 64 letters, digits, - or _, and slashes between', () => {
    for (const alias of [
      'a',
      'Spring-Sale_2026',
      'x'.repeat(ALIAS_LENGTH_MAX),
      'a/b',
      `a/b-1/${'c'.repeat(58)}`,
    ])
      checkAlias(alias);
    for (const alias of [
      '',
      'x'.repeat(ALIAS_LENGTH_MAX + 1),
      'a b',
      '/',
      '/a',
      'a/',
      'a//b',
      'a/../b',
      `a/b-1/${'c'.repeat(59)}`,
      'ä',
      'a.b',
      'a+',
      'a?',
      '%41',
      'a\n',
    ]) {
      assert.ok(
        refused(() => checkAlias(alias)),
        JSON.stringify(alias),
      );
    }
  });

  it('is no reserved word, nor what looks like one', () => {
    for (const word of RESERVED_ALIASES)
      assert.ok(
        refused(() => checkAlias(word)),
        word,
      );
    for (const alias of [
      'API',
      'Log1n',
      '1ogin',
      'd0cs',
      'A8out'.replace('8', 'b'),
      'sign_in',
      'adrnin',
      'login/now',
      'L0gin/x/y',
    ]) {
      assert.ok(
        refused(() => checkAlias(alias)),
        alias,
      );
    }
    for (const alias of ['apis', 'my-login', 'docs2', 'my/login']) checkAlias(alias);
  });

  it('looks like another one in whatever case, and with the characters that readers mistake', () => {
    const same = [
      ['sale', 'SALE'],
      ['O0o', '000'],
      ['Il1', 'lll'],
      ['modern', 'modem'],
      ['s5', '5S'],
      ['a_b', 'a-b'],
      ['vv', 'w'],
    ] as const;
    for (const [left, right] of same) assert.equal(lookOf(left), lookOf(right), `${left} ${right}`);
    for (const [left, right] of [
      ['sale', 'sales'],
      ['a', 'b'],
      ['2', 'z'],
    ] as const)
      assert.notEqual(lookOf(left), lookOf(right));
  });

  it('looks the same whatever becomes of its case', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/), (alias) => {
        assert.equal(lookOf(alias.toUpperCase()), lookOf(alias.toLowerCase()));
      }),
    );
  });
});

describe('an imported code', () => {
  it('may look like anything, but is no reserved word', () => {
    for (const code of ['API', 'd0cs', 'a', 'A', '3xYzAbC']) checkImportedCode(code);
    for (const code of ['api', '', 'a b', 'x'.repeat(65)])
      assert.ok(
        refused(() => checkImportedCode(code)),
        code,
      );
  });
});
