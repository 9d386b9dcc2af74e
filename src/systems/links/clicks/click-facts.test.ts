import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { createClickReader, languageOf, referrerOf } from './click-facts.ts';
import type { Click } from './click-recorder.ts';
import { hashKeyOf } from './half-sip-hash.ts';
import { createUserAgents } from './user-agents.ts';

const CHROME =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36';
const IPHONE =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0 Mobile/15E148 Safari/604.1';

const salt = hashKeyOf(Buffer.alloc(8, 7));
const classifyUserAgent = createUserAgents();
const isOwnHost = (host: string) => host === 'go.example';
const read = createClickReader({
  classifyUserAgent,
  countryOf: (address) => (address === '203.0.113.7' ? 'NZ' : undefined),
  isOwnHost,
});

const click = (changes: Partial<Click> = {}): Click => ({
  ...{ linkId: 1, atMs: 0, kind: 'visit', userAgent: CHROME, address: '203.0.113.7' },
  ...{ referrer: 'https://www.News.example/a?b=c', language: 'de-CH,de;q=0.9,en;q=0.8' },
  ...changes,
});

describe('what is kept of a click', () => {
  it('is country, referring host, device, browser, system and language', () => {
    const facts = read(click(), salt);
    assert.equal(facts.clickClass, 'human');
    assert.deepEqual(facts.values, ['NZ', 'news.example', 'desktop', 'Chrome', 'Windows', 'de']);
    const other = read(
      click({ userAgent: IPHONE, address: '2001:db8::1', referrer: '', language: '' }),
      salt,
    );
    assert.deepEqual(other.values, ['unknown', 'direct', 'mobile', 'Safari', 'iOS', 'unknown']);
  });

  it('is that somebody came, of who asks not to be followed', () => {
    const facts = read(click({ kind: 'private' }), salt);
    assert.deepEqual(facts, { clickClass: 'human', visitor: 0, values: Array(6).fill('unknown') });
    assert.equal(read(click({ kind: 'private', userAgent: 'Googlebot/2.1' }), salt).clickClass, 'bot');
  });

  it('is somebody in the browser of an app, which fetches cards under the same name', () => {
    const phone =
      'Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)';
    const classes = {
      [`${phone} Version/17.0 Mobile/15E148 Safari/604.1 Snapchat/12.50.0.40 (like Safari/8617, panda)`]:
        'human',
      'Mozilla/5.0 (Linux; Android 13) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Mobile Safari/537.36 Viber/20':
        'human',
      'Snapchat URL Preview Service; bot; snapchat': 'preview',
      'Viber/13.3.0': 'preview',
    };
    for (const [userAgent, expected] of Object.entries(classes))
      assert.equal(read(click({ userAgent }), salt).clickClass, expected, userAgent);
  });

  it('is nothing but that of programs: bots, previews, HEAD', () => {
    const classOf = (changes: Partial<Click>) => read(click(changes), salt).clickClass;
    const bots = [
      '',
      'curl/8.0',
      'Googlebot/2.1 (+http://www.google.com/bot.html)',
      'python-requests/2.31',
      'x'.repeat(512),
    ];
    for (const userAgent of bots) assert.equal(classOf({ userAgent }), 'bot', userAgent);
    const previews = [
      'facebookexternalhit/1.1',
      'Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)',
      'WhatsApp/2.23.20.0 A',
      'TelegramBot (like TwitterBot)',
      'Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)',
      'http.rb/5.1.1 (Mastodon/4.2.0; +https://mastodon.example/)',
      'Bluesky Cardyb/1.1',
    ];
    for (const userAgent of previews) assert.equal(classOf({ userAgent }), 'preview', userAgent);
    assert.equal(classOf({ kind: 'head' }), 'preview');
    assert.equal(classOf({ kind: 'preview' }), 'preview');
    assert.equal(classOf({ kind: 'bot' }), 'bot');
    assert.deepEqual(read(click({ userAgent: 'curl/8.0' }), salt), {
      clickClass: 'bot',
      visitor: 0,
      values: [],
    });
  });

  it('has names of browsers and systems from a closed list', () => {
    const made = classifyUserAgent('Mozilla/5.0 (X11; <script>) "Evil"/1.0 like');
    assert.equal(made.browser, 'other');
    assert.equal(made.os, 'other');
  });
});

describe('a referrer', () => {
  it('is its host alone, without www', () => {
    const cases = {
      'https://www.news.example/path?query#part': 'news.example',
      'HTTPS://NEWS.EXAMPLE:8443': 'news.example',
      'https://user:secret@news.example/': 'news.example',
      'android-app://com.google.android.gm/': 'com.google.android.gm',
      'https://EXAMPLE.org./x': 'example.org',
      'https://go.example/abc': 'internal',
      '': 'direct',
    };
    for (const [referrer, host] of Object.entries(cases))
      assert.equal(referrerOf(referrer, isOwnHost), host, referrer);
  });

  it('is unknown where there is more in it than a name of a host', () => {
    const hostile = [
      'javascript:alert(1)',
      'https://<img src=x onerror=alert(1)>/',
      'https://a"b/',
      'about:blank',
      '//news.example/',
      `https://${'a'.repeat(254)}/`,
      'https:///',
      'https://[2001:db8::1]/',
    ];
    for (const referrer of hostile) assert.equal(referrerOf(referrer, isOwnHost), 'unknown', referrer);
  });

  it('holds nothing that must be escaped, whatever was sent', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string().map((text) => `https://${text}/`),
          fc.webUrl(),
        ),
        (referrer) => {
          assert.match(referrerOf(referrer, isOwnHost), /^[a-z0-9._-]{1,253}$/);
          assert.match(languageOf(referrer), /^[a-z]{2,7}$/);
        },
      ),
    );
  });
});

it('a language is the first that is accepted, without its region', () => {
  const cases = {
    'de-CH,de;q=0.9': 'de',
    EN: 'en',
    ' fr;q=1': 'fr',
    'fil-PH': 'fil',
    '*': 'unknown',
    x1: 'unknown',
    english: 'unknown',
  };
  for (const [header, language] of Object.entries(cases)) assert.equal(languageOf(header), language, header);
});
