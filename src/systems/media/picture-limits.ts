/** What a picture may be. Checked on arrival as far as its header tells, and again before it is decoded. */
import { invalidField } from '../../core/errors.ts';
import type { PixelSize } from './picture-size.ts';

export const PICTURE_BYTES_MAX = 20 * 1_048_576;
/** A quarter of a megabit: the largest picture takes eleven minutes. */
export const UPLOAD_BYTES_PER_SECOND_MIN = 32_768;
/** More than any phone makes; decoded, some 200 MB. */
export const PIXELS_MAX = 50_000_000;
export const SIDE_MAX = 16_383;
export const FRAMES_MAX = 1_000;
export const ALT_LENGTH_MAX = 1_500;

/** Of the field `file`. */
export function checkPixelSize({ width, height }: PixelSize): void {
  const problem = sizeProblem({ width, height });
  if (problem !== undefined) throw invalidField('file', problem);
}

export function sizeProblem({ width, height }: PixelSize): string | undefined {
  if (width < 1 || height < 1) return 'is a picture without any pixels.';
  if (width <= SIDE_MAX && height <= SIDE_MAX && width * height <= PIXELS_MAX) return undefined;
  return `has ${width} x ${height} pixels; at most ${PIXELS_MAX / 1_000_000} million are taken, and ${SIDE_MAX} on a side. Send a smaller one.`;
}
