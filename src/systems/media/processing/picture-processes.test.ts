import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import sharp from 'sharp';
import {
  emptyAvif,
  greyJpeg,
  greyPng,
  manyFrames,
  textBomb,
} from '../../../../test/support/hostile-pictures.ts';
import { hasCode } from '../../../core/errors.ts';
import { FRAMES_MAX } from '../picture-limits.ts';
import { createPictureProcesses, type PictureProcesses } from './picture-processes.ts';
import type { Picture } from './picture-task.ts';

let processes: PictureProcesses;
before(() => {
  processes = createPictureProcesses({ concurrency: 1 });
});
after(() => processes.close());

function blank(width: number, height: number, channels: 3 | 4 = 3) {
  return sharp({ create: { width, height, channels, background: { r: 200, g: 30, b: 30, alpha: 0.5 } } });
}

async function metadataOf(picture: Picture, file: string) {
  const found = picture.files.find((each) => each.file === file);
  assert.ok(found, `${file} is among the variants`);
  return sharp(Buffer.from(found.bytes)).metadata();
}

async function refused(bytes: Buffer, why: RegExp): Promise<void> {
  await assert.rejects(
    processes.decode(bytes),
    (error) => hasCode(error, 'invalid') && why.test(error.message),
  );
}

describe('decoding pictures', () => {
  it('makes every size that is smaller than the picture, as JPEG and WebP', async () => {
    const picture = await processes.decode(await blank(1_600, 1_200).jpeg().toBuffer());
    assert.deepEqual(picture.variants, [
      { name: '150', width: 150, height: 150 },
      { name: '320', width: 320, height: 240 },
      { name: '640', width: 640, height: 480 },
      { name: '1080', width: 1_080, height: 810 },
      { name: 'full', width: 1_600, height: 1_200 },
    ]);
    assert.equal(picture.files.length, 10);
    for (const { name, width, height } of picture.variants) {
      for (const [file, format] of [
        [`${name}.jpg`, 'jpeg'],
        [`${name}.webp`, 'webp'],
      ] as const) {
        const metadata = await metadataOf(picture, file);
        assert.deepEqual([metadata.format, metadata.width, metadata.height], [format, width, height]);
      }
    }
    assert.ok(Buffer.from(picture.thumbhash, 'base64').length <= 25);
  });

  it('leaves out sizes that would be no smaller', async () => {
    const names = async (width: number, height: number) =>
      (await processes.decode(await blank(width, height).png().toBuffer())).variants.map(({ name }) => name);
    assert.deepEqual(await names(320, 200), ['150', 'full']);
    assert.deepEqual(await names(321, 200), ['150', '320', 'full']);
    assert.deepEqual(await names(1, 1), ['150', 'full']);
  });

  it('takes PNG, WebP, AVIF and GIF too, with or without transparency', async () => {
    const formats = [
      blank(40, 30, 4).png(),
      blank(40, 30, 4).webp(),
      blank(40, 30).avif(),
      blank(40, 30).gif(),
      blank(40, 30, 4).greyscale().png(),
      blank(40, 30).toColourspace('cmyk').jpeg(),
      blank(40, 30).toColourspace('rgb16').png(),
    ];
    for (const format of formats) {
      const { width, height, animated } = await processes.decode(await format.toBuffer());
      assert.deepEqual({ width, height, animated }, { width: 40, height: 30, animated: false });
    }
  });

  it('keeps transparency in WebP, and puts white behind it in JPEG', async () => {
    const picture = await processes.decode(await blank(40, 30, 4).png().toBuffer());
    assert.equal((await metadataOf(picture, 'full.webp')).hasAlpha, true);
    assert.equal((await metadataOf(picture, 'full.jpg')).hasAlpha, false);
  });

  it('shows the first frame of what moves, and marks it', async () => {
    const frames = Buffer.concat([Buffer.alloc(10 * 10 * 3, 0), Buffer.alloc(10 * 10 * 3, 255)]);
    const gif = await sharp(frames, { raw: { width: 10, height: 20, channels: 3, pageHeight: 10 } })
      .gif()
      .toBuffer();
    const picture = await processes.decode(gif);
    assert.deepEqual([picture.animated, picture.width, picture.height], [true, 10, 10]);
  });

  it('turns what was taken sideways, and keeps nothing of where and with what it was taken', async () => {
    const original = await blank(40, 30)
      .withExif({
        IFD0: { Make: 'A camera', Orientation: '6' },
        IFD3: { GPSLatitudeRef: 'N', GPSLatitude: '52/1 31/1 0/1' },
      })
      .withMetadata({ orientation: 6 })
      .jpeg()
      .toBuffer();
    assert.ok((await sharp(original).metadata()).exif?.includes('A camera'));
    const picture = await processes.decode(original);
    assert.deepEqual([picture.width, picture.height], [30, 40]);
    for (const { file, bytes } of picture.files) {
      const { exif, xmp, iptc, icc, orientation, comments } = await sharp(Buffer.from(bytes)).metadata();
      const kept = [exif, xmp, iptc, icc, orientation, comments].filter((each) => each !== undefined);
      assert.deepEqual(kept, [], file);
      assert.doesNotMatch(Buffer.from(bytes).toString('latin1'), /Exif|GPS|A camera|http:\/\/ns\.adobe/);
    }
  });

  it('refuses what is no picture, cut off, or dressed up as one', async () => {
    const jpeg = await blank(400, 300).jpeg().toBuffer();
    await refused(Buffer.alloc(0), /cannot be decoded/);
    await refused(Buffer.from('<html><script>alert(1)</script></html>'), /cannot be decoded/);
    await refused(Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>'), /format|decoded/);
    await refused(jpeg.subarray(0, jpeg.length / 2), /cannot be decoded/);
    await refused(jpeg.subarray(0, 20), /cannot be decoded/);
  });

  it('refuses what would become too large, before it is decoded', async () => {
    const tooLarge = /pixels|cannot be decoded/;
    await refused(greyPng(16_000, 16_000), tooLarge);
    await refused(greyJpeg(30_000, 30_000), tooLarge);
    await refused(emptyAvif(20_000, 20_000), tooLarge);
    await refused(greyPng(7_072, 7_072), tooLarge);
    // 49,999,041 pixels.
    assert.equal((await processes.decode(greyPng(7_071, 7_071))).width, 7_071);
  });

  it('takes as many frames as may be, and not one more', async () => {
    const { animated, width } = await processes.decode(manyFrames(FRAMES_MAX, 20, 10));
    assert.deepEqual([animated, width], [true, 20]);
    await refused(manyFrames(FRAMES_MAX + 1, 20, 10), /has 1001 frames/);
  });

  it('drops text that would fill the memory', async () => {
    const { files, width } = await processes.decode(textBomb(greyPng(30, 20), 64));
    assert.equal(width, 30);
    for (const { bytes } of files) assert.doesNotMatch(Buffer.from(bytes).toString('latin1'), /Comment/);
  });

  it('makes a polyglot harmless: nothing but pixels comes through', async () => {
    const jpeg = await blank(40, 30).jpeg().toBuffer();
    const polyglot = Buffer.concat([jpeg, Buffer.from('<script>alert(1)</script>')]);
    const { files } = await processes.decode(polyglot);
    for (const { bytes } of files) assert.doesNotMatch(Buffer.from(bytes).toString('latin1'), /script/);
  });

  it('cuts what a profile shows around the focus, no larger than it is', async () => {
    const stripes = sharp({ create: { width: 900, height: 300, channels: 3, background: '#000000' } });
    const right = await sharp({ create: { width: 300, height: 300, channels: 3, background: '#ffffff' } })
      .png()
      .toBuffer();
    const wide = await stripes
      .composite([{ input: right, left: 600, top: 0 }])
      .webp()
      .toBuffer();
    const brightness = async (focus: readonly [number, number]) => {
      const { variant, files } = await processes.cut(wide, { picture: 'avatar', focus });
      assert.deepEqual(variant, { name: 'avatar', width: 300, height: 300 });
      const [jpeg] = files;
      assert.deepEqual([jpeg?.file, files.length], ['avatar.jpg', 2]);
      const { channels } = await sharp(Buffer.from(jpeg?.bytes ?? [])).stats();
      return Math.round(channels[0]?.mean ?? 0);
    };
    assert.ok((await brightness([-1, 0])) < 5);
    assert.ok((await brightness([1, 0])) > 250);
    await assert.rejects(
      processes.cut(Buffer.from('no picture'), { picture: 'header', focus: null }),
      (error) => hasCode(error, 'invalid'),
    );
  });

  it('goes on after a process was killed over a picture that takes too long', async (t) => {
    const impatient = createPictureProcesses({ concurrency: 1, timeoutMs: 1 });
    t.after(() => impatient.close());
    const picture = await blank(400, 300).jpeg().toBuffer();
    await assert.rejects(impatient.decode(picture), (error) => hasCode(error, 'timeout'));
    assert.equal((await processes.decode(picture)).width, 400);
  });

  it('goes on after a picture that takes more memory than there may be', {
    skip: process.platform !== 'linux',
  }, async (t) => {
    const poor = createPictureProcesses({ concurrency: 1, memoryBytesMax: 260_000_000 });
    t.after(() => poor.close());
    const large = await blank(7_000, 7_000).jpeg().toBuffer();
    await assert.rejects(
      poor.decode(large),
      (error) => hasCode(error, 'invalid') || hasCode(error, 'internal'),
    );
    assert.equal((await poor.decode(await blank(40, 30).jpeg().toBuffer())).width, 40);
  });

  it('decodes more pictures than there are processes, one after the other', async () => {
    const picture = await blank(60, 50).png().toBuffer();
    const pictures = await Promise.all(Array.from({ length: 5 }, () => processes.decode(picture)));
    assert.deepEqual(
      pictures.map(({ width }) => width),
      [60, 60, 60, 60, 60],
    );
  });
});
