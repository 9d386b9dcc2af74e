import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createClientAddress } from './client-address.ts';

/** The parts that are looked at. */
const request = (remoteAddress: string, ...forwarded: string[]) => ({
  socket: { remoteAddress },
  rawHeaders: ['Host', 'example.org', ...forwarded.flatMap((value) => ['X-Forwarded-For', value])],
});

describe('the address of a client', () => {
  it('is that of the connection where no proxy is trusted, whatever the request says', () => {
    const addressOf = createClientAddress([]);
    assert.equal(addressOf(request('192.0.2.1', '203.0.113.7')), '192.0.2.1');
    assert.equal(addressOf(request('::ffff:192.0.2.1')), '192.0.2.1');
    assert.equal(addressOf(request('2001:db8::1')), '2001:db8::1');
  });

  it('is what the trusted proxies say, up to the first that is not one of them', () => {
    const addressOf = createClientAddress(['10.0.0.0/8', '2001:db8::1']);
    assert.equal(addressOf(request('10.1.2.3', '203.0.113.7')), '203.0.113.7');
    assert.equal(addressOf(request('::ffff:10.1.2.3', '198.51.100.1, 203.0.113.7, 10.9.9.9')), '203.0.113.7');
    assert.equal(addressOf(request('10.1.2.3', '198.51.100.1', '203.0.113.7')), '203.0.113.7');
    assert.equal(addressOf(request('2001:db8::1', '203.0.113.7')), '203.0.113.7');
    assert.equal(addressOf(request('192.0.2.1', '203.0.113.7')), '192.0.2.1');
    assert.equal(addressOf(request('10.1.2.3')), '10.1.2.3');
    assert.equal(addressOf(request('10.1.2.3', '10.4.5.6')), '10.4.5.6');
  });
});
