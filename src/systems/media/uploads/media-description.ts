/** What people say of a picture: the text for those who do not see it, and what to keep in view. */
import { invalidField } from '../../../core/errors.ts';
import { ALT_LENGTH_MAX } from '../picture-limits.ts';

export interface MediaDescription {
  readonly alt: string | null;
  /** x and y from -1 (left, bottom) to 1. */
  readonly focus: readonly [number, number] | null;
}

/** Fails with `invalid`, naming the field. */
export function parseAlt(text: string | null | undefined): string | null {
  const alt = text?.trim().normalize('NFC') ?? '';
  if (alt.includes('\0')) throw invalidField('alt', 'must not contain U+0000.');
  if ([...alt].length > ALT_LENGTH_MAX) {
    throw invalidField('alt', `must have at most ${ALT_LENGTH_MAX} characters.`);
  }
  return alt === '' ? null : alt;
}

/** To a millionth, of which no picture has more pixels. */
export function roundedFocus([x, y]: readonly [number, number]): readonly [number, number] {
  // Adding 0 makes a 0 of -0.
  return [Math.round(x * 1e6) / 1e6 + 0, Math.round(y * 1e6) / 1e6 + 0];
}

/** As text: `0.5,-0.25`. Fails with `invalid`, naming the field. */
export function parseFocus(text: string | undefined): readonly [number, number] | null {
  if (text === undefined || text.trim() === '') return null;
  const parts = text.split(',').map((part) => part.trim());
  const [x, y] = parts.map(Number);
  const isFocus = parts.length === 2 && parts.every((part) => /^-?\d(\.\d{1,6})?$/.test(part));
  if (!isFocus || x === undefined || y === undefined || Math.abs(x) > 1 || Math.abs(y) > 1) {
    throw invalidField('focus', 'must be two numbers from -1 to 1, x and y, such as 0.5,-0.25.');
  }
  return [x, y];
}
