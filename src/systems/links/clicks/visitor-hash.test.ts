import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { systemRandomness } from '../../../core/clock.ts';
import { HASH_KEY_BYTES, hashKeyOf } from './half-sip-hash.ts';
import {
  createVisitorHash,
  RANK_MAX,
  rankOf,
  registerOf,
  VISITORS_BELOW,
  visitorOf,
} from './visitor-hash.ts';

const salt = hashKeyOf(Buffer.from('0123456789abcdef', 'hex'));
const hash = createVisitorHash();

describe('the hash of a visitor', () => {
  it('is the first 12 bits as the register, and one more than the zeros that follow as the rank', () => {
    const cases: [high: number, low: number, register: number, rank: number][] = [
      [0xfff80000, 0, 4_095, 1],
      [0x00080000, 0, 0, 1],
      [0x00000001, 0, 0, 20],
      [0x12300000, 0x80000000, 0x123, 21],
      [0x12300000, 1, 0x123, 52],
      [0, 0, 0, RANK_MAX],
    ];
    for (const [high, low, register, rank] of cases) {
      const visitor = visitorOf(high | 0, low | 0);
      assert.deepEqual([registerOf(visitor), rankOf(visitor)], [register, rank]);
      assert.ok(visitor < VISITORS_BELOW);
    }
  });

  it('is the same for the same address and user agent, and spreads over the others', () => {
    assert.equal(hash(salt, '203.0.113.7', 1), hash(salt, '203.0.113.7', 1));
    assert.equal(hash(salt, '203.0.113.7', 1), hash(salt, '::ffff:203.0.113.7', 1));
    const registers = new Set<number>();
    for (let last = 0; last < 256; last += 1) {
      for (const agent of [1, 2]) registers.add(registerOf(hash(salt, `203.0.113.${last}`, agent)));
    }
    // Of 512 balls in 4,096 urns some 30 share one.
    assert.ok(registers.size > 440, `${registers.size} registers`);
  });

  it('takes the devices of one IPv6 network of 64 bits for one, however they are written', () => {
    const same = [
      '2001:db8:0:7::1',
      '2001:db8:0:7:a:b:c:d',
      '2001:DB8::7:1:2:3:4'.toLowerCase(),
      '2001:db8:0:7:ffff::',
    ];
    assert.equal(new Set(same.map((address) => hash(salt, address, 1))).size, 1);
    assert.notEqual(hash(salt, '2001:db8:0:8::1', 1), hash(salt, '2001:db8:0:7::1', 1));
    assert.equal(hash(salt, '::1', 1), hash(salt, '::2', 1));
  });

  it('says nothing without the salt: with that of another day everybody is somebody else', () => {
    const other = hashKeyOf(systemRandomness.bytes(HASH_KEY_BYTES));
    const addresses = Array.from({ length: 100 }, (_, last) => `203.0.113.${last}`);
    const same = addresses.filter((address) => hash(salt, address, 1) === hash(other, address, 1));
    assert.ok(same.length < 5, `${same.length} of 100`);
  });

  it('takes whatever stands for an address', () => {
    for (const address of [
      '',
      'unknown',
      'x'.repeat(1_000),
      ':',
      ':::',
      '2001:zz::',
      '1:2:3:4:5:6:7:8:9:10',
    ]) {
      const visitor = hash(salt, address, 0);
      assert.ok(visitor >= 0 && visitor < VISITORS_BELOW, address);
    }
  });
});
