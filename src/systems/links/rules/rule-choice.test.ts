import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Rule } from '../link.ts';
import type { Visitor } from '../redirect/visitor.ts';
import { chooseRule } from './rule-choice.ts';

const URL_OF_RULE = 'https://example.org/';
const deps = { nowMs: 0, countryOf: () => undefined };

function visitor(changes: Partial<Visitor> = {}): Visitor {
  return {
    ...{
      method: 'GET',
      userAgent: 'x',
      referrer: '',
      language: '',
      purpose: '',
      isPrivate: false,
      address: '192.0.2.1',
      query: '',
    },
    ...changes,
  };
}

const someone = fc.record({ address: fc.ipV4(), userAgent: fc.string() }).map(visitor);

describe('the choice of a rule', () => {
  it('is the same for the same visitor every time, and none where there are no rules', () => {
    const rules: Rule[] = [
      { url: URL_OF_RULE, percentage: 30 },
      { url: URL_OF_RULE, percentage: 30 },
    ];
    fc.assert(
      fc.property(fc.integer({ min: 0 }), someone, (linkId, who) => {
        assert.equal(chooseRule(linkId, rules, who, deps), chooseRule(linkId, rules, { ...who }, deps));
        assert.equal(chooseRule(linkId, [], who, deps), undefined);
      }),
    );
  });

  it('gives each percentage its share, others than those of the rules before', () => {
    const rules: Rule[] = [
      { url: URL_OF_RULE, percentage: 50 },
      { url: URL_OF_RULE, percentage: 30 },
    ];
    const counts = new Map<number | undefined, number>();
    for (let n = 0; n < 20_000; n += 1) {
      const index = chooseRule(7, rules, visitor({ address: `198.51.${n >> 8}.${n & 255}` }), deps);
      counts.set(index, (counts.get(index) ?? 0) + 1);
    }
    const near = (index: number | undefined, expected: number) =>
      assert.ok(Math.abs((counts.get(index) ?? 0) - expected) < 500, `${index}: ${counts.get(index)}`);
    near(0, 10_000);
    near(1, 6_000);
    near(undefined, 4_000);
  });

  it('of 100 per cent is everybody, and of one share of two links not the same people', () => {
    const all: Rule[] = [{ url: URL_OF_RULE, percentage: 100 }];
    const half: Rule[] = [{ url: URL_OF_RULE, percentage: 50 }];
    fc.assert(fc.property(someone, (who) => chooseRule(1, all, who, deps) === 0));
    const people = Array.from({ length: 200 }, (_, n) => visitor({ address: `203.0.113.${n}` }));
    const chosen = (linkId: number) => people.map((who) => chooseRule(linkId, half, who, deps));
    assert.notDeepEqual(chosen(1), chosen(2));
  });

  it('keeps to the times of a rule: from the first moment on, and not at the last', () => {
    const rules: Rule[] = [{ url: URL_OF_RULE, startsAt: new Date(1_000), endsAt: new Date(2_000) }];
    const at = (nowMs: number) => chooseRule(1, rules, visitor(), { ...deps, nowMs });
    assert.deepEqual([999, 1_000, 1_999, 2_000].map(at), [undefined, 0, 0, undefined]);
  });

  it('is by the browser, and none of those named is none', () => {
    const rules: Rule[] = [{ url: URL_OF_RULE, browsers: ['safari', 'edge'] }];
    const with_ = (userAgent: string) => chooseRule(1, rules, visitor({ userAgent }), deps);
    assert.equal(with_('Mozilla/5.0 (Macintosh) AppleWebKit/605 Version/18.1 Safari/605.1.15'), 0);
    assert.equal(with_('Mozilla/5.0 (Windows) Chrome/140.0 Safari/537.36 Edg/140.0'), 0);
    assert.equal(with_('Mozilla/5.0 (Windows) Chrome/140.0 Safari/537.36'), undefined);
    assert.equal(with_('curl/8.5.0'), undefined);
  });

  it('is by the query of the visit: each parameter with one of its values, or any', () => {
    const rules: Rule[] = [{ url: URL_OF_RULE, query: { ref: 'a b', debug: null } }];
    const of = (query: string) => chooseRule(1, rules, visitor({ query }), deps);
    for (const query of ['ref=a+b&debug', 'debug=1&ref=x&ref=a%20b', 'ref=a%20b&debug=&more=1'])
      assert.equal(of(query), 0, query);
    for (const query of ['', 'ref=a%20b', 'debug', 'ref=a&debug', 'REF=a+b&debug', 'ref=a+b+&debug=%'])
      assert.equal(of(query), undefined, query);
    // Names that every object has are parameters like others.
    const odd: Rule[] = [{ url: URL_OF_RULE, query: { constructor: null } }];
    assert.equal(chooseRule(1, odd, visitor({ query: '' }), deps), undefined);
    assert.equal(chooseRule(1, odd, visitor({ query: 'constructor' }), deps), 0);
  });

  it('is by the network, of IPv4 in IPv6 too, and never of what is no address', () => {
    const networks = ['192.0.2.0/24', '198.51.100.7', '2001:db8::/32'];
    const rules: Rule[] = [{ url: URL_OF_RULE, networks }];
    const from = (address: string) => chooseRule(1, rules, visitor({ address }), deps);
    for (const address of ['192.0.2.0', '192.0.2.255', '::ffff:192.0.2.9', '198.51.100.7', '2001:db8:1::2'])
      assert.equal(from(address), 0, address);
    for (const address of ['192.0.3.0', '198.51.100.8', '2001:db9::1', '', 'unknown'])
      assert.equal(from(address), undefined, address);
  });

  it('knows no country where the table knows none', () => {
    const rules: Rule[] = [{ url: URL_OF_RULE, countries: ['DE'] }];
    const from = (country: string | undefined) =>
      chooseRule(1, rules, visitor(), { nowMs: 0, countryOf: () => country });
    assert.deepEqual([from('DE'), from('AT'), from(undefined)], [0, undefined, undefined]);
  });
});
