/** What a post may say: limits, and the mentions and tags inside it. Pure. */
import { invalidField } from '../../../core/errors.ts';
import { isVisible } from '../../../core/visible-text.ts';

export const TEXT_GRAPHEMES_MAX = 280;
export const TEXT_BYTES_MAX = 4_096;
export const CONTENT_WARNING_GRAPHEMES_MAX = 100;
/** In proportion to the text's: what is left are marks stacked on one another. */
export const CONTENT_WARNING_BYTES_MAX = 1_024;
export const LANGUAGE_LENGTH_MAX = 35;
/** More are links to nobody: they are not notified, and a direct post does not reach them. */
export const MENTIONS_MAX = 10;
export const TAGS_MAX = 30;
export const TAG_LENGTH_MAX = 100;

/** Newline and tab are the only control characters a text may have. */
const PLAIN = /^[\x20-\x7e\n\t]*$/;
const FORBIDDEN = /(?![\n\t])\p{Cc}|\p{Cs}/u;

/**
 * The text as it is stored: line ends are newlines, Unicode in its composed form (NFC). Fails with `invalid`
 * when it is blank, too long or has characters that no text needs.
 */
export function parseText(text: string): string {
  const clean = parseCaption(text);
  if (!isVisible(clean)) throw invalidField('text', 'must not be blank. Say something.');
  return clean;
}

/** As `parseText`, but beside a picture there need be nothing to see. */
export function parseCaption(text: string): string {
  return parseCharacters(text, 'text', TEXT_GRAPHEMES_MAX, TEXT_BYTES_MAX);
}

/** As `parseText`; nothing, or nothing to see, is no warning. */
export function parseContentWarning(text: string | null | undefined): string | null {
  if (text === null || text === undefined) return null;
  const clean = parseCharacters(
    text,
    'content_warning',
    CONTENT_WARNING_GRAPHEMES_MAX,
    CONTENT_WARNING_BYTES_MAX,
  );
  return isVisible(clean) ? clean : null;
}

/** A BCP 47 language tag in its canonical form, such as `en` or `pt-BR`. */
export function parseLanguage(language: string | null | undefined): string | null {
  if (language === null || language === undefined) return null;
  const canonical = language.length <= LANGUAGE_LENGTH_MAX ? canonicalLanguage(language) : undefined;
  if (canonical === undefined) {
    throw invalidField('language', 'must be a BCP 47 tag of at most 35 characters, such as "en" or "pt-BR".');
  }
  return canonical;
}

/**
 * The names after `@`, in lower case and in the order of their first appearance. Not those inside of a word, an
 * address (`carol@example.com`), a link (`example.com/@carol`) or the name of someone on another server.
 */
export function mentionedUsernames(text: string): string[] {
  if (!text.includes('@')) return [];
  return distinct(text.matchAll(MENTION));
}

/**
 * The words after `#`, in lower case and in the order of their first appearance: letters, marks, digits and `_`,
 * with at least one letter. Not those inside of a word or a link (`example.com/#top`).
 */
export function tagsIn(text: string): string[] {
  if (!text.includes('#') && !text.includes('＃')) return [];
  return distinct(text.matchAll(TAG))
    .filter((tag) => /\p{L}/u.test(tag) && tag.length <= TAG_LENGTH_MAX)
    .slice(0, TAGS_MAX);
}

/**
 * A tag as it stands in the index, from one that a client asks for, with or without its `#`; `undefined` for what
 * no post can be tagged with.
 */
export function parseTag(tag: string): string | undefined {
  const word = lowerCase(tag.replace(/^[#＃]/, ''));
  return WORD.test(word) ? word : undefined;
}

const MENTION = /(?<![\p{L}\p{M}\p{N}_@/=])@([A-Za-z0-9_]{3,30})(?![\p{L}\p{M}\p{N}_]|@[\p{L}\p{N}_])/gu;
const WORD = /^[\p{L}\p{M}\p{N}_]+$/u;
const TAG = /(?<![\p{L}\p{M}\p{N}_&/#＃])[#＃]([\p{L}\p{M}\p{N}_]+)/gu;

function distinct(matches: Iterable<RegExpExecArray>): string[] {
  return [...new Set(Array.from(matches, ([, word]) => lowerCase(word ?? '')))];
}

/** NFC again: the lower case of a composed letter is not always composed. */
function lowerCase(word: string): string {
  return word.toLowerCase().normalize('NFC');
}

function parseCharacters(text: string, field: string, graphemesMax: number, bytesMax: number): string {
  const lines = text.replaceAll('\r\n', '\n');
  const plain = PLAIN.test(lines);
  if (!plain && FORBIDDEN.test(lines)) {
    throw invalidField(field, 'must not have control characters or broken Unicode. Remove them.');
  }
  const clean = plain ? lines : lines.normalize('NFC');
  if (plain ? clean.length > graphemesMax : hasMoreGraphemes(clean, graphemesMax)) {
    throw invalidField(field, `must have at most ${graphemesMax} characters.`);
  }
  if (Buffer.byteLength(clean) > bytesMax) throw invalidField(field, `must have at most ${bytesMax} bytes.`);
  return clean;
}

/** What a reader calls characters: an emoji of several code points is one. */
const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** Of a text of any length no more are looked at than decide it. */
function hasMoreGraphemes(text: string, max: number): boolean {
  let count = 0;
  for (const _ of graphemes.segment(text)) {
    count += 1;
    if (count > max) return true;
  }
  return false;
}

function canonicalLanguage(language: string): string | undefined {
  try {
    return Intl.getCanonicalLocales(language)[0];
  } catch {
    return undefined;
  }
}
