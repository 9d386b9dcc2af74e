/**
 * Texts as words to be indexed and searched for: the same for both, or nothing would be found. Pure, and our own, because
 * PostgreSQL's parser cuts words by the locale of the database and knows no words where a script puts no spaces.
 */

export interface SearchWord {
  readonly text: string;
  /** Of the word in the text, from 1: phrases are words at the right distance. */
  readonly position: number;
  /** Only of queries: the beginning of a word will do. */
  readonly begins: boolean;
}

/** Of a word; longer ones are cut, in texts and queries alike. */
export const WORD_LENGTH_MAX = 64;

const WORD = /[\p{L}\p{M}\p{N}]+/gu;
/** Scripts without spaces between words, and Korean, which glues particles to them. */
const PART =
  /[\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{sc=Hangul}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]+|[^\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{sc=Hangul}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]+/gu;
const UNSPACED =
  /^[\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{sc=Hangul}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]/u;

const ASCII = /^[\n\x20-\x7e]*$/;
/** As most are: one part, which has spaces around it. */
const PLAIN = /^[a-z0-9]+$/;
/** Marks on these are accents; on letters of other scripts they make other letters. */
const ACCENTED = /([\p{sc=Latin}\p{sc=Greek}\u0435])[\u0300-\u036f]+/gu;
const LIGATURES: Readonly<Record<string, string>> = {
  ...{ ß: 'ss', æ: 'ae', œ: 'oe', ø: 'o', ł: 'l', đ: 'd', ð: 'd', þ: 'th', ı: 'i', ς: 'σ' },
};
const LIGATURE = /[ßæœøłđðþıς]/g;

/** Without case, accents and what cannot be seen, in one spelling of Unicode. */
export function foldText(text: string): string {
  if (ASCII.test(text)) return text.toLowerCase();
  const lower = text
    .normalize('NFKC')
    .replace(/\p{Cf}/gu, '')
    .toLowerCase();
  if (ASCII.test(lower)) return lower;
  return lower
    .normalize('NFD')
    .replace(ACCENTED, '$1')
    .normalize('NFC')
    .replace(LIGATURE, (letter) => LIGATURES[letter] ?? letter);
}

/**
 * The words of a text that is indexed. Where there are no spaces, each pair of characters is a word (so that 京都 is found in
 * 東京都), and the last character one too.
 */
export function indexedWords(text: string): SearchWord[] {
  return wordsOf(text, (part) => [...pairs(part), part.at(-1) ?? '']);
}

/** The words of a query, to be found in a row: of characters without spaces the pairs, one alone begins a pair. */
export function queriedWords(text: string): SearchWord[] {
  return wordsOf(text, (part) => (part.length === 1 ? part : pairs(part)));
}

function wordsOf(text: string, cut: (part: readonly string[]) => readonly string[]): SearchWord[] {
  const words: SearchWord[] = [];
  let position = 1;
  // NOTE: not matchAll, which makes a regular expression anew at each call.
  for (const run of foldText(text).match(WORD) ?? []) {
    const isPlain = PLAIN.test(run);
    for (const part of isPlain ? [run] : (run.match(PART) ?? [])) {
      if (isPlain || !UNSPACED.test(part)) {
        words.push({ text: cutWord(part), position, begins: false });
        position += 1;
        continue;
      }
      const characters = [...part];
      for (const [index, word] of cut(characters).entries()) {
        words.push({ text: word, position: position + index, begins: characters.length === 1 });
      }
      position += characters.length;
    }
  }
  return words;
}

function pairs(characters: readonly string[]): string[] {
  return characters.slice(1).map((character, index) => `${characters[index]}${character}`);
}

/** Not through the middle of a surrogate pair. */
function cutWord(word: string): string {
  return word.length <= WORD_LENGTH_MAX ? word : [...word].slice(0, WORD_LENGTH_MAX).join('');
}
