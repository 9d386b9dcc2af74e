/** What bytes are a picture of which format, and of what size, by their first ones alone: names and types are not believed. */

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

export interface PixelSize {
  readonly width: number;
  readonly height: number;
}

/**
 * What the header says of the size; `undefined` where these bytes do not say it (an AVIF, or a JPEG that has much before
 * it). Never fails, whatever the bytes.
 */
export function pixelSizeOf(format: PictureFormat, head: Buffer): PixelSize | undefined {
  switch (format) {
    case 'png':
      return head.length < 24 ? undefined : { width: head.readUInt32BE(16), height: head.readUInt32BE(20) };
    case 'gif':
      return head.length < 10 ? undefined : { width: head.readUInt16LE(6), height: head.readUInt16LE(8) };
    case 'webp':
      return head.length < 30 ? undefined : webpSizeOf(head);
    case 'jpeg':
      return jpegSizeOf(head);
    case 'avif':
      return undefined;
  }
}

/** The three kinds of a first chunk (RFC 9649). */
function webpSizeOf(head: Buffer): PixelSize | undefined {
  switch (head.toString('latin1', 12, 16)) {
    case 'VP8X':
      return { width: head.readUIntLE(24, 3) + 1, height: head.readUIntLE(27, 3) + 1 };
    case 'VP8L': {
      const bits = head.readUInt32LE(21);
      return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
    }
    case 'VP8 ':
      return { width: head.readUInt16LE(26) & 0x3fff, height: head.readUInt16LE(28) & 0x3fff };
    default:
      return undefined;
  }
}

/** In the first frame header (SOF), which comes after any number of segments. */
function jpegSizeOf(head: Buffer): PixelSize | undefined {
  let at = 2;
  while (at + 9 <= head.length) {
    if (head[at] !== 0xff) return undefined;
    const marker = head[at + 1] ?? 0;
    // Filling bytes before a marker.
    if (marker === 0xff) at += 1;
    else if (isFrameHeader(marker))
      return { height: head.readUInt16BE(at + 5), width: head.readUInt16BE(at + 7) };
    else at += 2 + head.readUInt16BE(at + 2);
  }
  return undefined;
}

/** C0 to CF but for the tables among them. */
function isFrameHeader(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
}
