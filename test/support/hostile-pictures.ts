/** Pictures that mean harm, whole and valid to the last byte where they are said to be: made, as nobody would keep them. */
import zlib, { deflateSync } from 'node:zlib';

/** A PNG of one grey, valid whatever its size: 256 million pixels are 250 kB. */
export function greyPng(width: number, height: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  // 8 bits of grey.
  header.set([8, 0], 8);
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    pngChunk('IHDR', header),
    pngChunk('IDAT', deflatedZeros((width + 1) * height)),
    pngChunk('IEND', Buffer.alloc(0)),
  ]);
}

const BLOCK_BYTES = 1_048_576;

/** As `deflateSync` of so many zeros, without having them: blocks that end at a byte can be repeated. */
function deflatedZeros(bytes: number): Buffer {
  const options = { level: 9, finishFlush: zlib.constants.Z_FULL_FLUSH };
  const block = zlib.deflateRawSync(Buffer.alloc(BLOCK_BYTES), options);
  const blocks = Array.from({ length: Math.floor(bytes / BLOCK_BYTES) }, () => block);
  const last = zlib.deflateRawSync(Buffer.alloc(bytes % BLOCK_BYTES), { level: 9 });
  // Adler-32 of zeros.
  const checksum = Buffer.alloc(4);
  checksum.writeUInt16BE(bytes % 65_521, 0);
  checksum.writeUInt16BE(1, 2);
  return Buffer.concat([Buffer.from([0x78, 0xda]), ...blocks, last, checksum]);
}

function pngChunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const [length, checksum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  checksum.writeUInt32BE(zlib.crc32(body));
  return Buffer.concat([length, body, checksum]);
}

/**
 * A JPEG of one grey, valid whatever its size: with a code of one bit for "as before" and one for "nothing else", each block
 * of 64 pixels is two bits.
 */
export function greyJpeg(width: number, height: number): Buffer {
  const frame = Buffer.from([8, 0, 0, 0, 0, 1, 1, 0x11, 0]);
  frame.writeUInt16BE(height, 1);
  frame.writeUInt16BE(width, 3);
  const blocks = Math.ceil(width / 8) * Math.ceil(height / 8);
  // One code, of one bit, for the value 0.
  const codes = Buffer.from([1, ...new Array<number>(15).fill(0), 0]);
  return Buffer.concat([
    Buffer.from([0xff, 0xd8]),
    jpegSegment(0xdb, Buffer.concat([Buffer.from([0]), Buffer.alloc(64, 1)])),
    jpegSegment(0xc0, frame),
    jpegSegment(0xc4, Buffer.concat([Buffer.from([0x00]), codes])),
    jpegSegment(0xc4, Buffer.concat([Buffer.from([0x10]), codes])),
    jpegSegment(0xda, Buffer.from([1, 1, 0x00, 0, 63, 0])),
    Buffer.alloc(Math.ceil((blocks * 2) / 8)),
    Buffer.from([0xff, 0xd9]),
  ]);
}

function jpegSegment(marker: number, content: Buffer): Buffer {
  const head = Buffer.from([0xff, marker, 0, 0]);
  head.writeUInt16BE(content.length + 2, 2);
  return Buffer.concat([head, content]);
}

/** A GIF of so many frames of one pixel, each said to fill a canvas of the given size. */
export function manyFrames(count: number, width: number, height: number): Buffer {
  const screen = Buffer.from('GIF89a\0\0\0\0\x80\0\0\0\0\0\xff\xff\xff', 'latin1');
  screen.writeUInt16LE(width, 6);
  screen.writeUInt16LE(height, 8);
  const frame = Buffer.from([0x2c, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x44, 0x01, 0]);
  return Buffer.concat([screen, ...Array.from({ length: count }, () => frame), Buffer.from([0x3b])]);
}

/** An AVIF that says it has so many pixels, and nothing else. */
export function emptyAvif(width: number, height: number): Buffer {
  const size = Buffer.alloc(12);
  size.writeUInt32BE(width, 4);
  size.writeUInt32BE(height, 8);
  const properties = isoBox('iprp', isoBox('ipco', isoBox('ispe', size)));
  const meta = isoBox('meta', Buffer.concat([Buffer.alloc(4), properties]));
  return Buffer.concat([isoBox('ftyp', Buffer.from('avif\0\0\0\0avifmif1', 'latin1')), meta]);
}

function isoBox(type: string, content: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(content.length + 8, 0);
  head.write(type, 4, 'latin1');
  return Buffer.concat([head, content]);
}

/** A zip of text that stands in a PNG, a megabyte for each kilobyte: what reads metadata swells, what drops them does not. */
export function textBomb(png: Buffer, megabytes: number): Buffer {
  const text = deflateSync(Buffer.alloc(megabytes * 1_048_576), { level: 9 });
  const chunk = pngChunk('zTXt', Buffer.concat([Buffer.from('Comment\0\0', 'latin1'), text]));
  // After the header.
  return Buffer.concat([png.subarray(0, 33), chunk, png.subarray(33)]);
}
