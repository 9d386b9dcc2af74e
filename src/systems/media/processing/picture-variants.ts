/**
 * From the bytes of a picture to what is shown of it: upright, in sRGB, without any metadata. It is decoded once; each
 * size is made of the next larger one.
 */
import sharp, { type Metadata, type Sharp } from 'sharp';
import { rgbaToThumbHash } from 'thumbhash';
import type { StoredVariant, VariantName } from '../../../core/media.ts';
import { PICTURE_FORMATS } from '../picture-format.ts';
import { FRAMES_MAX, PIXELS_MAX, sizeProblem } from '../picture-limits.ts';
import type { Picture, PictureFile, PictureResult } from './picture-task.ts';

const WIDTHS = { '1080': 1_080, '640': 640, '320': 320 } as const;
/** As a tall picture is shown at most. */
const HEIGHT_PER_WIDTH_MAX = 2.5;
const SQUARE = 150;
/** What thumbhash takes. */
const THUMBHASH_SIDE = 100;
const JPEG = { quality: 82 } as const;
/** An effort of 3 instead of 4: a third less time for 2 % more bytes. */
const WEBP = { quality: 78, effort: 3 } as const;
/** Larger ones are kept as JPEG alone: WebP takes four times as long, seconds in all. */
const WEBP_PIXELS_MAX = 16_000_000;

// One picture at a time: threads and caches would only cost memory.
sharp.concurrency(1);
sharp.cache(false);

export interface Raster {
  readonly data: Buffer;
  readonly width: number;
  readonly height: number;
  readonly channels: 3 | 4;
}

export async function decodePicture(bytes: Buffer): Promise<PictureResult> {
  try {
    // Warnings are common in pictures of phones; what is cut off or broken is refused.
    const input = sharp(bytes, { limitInputPixels: PIXELS_MAX, failOn: 'error', sequentialRead: true });
    const metadata = await input.metadata();
    const problem = problemOf(metadata);
    return problem === undefined
      ? { picture: await pictureOf(await rasterOf(input), metadata) }
      : { problem };
  } catch {
    return { problem: 'cannot be decoded: it is damaged, cut off, or not what it says.' };
  }
}

function problemOf({ format, compression, width, height, pages = 1 }: Metadata): string | undefined {
  const known = format === 'heif' && compression === 'av1' ? 'avif' : format;
  if (!PICTURE_FORMATS.some((each) => each === known)) return 'is of a format that is not taken.';
  if (pages > FRAMES_MAX) return `has ${pages} frames; at most ${FRAMES_MAX} are taken.`;
  return sizeProblem({ width, height });
}

async function rasterOf(input: Sharp): Promise<Raster> {
  const { data, info } = await input
    .autoOrient()
    .toColourspace('srgb')
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  if (channels === 3 || channels === 4) return { data, width, height, channels };
  // Grey, with or without transparency.
  return scaled({ data, width, height, channels: channels as 3 }, (picture) => picture.toColourspace('srgb'));
}

async function pictureOf(full: Raster, { pages = 1 }: Metadata): Promise<Picture> {
  const files: PictureFile[] = [];
  const variants: StoredVariant[] = [];
  const add = async (name: VariantName, raster: Raster): Promise<void> => {
    files.push(...(await filesOf(name, raster)));
    variants.unshift({ name, width: raster.width, height: raster.height });
  };
  await add('full', full);
  let smallest = full;
  for (const name of ['1080', '640', '320'] as const) {
    const width = WIDTHS[name];
    const height = Math.floor(width * HEIGHT_PER_WIDTH_MAX);
    if (full.width <= width && full.height <= height) continue;
    smallest = await scaled(smallest, (picture) => picture.resize({ width, height, fit: 'inside' }));
    await add(name, smallest);
  }
  await add('150', await scaled(smallest, (picture) => picture.resize(SQUARE, SQUARE, { fit: 'cover' })));
  const { width, height } = full;
  return { width, height, animated: pages > 1, thumbhash: await thumbhashOf(smallest), variants, files };
}

/** As JPEG and, unless it is very large, as WebP. */
export async function filesOf(name: VariantName, raster: Raster): Promise<PictureFile[]> {
  const jpeg = await open(raster).flatten({ background: '#ffffff' }).jpeg(JPEG).toBuffer();
  const files = [{ file: `${name}.jpg`, bytes: jpeg }];
  if (raster.width * raster.height <= WEBP_PIXELS_MAX) {
    files.push({ file: `${name}.webp`, bytes: await open(raster).webp(WEBP).toBuffer() });
  }
  return files;
}

async function thumbhashOf(raster: Raster): Promise<string> {
  const { data, width, height } = await scaled(raster, (picture) =>
    picture.resize(THUMBHASH_SIDE, THUMBHASH_SIDE, { fit: 'inside', withoutEnlargement: true }).ensureAlpha(),
  );
  return Buffer.from(rgbaToThumbHash(width, height, data)).toString('base64');
}

function open({ data, width, height, channels }: Raster): Sharp {
  return sharp(data, { raw: { width, height, channels }, limitInputPixels: PIXELS_MAX });
}

async function scaled(raster: Raster, change: (picture: Sharp) => Sharp): Promise<Raster> {
  const { data, info } = await change(open(raster)).raw().toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height, channels: info.channels === 4 ? 4 : 3 };
}
