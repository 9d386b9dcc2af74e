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

  it('knows no country where the table knows none', () => {
    const rules: Rule[] = [{ url: URL_OF_RULE, countries: ['DE'] }];
    const from = (country: string | undefined) =>
      chooseRule(1, rules, visitor(), { nowMs: 0, countryOf: () => country });
    assert.deepEqual([from('DE'), from('AT'), from(undefined)], [0, undefined, undefined]);
  });
});
