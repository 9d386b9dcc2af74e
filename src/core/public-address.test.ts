import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { isPublicAddress } from './public-address.ts';

const IPV4_PUBLIC = [
  '1.1.1.1',
  '9.255.255.255',
  '11.0.0.0',
  '100.63.255.255',
  '100.128.0.0',
  '126.255.255.255',
  '128.0.0.0',
  '168.63.129.15',
  '169.253.255.255',
  '169.255.0.0',
  '172.15.255.255',
  '172.32.0.0',
  '192.0.1.0',
  '192.167.255.255',
  '192.169.0.0',
  '198.17.255.255',
  '198.20.0.0',
  '223.255.255.255',
];
const IPV4_PRIVATE = [
  '0.0.0.0',
  '0.255.255.255',
  '10.0.0.0',
  '10.255.255.255',
  '100.64.0.0',
  '100.100.100.200',
  '100.127.255.255',
  '127.0.0.1',
  '127.255.255.255',
  '168.63.129.16',
  '169.254.0.0',
  '169.254.169.254',
  '172.16.0.0',
  '172.31.255.255',
  '192.0.0.192',
  '192.0.2.1',
  '192.88.99.1',
  '192.168.0.0',
  '192.168.255.255',
  '198.18.0.0',
  '198.19.255.255',
  '198.51.100.1',
  '203.0.113.255',
  '224.0.0.1',
  '239.255.255.255',
  '240.0.0.1',
  '255.255.255.255',
];

describe('a public address', () => {
  it('is one of IPv4 outside all special ranges, up to their very ends', () => {
    assert.deepEqual(
      IPV4_PUBLIC.filter((address) => !isPublicAddress(address)),
      [],
    );
    assert.deepEqual(IPV4_PRIVATE.filter(isPublicAddress), []);
  });

  it('is one of IPv6 that is handed out to anyone', () => {
    const open = ['2600::1', '2a00:1450:4001::200e', '2001:200::1', '2001:4860:4860::8888', '3ffe::1'];
    assert.deepEqual(
      open.filter((address) => !isPublicAddress(address)),
      [],
    );
    const closed = [
      '::',
      '::1',
      'fe80::1',
      'febf::1',
      'fc00::1',
      'fd00::1',
      'fd00:ec2::254',
      'fec0::1',
      'ff02::1',
      '100::1',
      '2001:db8::1',
      '3fff::1',
      '5f00::1',
      '4000::1',
      '::7f00:1',
      '::127.0.0.1',
      '::1.1.1.1',
      '64:ff9b:1::1.1.1.1',
      'fe80::1%eth0',
      '2600::1%1',
    ];
    assert.deepEqual(closed.filter(isPublicAddress), []);
  });

  it('is never a 6to4 or Teredo address, whatever IPv4 address is in it', () => {
    const tunnelled = ['2002:7f00:1::', '2002:0101:0101::1', '2001:0:4136:e378:8000:63bf:3fff:fdd2'];
    assert.deepEqual(tunnelled.filter(isPublicAddress), []);
  });

  it('is, mapped or behind NAT64, what the IPv4 address in it is, however it is written', () => {
    const octet = fc.integer({ min: 0, max: 255 });
    const any = fc.tuple(octet, octet, octet, octet);
    const special = fc.constantFrom(...IPV4_PRIVATE).map((text) => text.split('.').map(Number));
    fc.assert(
      fc.property(fc.oneof(any, special), (octets) => {
        const dotted = octets.join('.');
        const hex = octets.map((part) => part.toString(16).padStart(2, '0')).join('');
        const groups = `${hex.slice(0, 4)}:${hex.slice(4)}`;
        const forms = [
          `::ffff:${dotted}`,
          `::FFFF:${groups}`,
          `0:0:0:0:0:ffff:${groups}`,
          `64:ff9b::${groups}`,
        ];
        for (const form of forms) assert.equal(isPublicAddress(form), isPublicAddress(dotted), form);
      }),
    );
  });

  it('is an address, and in no other form than that of the standard', () => {
    for (const text of [
      '',
      'example.org',
      '127.1',
      '0x7f.1',
      '2130706433',
      '[2600::1]',
      '1.1.1.1 ',
      '1.1.1',
    ]) {
      assert.equal(isPublicAddress(text), false, text);
    }
  });
});
