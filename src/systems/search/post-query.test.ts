import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { AppError } from '../../core/errors.ts';
import { composeId, ID_MAX } from '../../core/ids.ts';
import { QUERY_TERMS_MAX } from '../../ports/search-index/search-index.ts';
import { cleanQuery, parsePostQuery, QUERY_LENGTH_MAX } from './post-query.ts';

const refused = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    if (error instanceof AppError && error.code === 'invalid') return error.message;
    throw error;
  }
  return assert.fail('it was not refused');
};

describe('a query for posts', () => {
  it('has words, phrases, what must not be there, tags, an author and days', () => {
    const query =
      'train "night train" -delayed -"not now" #Vienna from:@Alice since:2026-01-31 until:2026-02-01';
    assert.deepEqual(parsePostQuery(query), {
      terms: [
        { text: 'train', exact: false },
        { text: 'night train', exact: true },
      ],
      excludedTerms: [
        { text: 'delayed', exact: false },
        { text: 'not now', exact: true },
      ],
      tags: ['Vienna'],
      username: 'Alice',
      from: composeId(Date.UTC(2026, 0, 31), 0, 0),
      before: composeId(Date.UTC(2026, 1, 2), 0, 0),
    });
  });

  it('takes a quote that is not closed as one that is, and operators of others as text', () => {
    assert.deepEqual(parsePostQuery('"to the end').terms, [{ text: 'to the end', exact: true }]);
    const { terms, excludedTerms } = parsePostQuery("a & b | !c <-> d:* ') OR 1=1; --");
    assert.deepEqual(
      terms.map(({ text }) => text),
      ['a', 'b', '!c', 'd:*', 'OR', '1=1;'],
    );
    assert.deepEqual(excludedTerms, []);
  });

  it('begins before the first id and ends after the last for days beyond them', () => {
    const { from, before } = parsePostQuery('a since:1990-01-01 until:9999-12-31');
    assert.equal(from, 0);
    assert.equal(before, ID_MAX);
  });

  it('is refused when nothing is left to look for', () => {
    for (const query of ['-word', 'since:2026-01-01', '!!! ???', '""', '🎉'.repeat(100), '-"a b"']) {
      assert.match(
        refused(() => parsePostQuery(query)),
        /something to look for/,
        query,
      );
    }
    for (const query of ['\0', '\u202e\u200b', '   ', '🎉'.repeat(100), '']) {
      assert.match(
        refused(() => cleanQuery(query)),
        /something to look for/,
        JSON.stringify(query),
      );
    }
  });

  it('is refused for a day that is none', () => {
    for (const day of ['2026-13-01', '2026-02-30', 'yesterday', '2026-1-1', '', '2026-01-01T00:00']) {
      assert.match(
        refused(() => parsePostQuery(`a since:${day}`)),
        /2026-01-31/,
        day,
      );
    }
  });

  it('has so many parts at most', () => {
    const words = (count: number) => Array.from({ length: count }, (_, index) => `w${index}`).join(' ');
    assert.equal(parsePostQuery(words(QUERY_TERMS_MAX)).terms.length, QUERY_TERMS_MAX);
    assert.match(
      refused(() => parsePostQuery(words(QUERY_TERMS_MAX + 1))),
      /at most 20/,
    );
  });

  it('has so many characters at most, whatever they are made of', () => {
    assert.equal(cleanQuery('x'.repeat(QUERY_LENGTH_MAX)).length, QUERY_LENGTH_MAX);
    assert.match(
      refused(() => cleanQuery('x'.repeat(QUERY_LENGTH_MAX + 1))),
      /at most 200/,
    );
    assert.match(
      refused(() => cleanQuery(`a${'🎉'.repeat(QUERY_LENGTH_MAX)}`)),
      /at most 200/,
    );
  });

  it('loses what cannot be seen', () => {
    assert.equal(cleanQuery(' a\0b\u202ec\u200dd\n e\ud800 '), 'a bcd  e');
  });

  it('is understood or refused, whatever it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 220 }), (text) => {
        try {
          parsePostQuery(cleanQuery(text));
        } catch (error) {
          assert.ok(error instanceof AppError && error.code === 'invalid', String(error));
        }
      }),
    );
  });
});
