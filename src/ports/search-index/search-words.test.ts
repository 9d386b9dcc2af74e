import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { foldText, indexedWords, queriedWords, WORD_LENGTH_MAX } from './search-words.ts';

const texts = (words: readonly { readonly text: string }[]): string[] => words.map(({ text }) => text);

describe('search words', () => {
  it('are without case and accents where marks are accents', () => {
    assert.equal(foldText('Crème BRÛLÉE'), 'creme brulee');
    assert.equal(foldText('Straße Ærø Łódź'), 'strasse aero lodz');
    assert.equal(foldText('ΆΛΦΑ'), 'αλφα');
    assert.equal(foldText('İstanbul ısı'), 'istanbul isi');
    assert.equal(foldText('ｆｕｌｌ　ｗｉｄｔｈ'), 'full width');
  });

  it('keep marks that make other letters', () => {
    assert.equal(foldText('й ё'), 'й е');
    assert.equal(foldText('が か'), 'が か');
    assert.equal(foldText('हिन्दी'), 'हिन्दी');
  });

  it('are cut at whatever is neither letter nor digit', () => {
    assert.deepEqual(texts(indexedWords("don't e-mail me@example.com <b>x</b> night_train")), [
      ...['don', 't', 'e', 'mail', 'me', 'example', 'com', 'b', 'x', 'b', 'night', 'train'],
    ]);
  });

  it('are pairs of characters where there are no spaces, and the last character', () => {
    assert.deepEqual(texts(indexedWords('東京都')), ['東京', '京都', '都']);
    assert.deepEqual(
      indexedWords('今日は晴れ 15度').map(({ text, position }) => [text, position]),
      [
        ...[
          ['今日', 1],
          ['日は', 2],
          ['は晴', 3],
          ['晴れ', 4],
          ['れ', 5],
        ],
        ...[
          ['15', 6],
          ['度', 7],
        ],
      ],
    );
  });

  it('are the same with and without what cannot be seen', () => {
    assert.deepEqual(texts(indexedWords('می\u200cخواهم co\u00adop \u202eright')), [
      'میخواهم',
      'coop',
      'right',
    ]);
  });

  it('of a query are the pairs alone; one character begins a pair', () => {
    assert.deepEqual(texts(queriedWords('東京都')), ['東京', '京都']);
    assert.deepEqual(queriedWords('犬'), [{ text: '犬', position: 1, begins: true }]);
  });

  it('are cut to the same length in texts and queries, between characters', () => {
    const long = '𝔞'.repeat(WORD_LENGTH_MAX + 10);
    assert.deepEqual(texts(indexedWords(long)), texts(queriedWords(long)));
    const [word = ''] = texts(indexedWords('x'.repeat(500)));
    assert.equal(word.length, WORD_LENGTH_MAX);
  });

  it('find any part of a text without spaces', () => {
    const characters = fc.array(fc.constantFrom(...'東京都大阪日本語の人'), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(characters, fc.nat(), fc.nat(), (text, start, length) => {
        const from = start % text.length;
        const part = text.slice(from, from + 1 + (length % (text.length - from)));
        const words = indexedWords(text.join(''));
        const query = queriedWords(part.join(''));
        const found = words.some((first) =>
          query.every((wanted) =>
            words.some(
              (word) =>
                word.position - first.position === wanted.position - 1 &&
                (wanted.begins ? word.text.startsWith(wanted.text) : word.text === wanted.text),
            ),
          ),
        );
        assert.ok(found, `${part.join('')} in ${text.join('')}`);
      }),
    );
  });

  it('never fail, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        for (const { text: word } of [...indexedWords(text), ...queriedWords(text)]) {
          assert.match(word, /^[\p{L}\p{M}\p{N}]+$/u);
        }
      }),
    );
  });
});
