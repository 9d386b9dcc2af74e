import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import sharp from 'sharp';
import { formatOf, PICTURE_FORMATS, type PictureFormat } from './picture-format.ts';
import { PIXELS_MAX, SIDE_MAX, sizeProblem } from './picture-limits.ts';
import { pixelSizeOf } from './picture-size.ts';

function blank(width: number, height: number) {
  return sharp({ create: { width, height, channels: 4, background: { r: 1, g: 2, b: 3, alpha: 0.5 } } });
}

/** So many bytes as one chunk of an upload may have. */
const sizeOf = (format: PictureFormat, bytes: Buffer) => pixelSizeOf(format, bytes.subarray(0, 65_536));

describe('the size of a picture, by its first bytes', () => {
  it('is told by every format', async () => {
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
        ['avif', await blank(width, height).avif({ effort: 0 }).toBuffer()],
      ] as const;
      for (const [format, bytes] of files) assert.deepEqual(sizeOf(format, bytes), { width, height }, format);
    }
  });

  it('is that of the upright picture, however the camera was held', async () => {
    for (const orientation of [1, 2, 3, 4, 5, 6, 7, 8]) {
      const taken = blank(300, 200).withMetadata({ orientation });
      const files = [
        ['jpeg', await taken.clone().jpeg().toBuffer()],
        ['png', await taken.clone().png().toBuffer()],
      ] as const;
      for (const [format, bytes] of files) {
        const { autoOrient } = await sharp(bytes).metadata();
        assert.deepEqual(sizeOf(format, bytes), autoOrient, `${format} held ${orientation}`);
      }
    }
  });

  it('is found behind a preview that another program put before it', async () => {
    const jpeg = await blank(300, 200).jpeg().toBuffer();
    const preview = Buffer.alloc(65_000);
    preview.set([0xff, 0xe2]);
    preview.writeUInt16BE(preview.length - 2, 2);
    const bytes = Buffer.concat([jpeg.subarray(0, 2), preview, preview, preview, jpeg.subarray(2)]);
    assert.equal(pixelSizeOf('jpeg', bytes.subarray(0, 65_536)), undefined);
    assert.deepEqual(pixelSizeOf('jpeg', bytes), { width: 300, height: 200 });
  });

  it('is looked for without a failure, whatever the bytes are', async () => {
    const whole = await Promise.all(
      PICTURE_FORMATS.map((format) =>
        blank(20, 30).withMetadata({ orientation: 6 }).toFormat(format).toBuffer(),
      ),
    );
    const format = fc.constantFrom(...PICTURE_FORMATS);
    fc.assert(
      fc.property(format, format, fc.nat(600), fc.uint8Array({ maxLength: 80 }), (one, other, at, bytes) => {
        // Real to a point, and then anything.
        const real = whole[PICTURE_FORMATS.indexOf(one)]?.subarray(0, at) ?? Buffer.alloc(0);
        const head = Buffer.concat([real, bytes]);
        formatOf(head);
        pixelSizeOf(one, head);
        pixelSizeOf(other, head);
      }),
      { numRuns: 5_000 },
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
