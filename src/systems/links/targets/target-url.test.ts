import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { AppError } from '../../../core/errors.ts';
import { createLinkAddresses } from '../link-addresses.ts';
import { checkTarget, TARGET_LENGTH_MAX, type TargetRules } from './target-url.ts';

const { isOwn } = createLinkAddresses({
  publicUrl: () => 'https://main.example:8443',
  linksUrl: 'https://go.example',
  isOwnersHost: (host) => host === 'links.alice.example',
});
const rules: TargetRules = {
  privateAddresses: 'refuse',
  isOwn,
  blockedReason: (url) => (new URL(url).hostname === 'evil.example' ? 'Steals passwords.' : undefined),
  warning: () => undefined,
};

/** What nobody may be led to, and why. */
const HOSTILE: readonly (readonly [url: string, why: RegExp])[] = [
  ['javascript:alert(1)', /https:\/\/ or http/],
  ['JaVaScRiPt:alert(1)', /https:\/\/ or http/],
  ['java\tscript:alert(1)', /characters that nobody sees/],
  ['data:text/html,<script>alert(1)</script>', /https:\/\/ or http/],
  ['vbscript:x', /https:\/\/ or http/],
  ['file:///etc/passwd', /https:\/\/ or http/],
  ['ftp://example.org/', /https:\/\/ or http/],
  ['blob:https://example.org/1', /https:\/\/ or http/],
  ['intent://x#Intent;end', /https:\/\/ or http/],
  ['//example.org/', /absolute URL/],
  ['example.org', /absolute URL/],
  ['/l/abc', /absolute URL/],
  ['http://', /absolute URL/],
  ['https://exa mple.org/', /characters that nobody sees/],
  ['https://example.org/\u202egnp.exe', /characters that nobody sees/],
  ['https://exam\u200bple.org/', /characters that nobody sees/],
  ['https://example.org/\r\nSet-Cookie: a=b', /characters that nobody sees/],
  ['https://example.org/\u0000', /characters that nobody sees/],
  ['https://user:secret@example.org/', /username or a password/],
  ['https://example.org@evil.example/', /username or a password/],
  ['http://127.0.0.1/', /public internet/],
  ['http://127.1/', /public internet/],
  ['http://2130706433/', /public internet/],
  ['http://0x7f.1/', /public internet/],
  ['http://0177.0.0.1/', /public internet/],
  ['http://127.0.0.1./', /public internet/],
  ['http://１２７.0.0.1/', /public internet/],
  ['http://localhost:8080/', /public internet/],
  ['http://LOCALHOST./', /public internet/],
  ['http://intranet/', /public internet/],
  ['http://printer.local/', /public internet/],
  ['http://10.0.0.1/', /public internet/],
  ['http://192.168.1.1/', /public internet/],
  ['http://172.16.0.1/', /public internet/],
  ['http://169.254.169.254/latest/meta-data/', /public internet/],
  ['http://metadata.google.internal/', /public internet/],
  ['http://100.100.100.200/', /public internet/],
  ['http://[::1]/', /public internet/],
  ['http://[::ffff:127.0.0.1]/', /public internet/],
  ['http://[::ffff:7f00:1]/', /public internet/],
  ['http://[::ffff:a9fe:a9fe]/', /public internet/],
  ['http://[fd00:ec2::254]/', /public internet/],
  ['http://[fe80::1]/', /public internet/],
  ['https://go.example/abc', /not be a link of this server/],
  ['https://GO.example./abc', /not be a link of this server/],
  ['http://go.example:80/abc', /not be a link of this server/],
  ['https://main.example:8443/l/abc', /not be a link of this server/],
  ['https://main.example:8443/%6c/../l/abc', /not be a link of this server/],
  ['https://main.example:8443/x/../l/abc', /not be a link of this server/],
  ['https://main.example:8443/%6c/abc', /not be a link of this server/],
  ['https://main.example:8443/l%2Fabc', /not be a link of this server/],
  ['https://links.alice.example/abc', /not be a link of this server/],
  ['https://evil.example/', /blocked targets: Steals passwords/],
  ['https://аpple.com/', /mixes scripts/], // Cyrillic а
  ['https://аррӏе.com/', /mixes scripts/], // all Cyrillic
  ['https://gооgle.com/', /mixes scripts/],
  ['https://xn--pple-43d.com/', /mixes scripts/],
  ['https://pаypal.example.org/', /mixes scripts/],
  ['https://ɡoogle.com/', /mixes scripts/], // Latin letters of phonetics
  ['https://xn--pple-p5b.com/', /mixes scripts/], // ɑpple
  ['https://paypaʟ.com/', /mixes scripts/],
  ['https://example.org\u2044login.evil.example/', /mixes scripts/], // a fraction slash
  ['https://example.org\u2571login.evil.example/', /mixes scripts/],
  ['https://example.orgノlogin.evil.example/', /mixes scripts/],
  ['https://example.org\u0338login.evil.example/', /mixes scripts/],
  ['https://mai\u0307l.example/', /mixes scripts/],
  ['https://o\u2019neil.example/', /mixes scripts/],
  ['https://example.org/\ud800', /characters that nobody sees/],
  ['https://example..org/', /no host name/],
  ['https://.example.org/', /no host name/],
  ['https://example.org../', /no host name/],
  [`https://${'a'.repeat(64)}.example/`, /no host name/],
  [`https://${'a.'.repeat(126)}example/`, /no host name/],
  [`https://example.org/${'x'.repeat(100_000)}`, /at most 4096/],
  [`https://example.org/${'é'.repeat(1_000)}`, /at most 4096/], // encoded: 6,020 bytes
];

function refusal(url: string): AppError | undefined {
  try {
    checkTarget(url, 'url', rules);
    return undefined;
  } catch (error) {
    assert.ok(error instanceof AppError);
    return error;
  }
}

describe('a target', () => {
  for (const [url, why] of HOSTILE) {
    it(`is not ${JSON.stringify(url.slice(0, 60))}`, () => {
      const error = refusal(url);
      assert.ok(error !== undefined, 'it was accepted');
      assert.equal(error.code, 'invalid');
      assert.equal(error.fields[0]?.field, 'url');
      assert.match(error.message, why);
    });
  }

  it('is any other page of the public internet, as it goes into a header', () => {
    const accepted = [
      ['https://example.org', 'https://example.org/'],
      ['HTTP://EXAMPLE.ORG:80/A?b=C#d', 'http://example.org/A?b=C#d'],
      ['https://bücher.example/straße?q=ü', 'https://xn--bcher-kva.example/stra%C3%9Fe?q=%C3%BC'],
      ['https://пример.рф/', 'https://xn--e1afmkfd.xn--p1ai/'],
      ['https://日本語.jp/', 'https://xn--wgv71a119e.jp/'],
      ['https://main.example:8443/about', 'https://main.example:8443/about'],
      ['https://1.1.1.1/', 'https://1.1.1.1/'],
      ['https://[2606:4700::1111]/', 'https://[2606:4700::1111]/'],
      ['https://example.org./', 'https://example.org./'],
      ['https://☃.example/', 'https://xn--n3h.example/'],
      ['https://l·l.example/', 'https://xn--ll-0ea.example/'],
      ['https://コーヒー.example/', 'https://xn--tck2c4fb.example/'],
      ['https://צה״ל.example/', 'https://xn--8dbq2a9c.example/'],
      ['https://a_b.example/', 'https://a_b.example/'],
      ['https://ıstanbul.example/', 'https://xn--stanbul-qfb.example/'],
      ['https://ŋɔɛ.example/', 'https://xn--2fa44cva.example/'],
      [`https://${'a'.repeat(63)}.example/`, `https://${'a'.repeat(63)}.example/`],
      ['https://notevil.example/', 'https://notevil.example/'],
    ] as const;
    for (const [url, href] of accepted) assert.equal(checkTarget(url, 'url', rules), href);
  });

  it('has at most 4,096 characters', () => {
    const start = 'https://example.org/';
    const longest = start + 'x'.repeat(TARGET_LENGTH_MAX - start.length);
    assert.equal(checkTarget(longest, 'url', rules), longest);
    assert.ok(refusal(`${longest}x`) !== undefined);
  });

  it('may be private where that is allowed, for trying things out', () => {
    const allowing = { ...rules, privateAddresses: 'allow' } as const;
    assert.equal(checkTarget('http://127.0.0.1:3000/', 'url', allowing), 'http://127.0.0.1:3000/');
  });

  it('is accepted again as it was accepted, in ASCII that a header can carry', () => {
    fc.assert(
      fc.property(fc.webUrl({ withQueryParameters: true, withFragments: true }), (url) => {
        if (refusal(url) !== undefined) return;
        const href = checkTarget(url, 'url', rules);
        assert.match(href, /^[\x21-\x7e]+$/);
        assert.equal(checkTarget(href, 'url', rules), href);
      }),
    );
  });
});
