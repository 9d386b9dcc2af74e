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
      (!inCyrillicDomain && LATIN_LOOKING_CYRILLIC.test(label) && CYRILLIC.test(label)),
  );
}

function isOfOneScript(label: string): boolean {
  return [...WITH_LATIN, ...SCRIPTS].some((script) => script.test(label));
}
