/** What bytes are a picture of which format, by their first ones alone: names and types are not believed. */

export const PICTURE_FORMATS = ['jpeg', 'png', 'webp', 'avif', 'gif'] as const;
export type PictureFormat = (typeof PICTURE_FORMATS)[number];

/** So many bytes at the beginning tell the format. */
export const FORMAT_BYTES = 32;

const AVIF_BRANDS = new Set(['avif', 'avis']);
const HEIC_BRANDS = new Set(['heic', 'heix', 'heim', 'heis', 'hevc', 'hevx', 'mif1', 'msf1']);

/** `heic`: a picture, but of a format that is not taken. `undefined`: no picture that we know. */
export function formatOf(head: Buffer): PictureFormat | 'heic' | undefined {
  if (head.subarray(0, 3).equals(Buffer.from([0xff, 0xd8, 0xff]))) return 'jpeg';
  if (head.toString('latin1', 0, 8) === '\x89PNG\r\n\x1a\n') return 'png';
  if (/^GIF8[79]a$/.test(head.toString('latin1', 0, 6))) return 'gif';
  if (head.toString('latin1', 0, 4) === 'RIFF' && head.toString('latin1', 8, 12) === 'WEBP') return 'webp';
  return head.toString('latin1', 4, 8) === 'ftyp' ? isoFormatOf(head) : undefined;
}

/** By the brand of the file, or the first that it is compatible with. */
function isoFormatOf(head: Buffer): 'avif' | 'heic' | undefined {
  const brands = [8, 16, 20, 24, 28].map((at) => head.toString('latin1', at, at + 4));
  if (brands.some((brand) => AVIF_BRANDS.has(brand))) return 'avif';
  return brands.some((brand) => HEIC_BRANDS.has(brand)) ? 'heic' : undefined;
}
