import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { EVENT_PAYLOAD_BYTES_MAX, type LoggedEvent } from '../../../ports/event-log/event-log.ts';
import {
  CLICKS_PER_BATCH_MAX,
  type ClickBatch,
  clickBatchOf,
  createClickBatchBuilder,
  eachClick,
  LINK_CLICKS_TOPIC,
} from './click-batch.ts';
import { CLICK_CLASSES, type ClickFacts, DIMENSIONS } from './click-facts.ts';
import { VISITORS_BELOW } from './visitor-hash.ts';

const START_MS = Date.UTC(2026, 10, 22);

const facts: fc.Arbitrary<ClickFacts> = fc.record({
  clickClass: fc.constantFrom(...CLICK_CLASSES),
  visitor: fc.integer({ min: 0, max: VISITORS_BELOW - 1 }),
  values: fc.array(fc.constantFrom('DE', 'news.example', '__proto__', 'constructor', 'unknown', 'de'), {
    minLength: DIMENSIONS.length,
    maxLength: DIMENSIONS.length,
  }),
});

const logged = (payload: object, kind = 'recorded'): LoggedEvent => ({
  ...{
    topic: LINK_CLICKS_TOPIC,
    partition: 0,
    offset: 0,
    key: 1,
    kind,
    createdAt: new Date(0),
    traceparent: undefined,
  },
  payload: JSON.parse(JSON.stringify(payload)),
});

describe('a batch of clicks', () => {
  it('tells of each click what was put in, to the second', () => {
    const one = fc.record({
      linkId: fc.integer({ min: 1e15, max: Number.MAX_SAFE_INTEGER }),
      atMs: fc.integer({ min: START_MS - 5_000, max: START_MS + 90_000 }),
      facts,
    });
    fc.assert(
      fc.property(fc.array(one, { minLength: 1, maxLength: 100 }), (clicks) => {
        const builder = createClickBatchBuilder();
        for (const { linkId, atMs, facts } of clicks) assert.ok(builder.add(linkId, atMs, facts));
        const batch = clickBatchOf(logged(builder.build('recorder', 7)));
        assert.deepEqual([batch.recorder, batch.sequence], ['recorder', 7]);
        const seen: object[] = [];
        eachClick(batch, (click) => seen.push({ ...click, values: [...click.values] }));
        const expected = clicks.map(({ linkId, atMs, facts }) => ({
          ...{ linkId, atMs: Math.floor(atMs / 1_000) * 1_000 },
          ...facts,
        }));
        assert.deepEqual(seen, expected);
      }),
    );
  });

  it('holds so many clicks, and none that would make the event too large', () => {
    const few = createClickBatchBuilder();
    const bot: ClickFacts = { clickClass: 'bot', visitor: 0, values: [] };
    for (let index = 0; index < CLICKS_PER_BATCH_MAX; index += 1) assert.ok(few.add(1e15, START_MS, bot));
    assert.equal(few.add(1e15, START_MS, bot), false);

    const large = createClickBatchBuilder();
    for (let index = 0; ; index += 1) {
      const name = (what: string) => `${what}${index}`.padEnd(253, 'x');
      const values = ['DE', name('host'), 'desktop', `Browser ${index}`, `System ${index}`, 'de'];
      const visitor = VISITORS_BELOW - 1;
      if (
        !large.add(Number.MAX_SAFE_INTEGER - index, START_MS + index * 100_000, {
          clickClass: 'human',
          visitor,
          values,
        })
      )
        break;
    }
    const bytes = JSON.stringify(large.build('r'.repeat(36), Number.MAX_SAFE_INTEGER)).length;
    assert.ok(bytes <= EVENT_PAYLOAD_BYTES_MAX, `${bytes} bytes`);
    assert.ok(large.size > 100, `${large.size} clicks`);
  });

  it('is refused where it is none that this release knows', () => {
    const builder = createClickBatchBuilder();
    builder.add(1e15, START_MS, { clickClass: 'bot', visitor: 0, values: [] });
    const good = builder.build('recorder', 1);
    clickBatchOf(logged(good));
    const wrong: Partial<Record<keyof ClickBatch, unknown>>[] = [
      { format: 2 },
      { recorder: 1 },
      { sequence: 'x' },
      { since_ms: null },
      { words: 'x' },
      { clicks: [1] },
    ];
    for (const changes of wrong)
      assert.throws(() => clickBatchOf(logged({ ...good, ...changes })), /Assertion/);
    assert.throws(() => clickBatchOf(logged(good, 'other')), /Assertion/);
    const dangling = { ...good, clicks: good.clicks.map(() => 99) };
    assert.throws(() => eachClick(clickBatchOf(logged(dangling)), () => undefined), /refers to/);
  });
});
