import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import sharp from 'sharp';
import { FORMAT_BYTES, formatOf, PICTURE_FORMATS } from './picture-format.ts';

function blank(width: number, height: number) {
  return sharp({ create: { width, height, channels: 4, background: { r: 1, g: 2, b: 3, alpha: 0.5 } } });
}

describe('the first bytes of a picture', () => {
  it('tell its format', async () => {
    for (const format of PICTURE_FORMATS) {
      const bytes = await blank(30, 20).toFormat(format).toBuffer();
      assert.equal(formatOf(bytes.subarray(0, FORMAT_BYTES)), format);
    }
    const heic = (brand: string) => Buffer.from(`\0\0\0\x18ftyp${brand}\0\0\0\0mif1heic`, 'latin1');
    assert.equal(formatOf(heic('heic')), 'heic');
    assert.equal(formatOf(heic('avif')), 'avif');
  });

  it('tell that it is none, whatever else they are', () => {
    for (const text of [
      '',
      'GIF88a',
      '<svg xmlns="http://www.w3.org/2000/svg"/>',
      '%PDF-1.7',
      'RIFF....WAVE',
      'BM',
    ]) {
      assert.equal(formatOf(Buffer.from(text)), undefined, text);
    }
    assert.equal(formatOf(Buffer.from('\0\0\0\x18ftypisom\0\0\0\0isommp42', 'latin1')), undefined);
  });
});
