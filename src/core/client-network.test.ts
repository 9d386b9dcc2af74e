import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { networkOf } from './client-network.ts';

describe('the network of a client', () => {
  it('is a /64 of IPv6, and an address of IPv4', () => {
    for (const [address, network] of [
      ['203.0.113.7', '203.0.113.7'],
      ['::ffff:203.0.113.7', '::ffff:203.0.113.7'],
      ['2001:db8:1:2::', '2001:db8:1:2'],
      ['2001:db8:1:2:a:b:c:d', '2001:db8:1:2'],
      ['2001:db8::1', '2001:db8:0:0'],
      ['::1', '0:0:0:0'],
      ['not an address', 'not an address'],
    ] as const) {
      assert.equal(networkOf(address), network);
    }
  });
});
