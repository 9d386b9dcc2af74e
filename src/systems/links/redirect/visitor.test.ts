import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { createUserAgents } from '../clicks/user-agents.ts';
import { withQuery } from './cached-link.ts';
import { browserOf, devicesOf, kindOf, preferredLanguage, type Visitor } from './visitor.ts';

const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';
const visitor: Visitor = {
  ...{ method: 'GET', userAgent: FIREFOX, referrer: '', language: '', purpose: '' },
  ...{ isPrivate: false, address: '', query: '' },
};

describe('a visitor', () => {
  it('is a person, or a program that a person runs, unless it is a bot, a prefetching browser or HEAD', () => {
    for (const userAgent of [
      FIREFOX,
      'curl/8.5.0',
      'Wget/1.24',
      'node',
      'PostmanRuntime/7.1',
      'python-requests/2',
    ]) {
      assert.equal(kindOf({ ...visitor, userAgent }), 'visit', userAgent);
    }
    for (const userAgent of [
      '',
      'x'.repeat(512),
      'facebookexternalhit/1.1',
      'Slackbot-LinkExpanding 1.0',
      'WhatsApp/2.2',
      'Googlebot/2.1',
      'Mastodon/4.1 (http.rb)',
    ]) {
      assert.equal(kindOf({ ...visitor, userAgent }), 'bot', userAgent);
    }
    for (const purpose of ['prefetch', 'prefetch;prerender', 'Preview']) {
      assert.equal(kindOf({ ...visitor, purpose }), 'preview', purpose);
    }
    assert.equal(kindOf({ ...visitor, method: 'HEAD' }), 'head');
  });

  it('is never a person of the statistics and a bot for the limits, nor silent and a person', () => {
    const classify = createUserAgents();
    const parts = fc.constantFrom(FIREFOX, 'Mozilla/5.0', 'bot', 'curl/8', 'WhatsApp/2', ' ', 'Safari/604.1');
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(parts).map((some) => some.join(' ')),
        ),
        (userAgent) => {
          const { automation } = classify(userAgent);
          if (automation === 'none') assert.equal(kindOf({ ...visitor, userAgent }), 'visit');
          if (userAgent === '') assert.equal(automation, 'bot');
        },
      ),
    );
  });

  it('has the devices that its user agent names', () => {
    const devices = (userAgent: string) => [...devicesOf(userAgent)];
    assert.deepEqual(devices('Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X)'), ['ios', 'mobile']);
    assert.deepEqual(devices('Mozilla/5.0 (Linux; Android 16; Pixel 9)'), ['android', 'mobile']);
    assert.deepEqual(devices('Mozilla/5.0 (Mobile; KaiOS 3.0)'), ['mobile']);
    assert.deepEqual(devices(FIREFOX), ['desktop']);
  });

  it('has the browser that its user agent names before those it also names', () => {
    const chrome = 'Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36 Chrome/140.0.0.0 Mobile Safari/537.36';
    const iphone = 'Mozilla/5.0 (iPhone) AppleWebKit/605.1.15';
    const named: Record<string, string | undefined> = {
      [FIREFOX]: 'firefox',
      [chrome]: 'chrome',
      [`${chrome} Edg/140.0`]: 'edge',
      [`${chrome} EdgA/140.0`]: 'edge',
      [`${chrome} OPR/120.0`]: 'opera',
      [chrome.replace('Chrome', 'SamsungBrowser/28.0 Chrome')]: 'samsung',
      [`${iphone} Version/18.0 Mobile/15E148 Safari/604.1`]: 'safari',
      [`${iphone} CriOS/140.0 Mobile/15E148 Safari/604.1`]: 'chrome',
      [`${iphone} FxiOS/140.0 Mobile/15E148 Safari/604.1`]: 'firefox',
      'curl/8.5.0': undefined,
      '': undefined,
    };
    for (const [userAgent, browser] of Object.entries(named))
      assert.equal(browserOf(userAgent), browser, userAgent);
  });

  it('prefers the language of the highest quality, the first of equals', () => {
    assert.equal(preferredLanguage('en;q=0.5, de-AT;q=0.9, fr;q=0.9'), 'de-at');
    assert.equal(preferredLanguage('pt-BR'), 'pt-br');
    for (const none of ['', '*', 'en;q=0', ';;;', 'x'.repeat(300)])
      assert.equal(preferredLanguage(none), '', none);
  });

  it('changes nothing of a target but its query, whatever the query is', () => {
    const targets = [
      'https://example.org/',
      'https://example.org/a?b=c',
      'https://example.org/a?#d',
      'https://example.org/#a?b',
    ];
    fc.assert(
      fc.property(fc.constantFrom(...targets), fc.string({ unit: 'binary-ascii' }), (target, query) => {
        const [before, after] = [new URL(target), new URL(withQuery(target, query))];
        assert.equal(after.origin, before.origin);
        assert.equal(after.pathname, before.pathname);
        assert.equal(after.hash, before.hash);
        assert.ok(after.search.startsWith(before.search) || before.search === '');
        assert.match(withQuery(target, query), /^[\x21-\x7e]+$/);
      }),
    );
  });
});
