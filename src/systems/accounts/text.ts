/** Texts that people write, measured as readers count and without what could disturb a page or a terminal. */
import { invalidField } from '../../core/errors.ts';
import { isVisible } from '../../core/visible-text.ts';

/** The longest emoji have some 15 code units; stacks of hundreds of marks are no writing. */
const LENGTH_MAX_PER_GRAPHEME = 20;

// Controls, halves of surrogate pairs, line separators, and what turns around the text after it.
const FORBIDDEN_IN_LINE = /[\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u;
const FORBIDDEN_IN_LINES = /[^\P{Cc}\n\t]|[\p{Cs}\u202a-\u202e\u2066-\u2069]/u;

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** One line without white space around it; empty if there is nothing to see. Fails with `invalid`, naming `field`. */
export function parseLine(field: string, text: string, graphemesMax: number): string {
  return parse(field, text, FORBIDDEN_IN_LINE, graphemesMax);
}

/** As `parseLine`, but any number of lines, ended by LF. */
export function parseLines(field: string, text: string, graphemesMax: number): string {
  return parse(field, text.replaceAll('\r\n', '\n'), FORBIDDEN_IN_LINES, graphemesMax);
}

function parse(field: string, text: string, forbidden: RegExp, graphemesMax: number): string {
  const trimmed = text.trim();
  if (forbidden.test(trimmed)) {
    throw invalidField(field, 'must not have control characters or characters that turn the text around.');
  }
  const tooLong = trimmed.length > graphemesMax * LENGTH_MAX_PER_GRAPHEME;
  if (tooLong || graphemeCount(trimmed) > graphemesMax) {
    throw invalidField(field, `must have at most ${graphemesMax} characters.`);
  }
  return isVisible(trimmed) ? trimmed : '';
}

function graphemeCount(text: string): number {
  let count = 0;
  for (const _ of graphemes.segment(text)) count += 1;
  return count;
}
