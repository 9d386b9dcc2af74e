import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { PROFILE_PICTURES, type StoredMedia, VARIANTS } from '../../../core/media.ts';
import { createMediaAddresses } from './media-addresses.ts';

const HOUR_MS = 3_600_000;
const KEY = 'ab'.repeat(16);
const MEDIA: StoredMedia = {
  ...{ media_id: '1537140515004424', key: KEY, state: 'ready', animated: false, width: 400, height: 300 },
  ...{ thumbhash: 'AAAA', alt: null, focus: null, variants: [{ name: '150', width: 150, height: 150 }] },
};

let nowMs = 1_800_000_000_000;
const clock = { nowMs: () => nowMs, monotonicMs: () => nowMs, sleep: async () => undefined };
const open = (secret: number) =>
  createMediaAddresses({ secret: Buffer.alloc(32, secret), clock, publicUrl: () => 'https://a.example' });
const addresses = open(1);

function tokenFor(audience: 'everyone' | 'some'): string {
  const url = addresses.show([MEDIA], audience)[0]?.url ?? '';
  assert.match(url, /^https:\/\/a\.example\/media\/[\w.-]+\/full$/);
  return url.split('/').at(-2) ?? '';
}

const profileToken = (picture: 'avatar' | 'header') => addresses.pathOf(KEY, picture).split('/').at(-2) ?? '';

describe('addresses of pictures', () => {
  it('last where everyone may see them', () => {
    const token = tokenFor('everyone');
    nowMs += 10 * 365 * 24 * HOUR_MS;
    assert.deepEqual(addresses.open(token), { key: KEY, expiresMs: undefined, variants: VARIANTS });
    assert.equal(tokenFor('everyone'), token);
  });

  it('last for one to two hours where not everyone may, and are the same within an hour', () => {
    nowMs = Math.ceil(nowMs / HOUR_MS) * HOUR_MS;
    const token = tokenFor('some');
    nowMs += HOUR_MS - 1;
    assert.equal(tokenFor('some'), token);
    nowMs += HOUR_MS;
    assert.equal(addresses.open(token)?.key, KEY);
    nowMs += 1;
    assert.equal(addresses.open(token), undefined);
    assert.notEqual(tokenFor('some'), token);
  });

  it('are none of ours if a single character is another, or the secret', () => {
    for (const token of [tokenFor('everyone'), tokenFor('some'), profileToken('avatar')]) {
      assert.ok(addresses.open(token));
      assert.equal(open(2).open(token), undefined);
      const position = fc.integer({ min: 0, max: token.length - 1 });
      fc.assert(
        fc.property(position, fc.constantFrom(...'abz09.-_A'), (at, character) => {
          const other = token.slice(0, at) + character + token.slice(at + 1);
          return other === token || addresses.open(other) === undefined;
        }),
      );
    }
    for (const token of ['', '.', KEY, `${KEY}.`, `${KEY}..`, `../${KEY}.x`]) {
      assert.equal(addresses.open(token), undefined);
    }
  });

  it('of a profile are good for what was cut for it alone', () => {
    const token = profileToken('avatar');
    assert.deepEqual(addresses.open(token), { key: KEY, expiresMs: undefined, variants: PROFILE_PICTURES });
    assert.equal(profileToken('header'), token);
    assert.notEqual(token, tokenFor('everyone'));
  });

  it('are none of what failed', () => {
    const [shown] = addresses.show([{ ...MEDIA, state: 'failed', variants: [] }], 'everyone');
    assert.deepEqual([shown?.url, shown?.thumbnailUrl], [null, null]);
  });
});
