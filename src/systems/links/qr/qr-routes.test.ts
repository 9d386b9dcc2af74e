import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { inflateSync } from 'node:zlib';
import fc from 'fast-check';
import decodeQR from 'qr/decode.js';
import { createTransferSetting, type TransferSetting } from '../../../../test/support/transfer-setting.ts';
import { AppError } from '../../../core/errors.ts';
import { drawQrCode, QR_MARGIN_MAX, QR_SIZE_MAX, QR_SIZE_MIN } from './qr-code.ts';
import { encodeModules, QR_LEVELS } from './qr-modules.ts';

const SHORT_URL = 'https://go.example/4fTq9Zb';
const DEFAULTS = {
  text: SHORT_URL,
  size: 256,
  margin: 4,
  level: 'M',
  dark: '000000',
  light: 'ffffff',
} as const;

/** The picture as a camera sees it. */
function pixelsOf(png: Buffer) {
  const size = png.readUInt32BE(16);
  const chunks = new Map<string, Buffer>();
  for (let at = 8; at < png.length; ) {
    const length = png.readUInt32BE(at);
    chunks.set(png.toString('latin1', at + 4, at + 8), png.subarray(at + 8, at + 8 + length));
    at += 12 + length;
  }
  const lines = inflateSync(chunks.get('IDAT') ?? Buffer.alloc(0));
  const palette = chunks.get('PLTE') ?? Buffer.alloc(0);
  const data = new Uint8Array(size * size * 4);
  for (let y = 0; y < size; y += 1) {
    for (let x = 0; x < size; x += 1) {
      const byte = lines[y * (1 + Math.ceil(size / 8)) + 1 + (x >> 3)] ?? 0;
      const colour = (byte >> (7 - (x & 7))) & 1;
      data.set([...palette.subarray(3 * colour, 3 * colour + 3), 255], 4 * (y * size + x));
    }
  }
  return { width: size, height: size, data };
}

/** The modules that an SVG draws. */
function modulesIn(svg: string): boolean[][] {
  const side = Number(/viewBox="0 0 (\d+)/.exec(svg)?.[1]);
  const modules = Array.from({ length: side }, () => Array.from({ length: side }, () => false));
  const drawn = svg.split('<path').at(-1) ?? '';
  for (const [, x, y, length] of drawn.matchAll(/M(\d+) (\d+)h(\d+)v1/g)) {
    modules[Number(y)]?.fill(true, Number(x), Number(x) + Number(length));
  }
  return modules;
}

describe('a QR code', () => {
  it('is read back from its PNG, whatever its size, margin, level and colours', () =>
    fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 100, max: 400 }),
        fc.integer({ min: 4, max: QR_MARGIN_MAX }),
        fc.constantFrom(...QR_LEVELS),
        fc.constantFrom(['000000', 'ffffff'], ['#1D3557', 'f1faee'], ['800000', 'ffff00']),
        async (size, margin, level, [dark = '', light = '']) => {
          const { mediaType, bytes } = await drawQrCode({
            ...DEFAULTS,
            format: 'png',
            size,
            margin,
            level,
            dark,
            light,
          });
          assert.equal(mediaType, 'image/png');
          assert.equal(decodeQR(pixelsOf(bytes)), SHORT_URL);
        },
      ),
      { numRuns: 40 },
    ));

  it('has the same modules as SVG, with the margin that was asked for', async () => {
    for (const margin of [0, 4, QR_MARGIN_MAX]) {
      const { mediaType, bytes } = await drawQrCode({ ...DEFAULTS, format: 'svg', margin });
      assert.equal(mediaType, 'image/svg+xml');
      const modules = encodeModules(SHORT_URL, 'M', margin);
      assert.deepEqual(modulesIn(bytes.toString()), modules);
      assert.ok(modules.slice(0, margin).every((line) => line.every((dark) => !dark)));
      assert.equal(modules[margin]?.[margin], true, 'the corner of a finder pattern');
    }
  });

  it('is refused where no camera would read it', async () => {
    const refused = (changes: object, field: string) =>
      assert.rejects(drawQrCode({ ...DEFAULTS, format: 'svg', ...changes }), (error) => {
        assert.ok(error instanceof AppError && error.code === 'invalid');
        return error.fields[0]?.field === field;
      });
    await refused({ dark: 'ffffff', light: '000000' }, 'dark');
    await refused({ dark: '777777', light: '888888' }, 'dark');
    await refused({ dark: 'ffff00' }, 'dark');
    await refused({ dark: '"/><script>' }, 'dark');
    await refused({ light: 'white' }, 'light');
    await refused({ size: 20 }, 'size');
    await refused({ text: 'x'.repeat(2_000) }, 'text');
    await drawQrCode({ ...DEFAULTS, format: 'svg', dark: '767676' });
  });

  it('is half a megabyte of pixels at its largest, and small when packed', async () => {
    const { bytes } = await drawQrCode({ ...DEFAULTS, format: 'png', size: QR_SIZE_MAX });
    assert.equal(bytes.readUInt32BE(16), QR_SIZE_MAX);
    assert.ok(bytes.length < 20_000);
  });
});

describe('GET /links/{link_id}/qr', () => {
  let setting: TransferSetting;
  let alice: string;
  let url: string;
  before(async () => {
    setting = await createTransferSetting();
    alice = setting.newUser();
    const body = '{"url":"https://example.org/","alias":"poster"}';
    const made = await setting.call('POST', alice, '/links', { type: 'application/json', body });
    url = `/links/${made.json().link_id}/qr`;
  });
  after(() => setting.close());

  it('leads to the short URL, and is remembered by its ETag', async () => {
    const png = await setting.call('GET', alice, `${url}?format=png&size=300&ecc=H`);
    assert.equal(png.statusCode, 200, png.body);
    assert.equal(png.headers['content-type'], 'image/png');
    assert.equal(decodeQR(pixelsOf(png.rawPayload)), 'https://go.test/poster');
    assert.equal(png.headers['cache-control'], 'private, max-age=3600');
    const headers = { 'if-none-match': String(png.headers.etag) };
    const again = await setting.call('GET', alice, `${url}?format=png&size=300&ecc=H`, { headers });
    assert.equal(again.statusCode, 304);
    assert.equal(again.body, '');
    const other = await setting.call('GET', alice, `${url}?format=png&size=301&ecc=H`, { headers });
    assert.equal(other.statusCode, 200);
    const svg = await setting.call('GET', alice, url);
    assert.equal(svg.headers['content-type'], 'image/svg+xml');
    assert.match(svg.body, /^<svg [^>]*width="512"/);
  });

  it('is bounded, and the owner’s', async () => {
    const statusOf = async (query: string, user = alice) =>
      (await setting.call('GET', user, `${url}?${query}`)).statusCode;
    assert.equal(await statusOf(`size=${QR_SIZE_MAX}`), 200);
    assert.equal(await statusOf(`size=${QR_SIZE_MIN}`), 200);
    const wrong = [
      ...[`size=${QR_SIZE_MAX + 1}`, `size=${QR_SIZE_MIN - 1}`, `margin=${QR_MARGIN_MAX + 1}`, 'margin=-1'],
      ...['format=gif', 'ecc=X', 'dark=red', 'dark=ffffff', 'light=%23000000', 'colour=red'],
    ];
    for (const query of wrong) assert.equal(await statusOf(query), 422, query);
    assert.equal(await statusOf('', setting.newUser()), 404);
  });
});
