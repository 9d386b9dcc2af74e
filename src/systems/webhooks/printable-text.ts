/** What strangers answered, as a text that disturbs no page, terminal or database. */

// Controls but tab and line feed, halves of pairs, line separators, and what turns around the text after it.
const DISTURBING = /[^\P{Cc}\n\t]|[\p{Cs}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** Bytes that are no UTF-8 become U+FFFD, characters that disturb their number, such as `\u{202e}`. */
export function printableText(bytes: Buffer): string {
  return bytes
    .toString('utf8')
    .replace(DISTURBING, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
}
