import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { hostOf, refuseTarget } from './outbound-target.ts';

describe('a target', () => {
  it('is any http or https URL of a public host', () => {
    for (const url of [
      'https://example.org',
      'http://example.org:8080/a?b#c',
      'https://example.org./',
      'https://bücher.example/',
      'https://1.1.1.1/',
      'https://[2600::1]:8443/',
      'https://home.example.org/',
      'https://localhost.example.org/',
      'https://127.0.0.1.nip.io/', // what it leads to is found out when something is sent there
    ]) {
      assert.equal(refuseTarget(url), undefined, url);
      assert.equal(refuseTarget(new URL(url)), undefined, url);
    }
  });

  it('is no private host in any spelling that the URL standard knows', () => {
    for (const host of [
      '127.0.0.1',
      '127.0.0.1.',
      '127.1',
      '0x7f.1',
      '0x7f000001',
      '0177.0.0.1',
      '2130706433',
      '017700000001',
      '１２７.0.0.1',
      '127。0。0。1',
      '0',
      '0.0.0.0',
      '10.0.0.1',
      '100.64.0.1',
      '169.254.169.254',
      '0xa9fea9fe',
      '192.168.1.1',
      '255.255.255.255',
      '224.0.0.1',
      '[::]',
      '[::1]',
      '[::ffff:127.0.0.1]',
      '[::ffff:7f00:1]',
      '[::127.0.0.1]',
      '[64:ff9b::10.0.0.1]',
      '[2002:7f00:1::]',
      '[fd00::1]',
      '[fe80::1]',
      'localhost',
      'LOCALHOST',
      'localhost.',
      'a.localhost',
      'ⓛocalhost',
      'printer.local',
      'printer.local.',
      'metadata.google.internal',
      'router.home.arpa',
      'home.arpa',
      'intranet',
      'db',
    ]) {
      assert.match(refuseTarget(`http://${host}/`) ?? assert.fail(host), /public internet/);
      assert.equal(refuseTarget(`http://${host}/`, 'allow'), undefined, host);
    }
  });

  it('has no other scheme, no credentials, and is whole', () => {
    for (const [url, reason] of [
      ['javascript:alert(1)', /https:\/\//],
      ['data:text/html,x', /https:\/\//],
      ['file:///etc/passwd', /https:\/\//],
      ['ftp://example.org/', /https:\/\//],
      ['gopher://example.org/', /https:\/\//],
      ['//example.org/', /absolute/],
      ['example.org', /absolute/],
      ['', /absolute/],
      ['http://', /absolute/],
      ['http://[fe80::1%25eth0]/', /absolute/],
      ['http://1.2.3.4.5/', /absolute/],
      ['http://256.256.256.256/', /absolute/],
      ['https://alice@example.org/', /password/],
      ['https://alice:secret@example.org/', /password/],
      ['https://:secret@example.org/', /password/],
      ['https://example.org@127.0.0.1/', /password/],
    ] as const) {
      assert.match(refuseTarget(url, 'allow') ?? assert.fail(url), reason);
    }
  });
});

describe('the host of a target', () => {
  it('has neither brackets nor the dot of the root', () => {
    assert.equal(hostOf(new URL('http://[::1]:80/')), '::1');
    assert.equal(hostOf(new URL('http://example.org./')), 'example.org');
  });
});
