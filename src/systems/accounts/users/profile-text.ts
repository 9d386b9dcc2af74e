/** The texts that users write about themselves. */
import { parseLine, parseLines } from '../text.ts';

export const DISPLAY_NAME_GRAPHEMES_MAX = 50;
export const BIO_GRAPHEMES_MAX = 500;

/** Empty for none. Fails with `invalid`. */
export function parseDisplayName(text: string): string {
  return parseLine('display_name', text, DISPLAY_NAME_GRAPHEMES_MAX);
}

/** Fails with `invalid`. */
export function parseBio(text: string): string {
  return parseLines('bio', text, BIO_GRAPHEMES_MAX);
}
