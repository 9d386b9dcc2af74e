import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { hasCode } from '../../../core/errors.ts';
import {
  mentionedUsernames,
  parseContentWarning,
  parseLanguage,
  parseTag,
  parseText,
  TAG_LENGTH_MAX,
  TAGS_MAX,
  TEXT_BYTES_MAX,
  TEXT_GRAPHEMES_MAX,
  tagsIn,
} from './post-text.ts';

const invalid = (field: string) => (error: unknown) =>
  hasCode(error, 'invalid') && error.fields[0]?.field === field;

/** One character to a reader, 25 bytes in UTF-8. */
const FAMILY = '👨‍👩‍👧‍👦';

describe('parseText', () => {
  it('takes 280 characters and refuses one more', () => {
    assert.equal(parseText('a'.repeat(TEXT_GRAPHEMES_MAX)).length, TEXT_GRAPHEMES_MAX);
    assert.throws(() => parseText('a'.repeat(TEXT_GRAPHEMES_MAX + 1)), invalid('text'));
  });

  it('counts characters as a reader does', () => {
    const text = `${FAMILY.repeat(100)}${'é'.repeat(180)}`;
    assert.equal(parseText(text), text);
    assert.throws(() => parseText(`${text}é`), invalid('text'));
    assert.equal(parseText('e\u0301'.repeat(TEXT_GRAPHEMES_MAX)), 'é'.repeat(TEXT_GRAPHEMES_MAX));
  });

  it('takes 4,096 bytes and refuses one more', () => {
    const full = `${FAMILY.repeat(163)}${'a'.repeat(TEXT_BYTES_MAX - 163 * 25)}`;
    assert.equal(Buffer.byteLength(parseText(full)), TEXT_BYTES_MAX);
    assert.throws(() => parseText(`${full}a`), invalid('text'));
    assert.throws(() => parseText(`a${'\u0301'.repeat(TEXT_BYTES_MAX)}`), invalid('text'));
  });

  it('tells of the limit that a reader can count to, however long the text is', () => {
    for (const text of ['a'.repeat(5_000), FAMILY.repeat(5_000)])
      assert.throws(() => parseText(text), { message: 'text: must have at most 280 characters.' });
  });

  it('refuses what shows nothing', () => {
    for (const text of ['', ' ', '\n\t ', '\u00a0\u3000', '\u200b\u200d', '\u2800', '\u3164']) {
      assert.throws(() => parseText(text), invalid('text'), JSON.stringify(text));
    }
  });

  it('refuses control characters and broken Unicode, but not newline and tab', () => {
    for (const bad of [
      '\0',
      '\u0007',
      '\u001b',
      '\u007f',
      '\u0085',
      '\r',
      '\ud800',
      '\udfff',
      '\udc00\ud800',
    ]) {
      assert.throws(() => parseText(`a${bad}b`), invalid('text'), JSON.stringify(bad));
    }
    assert.equal(parseText('a\tb\nc'), 'a\tb\nc');
    assert.equal(parseText('a\r\nb'), 'a\nb');
  });

  it('stores every text that it takes in its composed form, and takes that again', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }), (text) => {
        let clean: string;
        try {
          clean = parseText(text);
        } catch (error) {
          assert.ok(invalid('text')(error));
          return;
        }
        assert.equal(clean, clean.normalize('NFC'));
        assert.equal(parseText(clean), clean);
      }),
    );
  });
});

describe('parseContentWarning', () => {
  it('takes 100 characters and refuses one more', () => {
    assert.equal(parseContentWarning('é'.repeat(100)), 'é'.repeat(100));
    assert.throws(() => parseContentWarning('é'.repeat(101)), invalid('content_warning'));
    assert.throws(() => parseContentWarning(FAMILY.repeat(41)), invalid('content_warning'));
  });

  it('takes nothing to see for no warning', () => {
    for (const none of [null, undefined, '', '  ']) assert.equal(parseContentWarning(none), null);
  });
});

describe('parseLanguage', () => {
  it('answers the canonical form', () => {
    assert.equal(parseLanguage('EN'), 'en');
    assert.equal(parseLanguage('pt-br'), 'pt-BR');
    assert.equal(parseLanguage('zh-hant-tw'), 'zh-Hant-TW');
    assert.equal(parseLanguage(null), null);
  });

  it('refuses what is no language tag, or longer than 35 characters', () => {
    const long = `en-${'abcdefgh-'.repeat(3)}abcdef`;
    for (const bad of ['', 'english!', 'e', 'en_US', '-', 'en--US', `${long}-abcde`]) {
      assert.throws(() => parseLanguage(bad), invalid('language'), bad);
    }
  });
});

describe('mentionedUsernames', () => {
  it('finds names at the borders of words', () => {
    const text = '@alice, (@bob) .@carol: "@dave" ¿@eve? @frank’s @grace-hopper @heidi.';
    const names = ['alice', 'bob', 'carol', 'dave', 'eve', 'frank', 'grace', 'heidi'];
    assert.deepEqual(mentionedUsernames(text), names);
  });

  it('finds each once, whatever the case', () => {
    assert.deepEqual(mentionedUsernames('@Alice @bob @ALICE'), ['alice', 'bob']);
  });

  it('finds none in addresses, links, names elsewhere, and words that are too short or long', () => {
    for (const text of [
      'carol@example.com',
      'https://example.com/@carol',
      'https://example.com/?to=@carol',
      '@carol@example.com',
      '@@carol',
      '@ca',
      `@${'c'.repeat(31)}`,
      '@carolé',
      'é@carol',
    ]) {
      assert.deepEqual(mentionedUsernames(text), [], text);
    }
    assert.deepEqual(mentionedUsernames(`@${'c'.repeat(30)}`), ['c'.repeat(30)]);
  });
});

describe('tagsIn', () => {
  it('finds words of letters, marks, digits and _ in any script, in lower case and once', () => {
    assert.deepEqual(tagsIn('#Sea #SEA (#web3) #snake_case ＃東京 #हिन्दी #Straße! #42nd'), [
      'sea',
      'web3',
      'snake_case',
      '東京',
      'हिन्दी',
      'straße',
      '42nd',
    ]);
  });

  it('finds none in numbers, words, links and entities', () => {
    for (const text of [
      '#1',
      '#2024',
      '#٣',
      '#_',
      'c#sharp',
      'https://example.com/#top',
      '&#x27;',
      '##a',
      '# a',
    ]) {
      assert.deepEqual(tagsIn(text), [], text);
    }
  });

  it('takes a tag of 100 characters and 30 tags, and leaves out what is beyond', () => {
    const longest = 'a'.repeat(TAG_LENGTH_MAX);
    assert.deepEqual(tagsIn(`#${longest} #${longest}b #c`), [longest, 'c']);
    const many = Array.from({ length: TAGS_MAX + 1 }, (_, index) => `#t${index}`).join(' ');
    assert.equal(tagsIn(many).length, TAGS_MAX);
  });

  it('answers tags that parseTag leaves as they are', () => {
    assert.equal(parseTag('#SEA'), 'sea');
    assert.equal(parseTag('東京'), '東京');
    for (const none of ['', '#', 'two words', 'a\u0000', '\ud800']) assert.equal(parseTag(none), undefined);
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }), (word) => {
        for (const tag of tagsIn(`#${word.normalize('NFC')}`)) assert.equal(parseTag(tag), tag);
      }),
    );
  });
});
