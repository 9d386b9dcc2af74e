import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { withUtm } from './utm-target.ts';

describe('the parameters of a campaign', () => {
  it('are added to a target, and take the place of what it has of them', () => {
    const utm = { source: 'a b&c', campaign: 'ü' };
    const cases = {
      'https://example.org/': 'https://example.org/?utm_source=a+b%26c&utm_campaign=%C3%BC',
      'https://example.org/?': 'https://example.org/?utm_source=a+b%26c&utm_campaign=%C3%BC',
      'https://example.org/?x=1#top': 'https://example.org/?x=1&utm_source=a+b%26c&utm_campaign=%C3%BC#top',
      'https://example.org/?utm_source=1&x=1&utm%5Fsource=2&utm_medium=3':
        'https://example.org/?utm_source=a+b%26c&x=1&utm_medium=3&utm_campaign=%C3%BC',
    };
    for (const [target, expected] of Object.entries(cases)) assert.equal(withUtm(target, utm), expected);
    for (const none of [null, {}]) {
      for (const target of ['https://example.org/', 'https://example.org/?', 'https://example.org/?x'])
        assert.equal(withUtm(target, none), target);
    }
  });

  it('leave the rest of its query as it is spelled', () => {
    for (const query of [
      'flag',
      'a=b%20c',
      "sig=a%2Bb~!'()*",
      'q=%E9',
      'a=1&a=2',
      '&&a',
      '?',
      '?a=1',
      'a+b=c%2b',
      'a[]=1|2',
    ]) {
      const { href } = new URL(`https://example.org/?${query}`);
      assert.equal(withUtm(href, { term: 'x' }), `${href}&utm_term=x`, query);
    }
    fc.assert(
      fc.property(fc.webUrl({ withQueryParameters: true }), (text) => {
        const url = new URL(text);
        if (url.search === '' || url.searchParams.has('utm_term')) return;
        assert.equal(withUtm(url.href, { term: 'x' }), `${url.href}&utm_term=x`);
      }),
    );
  });
});
