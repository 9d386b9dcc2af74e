import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CHALLENGE_LABEL, checkHost, HOST_LENGTH_MAX } from './host-name.ts';

const rules = { privateAddresses: 'refuse', serverHosts: () => ['main.example.org'] } as const;

describe('a host name that someone brings', () => {
  it('is a name on the public internet, in whatever form it is spelled', () => {
    for (const [text, host] of [
      ['go.example.org', 'go.example.org'],
      ['Go.Example.ORG.', 'go.example.org'],
      ['bücher.example', 'xn--bcher-kva.example'],
      ['sub.main.example.org', 'sub.main.example.org'],
    ] as const) {
      assert.equal(checkHost(text, rules), host);
    }
  });

  it('is refused with the reason where it is anything else', () => {
    for (const [text, reason] of [
      ['', /host name alone/],
      ['https://go.example.org', /host name alone/],
      ['go.example.org/path', /host name alone/],
      ['go.example.org:8080', /host name alone/],
      ['user@go.example.org', /host name alone/],
      ['go..example.org', /host name alone/],
      ['-go.example.org', /host name alone/],
      ['_go.example.org', /host name alone/],
      ['go example.org', /host name alone/],
      [`${'x'.repeat(64)}.example.org`, /host name alone/],
      ['*.example.org', /host name alone/],
      ['1.2.3.4', /not an address/],
      ['127.1', /not an address/],
      ['0x7f.1', /not an address/],
      ['[::1]', /host name alone/],
      ['localhost', /public internet/],
      ['go.internal', /public internet/],
      ['example', /public internet/],
      ['exаmple.org', /scripts/],
      ['MAIN.example.org', /this server/],
    ] as const) {
      assert.throws(() => checkHost(text, rules), { code: 'invalid', message: reason }, text);
    }
  });

  it('is as long as leaves room for the name of its TXT record, and no longer', () => {
    const ofLength = (length: number) => `${'a.'.repeat(length)}org`.slice(-length).replace(/^\./, 'a');
    const longest = ofLength(HOST_LENGTH_MAX);
    assert.equal(`${CHALLENGE_LABEL}.${longest}`.length, 253);
    assert.equal(checkHost(longest, rules), longest);
    assert.throws(() => checkHost(`b${longest}`, rules), { code: 'invalid' });
  });
});
