import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import sharp from 'sharp';
import { FORMAT_BYTES, formatOf, PICTURE_FORMATS, pixelSizeOf } from './picture-format.ts';
import { PIXELS_MAX, SIDE_MAX, sizeProblem } from './picture-limits.ts';

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

  it('tell its size, where they can', async () => {
    for (const [width, height] of [
      [1, 1],
      [300, 200],
      [2_000, 17],
    ] as const) {
      const picture = blank(width, height);
      const files = [
        ['png', await picture.png().toBuffer()],
        ['gif', await picture.gif().toBuffer()],
        ['webp', await picture.webp().toBuffer()],
        ['webp', await picture.webp({ lossless: true }).toBuffer()],
        ['webp', await picture.removeAlpha().webp().toBuffer()],
        ['jpeg', await picture.jpeg().toBuffer()],
        ['jpeg', await picture.jpeg({ progressive: true }).withMetadata().toBuffer()],
      ] as const;
      for (const [format, bytes] of files) {
        assert.deepEqual(pixelSizeOf(format, bytes), { width, height }, format);
      }
    }
  });

  it('are read without a failure, whatever they are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), fc.constantFrom(...PICTURE_FORMATS), (bytes, format) => {
        const heads = { jpeg: 'ffd8ff', png: '89504e470d0a1a0a', webp: '', avif: '', gif: '474946383961' };
        const head = Buffer.concat([Buffer.from(heads[format], 'hex'), bytes]);
        formatOf(head);
        pixelSizeOf(format, head);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('the size of a picture', () => {
  it('may be up to its limits, and not one pixel more', () => {
    assert.equal(sizeProblem({ width: 10_000, height: PIXELS_MAX / 10_000 }), undefined);
    assert.match(
      sizeProblem({ width: 10_000, height: PIXELS_MAX / 10_000 + 1 }) ?? '',
      /10000 x 5001 pixels/,
    );
    assert.equal(sizeProblem({ width: SIDE_MAX, height: 1 }), undefined);
    assert.match(sizeProblem({ width: 1, height: SIDE_MAX + 1 }) ?? '', /1 x 16384 pixels/);
    assert.match(sizeProblem({ width: 0, height: 10 }) ?? '', /without any pixels/);
  });
});
