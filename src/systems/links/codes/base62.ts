/** Numbers as codes of seven characters, and back. */

export const CODE_LENGTH = 7;
const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const BASE = DIGITS.length;
/** How many codes there are: 3.5 million million. */
export const CODES = BASE ** CODE_LENGTH;
const PATTERN = /^[0-9A-Za-z]{7}$/;

/** `number` is 0 to CODES - 1. */
export function codeText(number: number): string {
  let rest = number;
  let text = '';
  for (let place = 0; place < CODE_LENGTH; place += 1) {
    text = DIGITS.charAt(rest % BASE) + text;
    rest = Math.floor(rest / BASE);
  }
  return text;
}

/** `undefined` for what has another shape. */
export function codeNumber(text: string): number | undefined {
  if (!PATTERN.test(text)) return undefined;
  let number = 0;
  for (const character of text) number = number * BASE + DIGITS.indexOf(character);
  return number;
}
