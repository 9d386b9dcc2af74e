/**
 * How large a picture is shown, by its first bytes: upright, as it will be when it is processed. A wrong answer does no
 * harm, because processing corrects it; so what is rare is left out: a WebP whose orientation stands behind its pixels.
 */
import { isTurnedByExif } from './exif-orientation.ts';
import { type Box, boxesOf, contentOf } from './iso-boxes.ts';
import type { PictureFormat } from './picture-format.ts';

export interface PixelSize {
  readonly width: number;
  readonly height: number;
}

/** `undefined` where these bytes do not say it. Never fails, whatever the bytes. */
export function pixelSizeOf(format: PictureFormat, head: Buffer): PixelSize | undefined {
  switch (format) {
    case 'png':
      return pngSizeOf(head);
    case 'gif':
      return head.length < 10 ? undefined : { width: head.readUInt16LE(6), height: head.readUInt16LE(8) };
    case 'webp':
      return head.length < 30 ? undefined : webpSizeOf(head);
    case 'jpeg':
      return jpegSizeOf(head);
    case 'avif':
      return avifSizeOf(head);
  }
}

function turned({ width, height }: PixelSize, isTurned: boolean): PixelSize {
  return isTurned ? { width: height, height: width } : { width, height };
}

/** In its first chunk; one with Exif may follow before the pixels. */
function pngSizeOf(head: Buffer): PixelSize | undefined {
  if (head.length < 24) return undefined;
  let isTurned = false;
  for (let at = 8; at + 8 <= head.length && head.toString('latin1', at + 4, at + 8) !== 'IDAT'; ) {
    const end = at + 8 + head.readUInt32BE(at);
    if (head.toString('latin1', at + 4, at + 8) === 'eXIf') {
      isTurned = isTurnedByExif(head.subarray(at + 8, end));
    }
    // The checksum.
    at = end + 4;
  }
  return turned({ width: head.readUInt32BE(16), height: head.readUInt32BE(20) }, isTurned);
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

const EXIF_SEGMENT = 0xe1;
const EXIF_MARK = 'Exif\0\0';

/** In the first frame header (SOF), which comes after any number of segments; one of them may hold Exif. */
function jpegSizeOf(head: Buffer): PixelSize | undefined {
  let isTurned = false;
  let at = 2;
  while (at + 9 <= head.length) {
    if (head[at] !== 0xff) return undefined;
    const marker = head[at + 1] ?? 0;
    // Filling bytes before a marker.
    if (marker === 0xff) {
      at += 1;
      continue;
    }
    if (isFrameHeader(marker)) {
      return turned({ height: head.readUInt16BE(at + 5), width: head.readUInt16BE(at + 7) }, isTurned);
    }
    const end = at + 2 + head.readUInt16BE(at + 2);
    const content = head.subarray(at + 4, end);
    if (marker === EXIF_SEGMENT && content.toString('latin1', 0, EXIF_MARK.length) === EXIF_MARK) {
      isTurned = isTurnedByExif(content.subarray(EXIF_MARK.length));
    }
    at = end;
  }
  return undefined;
}

/** C0 to CF but for the tables among them. */
function isFrameHeader(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
}

/** Version and flags, with which some boxes begin. */
const FULL_BOX_BYTES = 4;

/** That of its largest item: others are a preview, its parts or its transparency. */
function avifSizeOf(head: Buffer): PixelSize | undefined {
  const properties = contentOf(contentOf(contentOf(head, 'meta')?.subarray(FULL_BOX_BYTES), 'iprp'), 'ipco');
  const boxes = [...boxesOf(properties)];
  const sizes = boxes.filter(({ type, content }) => type === 'ispe' && content.length >= 12).map(extentOf);
  const [largest] = sizes.sort((one, other) => other.width * other.height - one.width * one.height);
  // The angle in quarters.
  const isTurned = boxes.some(({ type, content }) => type === 'irot' && ((content[0] ?? 0) & 1) === 1);
  return largest === undefined ? undefined : turned(largest, isTurned);
}

function extentOf({ content }: Box): PixelSize {
  return { width: content.readUInt32BE(4), height: content.readUInt32BE(8) };
}
