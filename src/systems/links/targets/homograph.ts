/**
 * Host names that look like another one. A label may be of one script, or of those that one language is written in ("highly
 * restrictive" of UTS 39, Unicode Security Mechanisms); and none may be of Cyrillic letters that all look Latin, as Chrome has it.
 */
import { domainToUnicode } from 'node:url';

/** Written together in Japanese, Chinese and Korean. */
const WITH_LATIN: readonly RegExp[] = [
  /^[\p{scx=Latin}\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{scx=Common}\p{scx=Inherited}]*$/u,
  /^[\p{scx=Latin}\p{scx=Han}\p{scx=Bopomofo}\p{scx=Common}\p{scx=Inherited}]*$/u,
  /^[\p{scx=Latin}\p{scx=Han}\p{scx=Hangul}\p{scx=Common}\p{scx=Inherited}]*$/u,
];
const SCRIPTS = [
  ...['Arabic', 'Armenian', 'Bengali', 'Cyrillic', 'Devanagari', 'Ethiopic', 'Georgian', 'Greek', 'Gujarati'],
  ...['Gurmukhi', 'Hebrew', 'Kannada', 'Khmer', 'Lao', 'Malayalam', 'Myanmar', 'Oriya', 'Sinhala', 'Tamil'],
  ...['Telugu', 'Thaana', 'Thai', 'Tibetan'],
].map((script) => new RegExp(`^[\\p{scx=${script}}\\p{scx=Common}\\p{scx=Inherited}]*$`, 'u'));

/**
 * What names are written with, pictures among it, and marks of Catalan, Japanese, Hebrew and Tibetan. Other signs can pass
 * for those of a URL: U+2044 for its slash.
 */
const ORDINARY = /^(?:[\p{L}\p{M}\p{Nd}_·・\u05f3\u05f4\u0f0b-]|\p{Extended_Pictographic})*$/u;
/** Of the letters of phonetics, those that no alphabet in use has, after the status "Technical" of UTS 39: ɑ, ɡ, ʟ, ǃ. */
const TECHNICAL =
  /[\u01c0-\u01c3\u1d00-\u1dbf\u2c60-\u2c7f\ua720-\ua7ff\uab30-\uab6f]|(?![ɓɔɖɗəɛɠɣɨɩɲɵʃʉʊʋʒʻʼ])[\u0250-\u02ff]/u;
/** Strokes through a letter, a dot where there is one already, and strokes of other scripts amid Latin, as Chrome has it. */
const STROKES = /[\u0334-\u0338]|[ijlı]\u0307|[a-z0-9-][ノンソゾー一丨丶丿乀乁〳〵][a-z0-9-]/u;

const LATIN_LOOKING_CYRILLIC = /^[асԁеһіјӏорԛѕԝхуъьҽпгѵѡ0-9-]+$/u;
const CYRILLIC = /\p{Script=Cyrillic}/u;

/** Whether a label of the host (as URLs have it: lower case, punycode) may be taken for another one. */
export function isHomograph(host: string): boolean {
  if (!host.includes('xn--')) return false;
  const labels = domainToUnicode(host).split('.');
  // Not even decodable.
  if (labels.some((label) => label === '' || label.startsWith('xn--'))) return true;
  const inCyrillicDomain = CYRILLIC.test(labels.at(-1) ?? '');
  return labels.some(
    (label) =>
      !isOfOneScript(label) ||
      !ORDINARY.test(label) ||
      TECHNICAL.test(label) ||
      STROKES.test(label) ||
      (!inCyrillicDomain && LATIN_LOOKING_CYRILLIC.test(label) && CYRILLIC.test(label)),
  );
}

function isOfOneScript(label: string): boolean {
  return [...WITH_LATIN, ...SCRIPTS].some((script) => script.test(label));
}
