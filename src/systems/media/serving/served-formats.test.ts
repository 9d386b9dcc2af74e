import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SERVED_FORMATS } from './served-formats.ts';

const servedTo = (accept: string) => SERVED_FORMATS.find(({ isTaken }) => isTaken(accept))?.type;

describe('the format in which a picture is served', () => {
  it('is WebP for who names it, unless to refuse it, and JPEG for everyone else', () => {
    for (const accept of [
      'image/webp',
      'image/avif,image/webp,*/*;q=0.8',
      'image/webp;q=0.1',
      'image/webp ; q=0.05',
    ]) {
      assert.equal(servedTo(accept), 'image/webp', accept);
    }
    for (const accept of [
      '',
      '*/*',
      'image/*',
      'image/jpeg',
      'image/webp;q=0',
      'image/webp;q=0.00, image/jpeg',
    ]) {
      assert.equal(servedTo(accept), 'image/jpeg', accept);
    }
  });
});
