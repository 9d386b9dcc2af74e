/**
 * PNG pictures (ISO/IEC 15948) of two colours, a bit a pixel. The packages that write PNG take four bytes a pixel: 16 MB, and the
 * event loop for a tenth of a second, for what is half a megabyte here and packed beside it.
 */
import { promisify } from 'node:util';
import { crc32, deflate } from 'node:zlib';
import type { Modules } from './qr-modules.ts';

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const PALETTE = 3;
const deflateBeside = promisify(deflate);

export interface TwoColours {
  readonly dark: readonly number[];
  readonly light: readonly number[];
}

/** The modules as large as they fit, all of one size, in the middle. */
export async function pngOf(modules: Modules, size: number, { dark, light }: TwoColours): Promise<Buffer> {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(size, 0);
  header.writeUInt32BE(size, 4);
  header.set([1, PALETTE], 8);
  const pixels = await deflateBeside(pixelsOf(modules, size));
  return Buffer.concat([
    SIGNATURE,
    chunk('IHDR', header),
    chunk('PLTE', Buffer.from([...light, ...dark])),
    chunk('IDAT', pixels),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** Each line is a byte that says "not filtered", and its pixels, eight a byte. */
function pixelsOf(modules: Modules, size: number): Buffer {
  const scale = Math.floor(size / modules.length);
  const start = Math.floor((size - scale * modules.length) / 2);
  const lineBytes = 1 + Math.ceil(size / 8);
  const pixels = Buffer.alloc(lineBytes * size);
  for (const [y, line] of modules.entries()) {
    const drawn = Buffer.alloc(lineBytes);
    for (const [x, dark] of line.entries()) if (dark) drawRun(drawn, start + x * scale, scale);
    for (let copy = 0; copy < scale; copy += 1) pixels.set(drawn, (start + y * scale + copy) * lineBytes);
  }
  return pixels;
}

function drawRun(line: Buffer, from: number, length: number): void {
  for (let pixel = from; pixel < from + length; pixel += 1) {
    const at = 1 + (pixel >> 3);
    line[at] = (line[at] ?? 0) | (0x80 >> (pixel & 7));
  }
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, check]);
}
