/** Cuts what is shown on a profile out of a variant that we have made ourselves. */
import sharp from 'sharp';
import { PIXELS_MAX } from '../picture-limits.ts';
import type { PictureCut, PictureResult } from './picture-task.ts';
import { filesOf } from './picture-variants.ts';
import { PROFILE_SIZES, regionOf } from './profile-region.ts';

export async function cutPicture(bytes: Buffer, { picture, focus }: PictureCut): Promise<PictureResult> {
  try {
    const input = sharp(bytes, { limitInputPixels: PIXELS_MAX, failOn: 'error' });
    const { width, height } = await input.metadata();
    const region = regionOf({ width, height }, picture, focus);
    const size = PROFILE_SIZES[picture];
    const isLarger = region.width > size.width || region.height > size.height;
    const { data, info } = await input
      .extract(region)
      .resize({ ...(isLarger ? size : { width: region.width, height: region.height }), fit: 'fill' })
      .raw()
      .toBuffer({ resolveWithObject: true });
    const raster = {
      data,
      width: info.width,
      height: info.height,
      channels: info.channels === 4 ? 4 : 3,
    } as const;
    const variant = { name: picture, width: info.width, height: info.height };
    return { cut: { variant, files: await filesOf(picture, raster) } };
  } catch {
    return { problem: 'cannot be cut to size.' };
  }
}
