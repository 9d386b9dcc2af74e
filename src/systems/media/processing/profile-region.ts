/** Which part of a picture is shown on a profile, and of which variant it is cut. */
import type { ProfilePicture, StoredVariant, VariantName } from '../../../core/media.ts';
import type { PixelSize } from '../picture-size.ts';

/** At most: smaller pictures are not enlarged. */
export const PROFILE_SIZES = {
  avatar: { width: 400, height: 400 },
  header: { width: 1_500, height: 500 },
} as const satisfies Record<ProfilePicture, PixelSize>;

export interface Region extends PixelSize {
  readonly left: number;
  readonly top: number;
}

/** The largest of the right shape, with the focus (x and y from -1, left and bottom, to 1) as near to its middle as can be. */
export function regionOf(
  { width, height }: PixelSize,
  picture: ProfilePicture,
  focus: readonly [number, number] | null,
): Region {
  const shape = PROFILE_SIZES[picture].width / PROFILE_SIZES[picture].height;
  const wide = Math.min(width, Math.max(1, Math.round(height * shape)));
  const high = Math.min(height, Math.max(1, Math.round(width / shape)));
  const [x, y] = focus ?? [0, 0];
  return {
    left: within(((x + 1) / 2) * width - wide / 2, width - wide),
    top: within(((1 - y) / 2) * height - high / 2, height - high),
    width: wide,
    height: high,
  };
}

function within(place: number, max: number): number {
  return Math.min(max, Math.max(0, Math.round(place)));
}

/** The smallest variant that has as many pixels as are shown, or the largest there is. */
export function sourceOf(variants: readonly StoredVariant[], picture: ProfilePicture): VariantName {
  const isEnough = (variant: StoredVariant): boolean =>
    variant.name !== '150' && regionOf(variant, picture, null).width >= PROFILE_SIZES[picture].width;
  return variants.find(isEnough)?.name ?? 'full';
}
