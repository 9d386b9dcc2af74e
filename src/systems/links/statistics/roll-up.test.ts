import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import fc from 'fast-check';
import {
  type ClicksSetting,
  clicksEvent,
  createClicksSetting,
  someId,
  type TestClick,
} from '../../../../test/support/clicks-setting.ts';
import { until } from '../../../../test/support/until.ts';
import { seededFraction, systemClock } from '../../../core/clock.ts';
import type { LoggedEvent } from '../../../ports/event-log/event-log.ts';
import { CLICK_CLASSES, DIMENSIONS } from '../clicks/click-facts.ts';
import { visitorOf } from '../clicks/visitor-hash.ts';
import { VALUES_MAX } from './breakdown.ts';
import { GRAINS, grainNumber, startOf } from './grain.ts';
import { clickRollUp } from './roll-up.ts';
import { LINK_VISITS_TOPIC } from './visit-events.ts';
import { VisitorSketch } from './visitor-sketch.ts';

const ALICE = someId(1);
const BOB = someId(2);
const LINKS = [11, 12, 13].map(someId);
const NOON = Date.UTC(2026, 10, 22, 12);
const VALUES = ['DE', 'news.example', 'desktop', 'Chrome', 'Windows', 'de'];

let setting: ClicksSetting;
before(async () => {
  setting = await createClicksSetting();
  await setting.addLinks(LINKS.map((linkId, index) => ({ linkId, ownerId: index === 2 ? BOB : ALICE })));
});
after(() => setting.close());
beforeEach(() =>
  setting.run(
    'TRUNCATE click_recorders, link_click_counts, link_click_breakdowns, link_click_totals, outbox, event_log, event_log_heads',
  ),
);

const seen = { counted: 0, repeated: 0 };
const rollUp = () =>
  clickRollUp({
    eventLog: setting.eventLog,
    clock: systemClock,
    observer: {
      counted: (clicks) => {
        seen.counted += clicks;
      },
      repeated: (batches) => {
        seen.repeated += batches;
      },
    },
  });

const handle = (events: readonly LoggedEvent[]) =>
  setting.sql.transaction((transaction) => rollUp().handle(events, transaction));

const human = (linkId: number, changes: Partial<TestClick> = {}): TestClick => ({
  ...{ linkId, atMs: NOON, clickClass: 'human', visitor: visitorOf(1, 1), values: VALUES },
  ...changes,
});

/** All that is kept, in a form that plain counting can be compared with. */
async function stored() {
  const counts = await setting.run(
    `SELECT link_id::text AS link, grain, (extract(epoch FROM starts_at) * 1000)::float8 AS starts,
       humans::int, bots::int, previews::int, visitors
     FROM link_click_counts`,
  );
  const breakdowns = await setting.run(
    `SELECT link_id::text AS link, (extract(epoch FROM starts_at) * 1000)::float8 AS starts, breakdown
     FROM link_click_breakdowns`,
  );
  const totals = await setting.run(
    'SELECT link_id::text AS link, owner_id::text AS owner, humans::int, bots::int, previews::int FROM link_click_totals',
  );
  return {
    counts: new Map(
      counts.map(({ link, grain, starts, humans, bots, previews, visitors }) => [
        `${link} ${grain} ${starts}`,
        { humans, bots, previews, unique: VisitorSketch.decode(visitors as Buffer).estimate() },
      ]),
    ),
    breakdowns: new Map(breakdowns.map(({ link, starts, breakdown }) => [`${link} ${starts}`, breakdown])),
    totals: new Map(totals.map(({ link, humans, bots, previews }) => [link, { humans, bots, previews }])),
  };
}

/** The same by the plainest way there is. */
function counted(clicks: readonly TestClick[]): Awaited<ReturnType<typeof stored>> {
  const amounts = (some: readonly TestClick[]) => {
    const of = (wanted: string) => some.filter(({ clickClass }) => clickClass === wanted).length;
    return { humans: of('human'), bots: of('bot'), previews: of('preview') };
  };
  const unique = (some: readonly TestClick[]) => {
    const sketch = new VisitorSketch();
    for (const { clickClass, visitor } of some) if (clickClass === 'human') sketch.add(visitor);
    return sketch.estimate();
  };
  const groups = (keyOf: (click: TestClick) => string) => {
    const found = new Map<string, TestClick[]>();
    for (const click of clicks) found.set(keyOf(click), [...(found.get(keyOf(click)) ?? []), click]);
    return [...found];
  };
  const breakdownOf = (some: readonly TestClick[]) =>
    Object.fromEntries(
      DIMENSIONS.map((dimension, index) => {
        const counts = new Map<string, number>();
        for (const { values } of some)
          counts.set(values[index] ?? '', (counts.get(values[index] ?? '') ?? 0) + 1);
        return [dimension, Object.fromEntries(counts)];
      }),
    );
  const humans = (some: readonly TestClick[]) => some.filter(({ clickClass }) => clickClass === 'human');
  return {
    counts: new Map(
      GRAINS.flatMap((grain) =>
        groups(({ linkId, atMs }) => `${linkId} ${grainNumber(grain)} ${startOf(grain, atMs)}`).map(
          ([key, some]) => [key, { ...amounts(some), unique: unique(some) }] as const,
        ),
      ),
    ),
    breakdowns: new Map(
      groups(({ linkId, atMs }) => `${linkId} ${startOf('day', atMs)}`)
        .filter(([, some]) => humans(some).length > 0)
        .map(([key, some]) => [key, breakdownOf(humans(some))] as const),
    ),
    totals: new Map(
      groups(({ linkId }) => String(linkId)).map(([key, some]) => [key, amounts(some)] as const),
    ),
  };
}

const someClick: fc.Arbitrary<TestClick> = fc
  .record({
    linkId: fc.constantFrom(...LINKS),
    // Over two days, often in the same minute.
    atMs: fc.oneof(
      fc.integer({ min: NOON, max: NOON + 90_000 }),
      fc.integer({ min: NOON, max: NOON + 86_400_000 }),
    ),
    clickClass: fc.constantFrom(...CLICK_CLASSES, 'human' as const),
    visitor: fc.tuple(fc.integer(), fc.integer()).map(([high, low]) => visitorOf(high, low)),
    values: fc.tuple(...DIMENSIONS.map(() => fc.constantFrom('a', 'b', 'c', '__x', 'constructor', 'other'))),
  })
  .map((click) => (click.clickClass === 'human' ? click : { ...click, visitor: 0, values: [] }));

describe('the roll-up of clicks', () => {
  it('equals a plain count, however batches are cut, delivered again, reordered by dead letters and replayed', async () => {
    const story = fc.record({
      clicks: fc.array(someClick, { minLength: 1, maxLength: 60 }),
      seed: fc.integer(),
    });
    await fc.assert(
      fc.asyncProperty(story, async ({ clicks, seed }) => {
        await setting.run(
          'TRUNCATE click_recorders, link_click_counts, link_click_breakdowns, link_click_totals',
        );
        const fraction = seededFraction(seed);
        const below = (limit: number) => Math.floor(fraction() * limit);
        const events: LoggedEvent[] = [];
        for (let at = 0; at < clicks.length; ) {
          const size = 1 + below(10);
          const recorder = `recorder ${below(2)}`;
          const sequence = 1 + events.filter(({ payload }) => payload['recorder'] === recorder).length;
          events.push(clicksEvent({ recorder, sequence, partition: 3 }, clicks.slice(at, at + size)));
          at += size;
        }
        // Each at least once, some late, some twice, in transactions of any size; then all of them again.
        const delivered = [...events, ...events.filter(() => fraction() < 0.3)];
        delivered.sort(() => (fraction() < 0.2 ? fraction() - 0.5 : 0));
        for (const some of [delivered, events]) {
          for (let at = 0; at < some.length; ) {
            const size = 1 + below(6);
            await handle(some.slice(at, at + size));
            at += size;
          }
        }
        assert.deepEqual(await stored(), counted(clicks));
      }),
      { numRuns: 40 },
    );
  });

  it('counts through the log what was published, once, also when it was published twice and the group starts again', async () => {
    const subscription = { ...rollUp(), gatherMs: 0 };
    const isQuiet = async () =>
      (await setting.eventLog.lag()).every(({ waiting, retrying }) => waiting + retrying === 0);
    const clicks = Array.from({ length: 50 }, (_, index) =>
      human(LINKS[0] ?? 0, { atMs: NOON + index * 1_000 }),
    );
    const { topic, key, kind, payload } = clicksEvent({ recorder: 'one', sequence: 1, partition: 0 }, clicks);
    const event = { topic, key, kind, payload, ownerId: key };
    const first = await setting.eventLog.subscribe(subscription);
    await setting.eventLog.publish([event]);
    await setting.eventLog.publish([event]);
    await until(isQuiet);
    await first.close();
    await setting.eventLog.removeGroup(subscription.group);
    const second = await setting.eventLog.subscribe(subscription);
    await until(isQuiet);
    await second.close();
    await setting.eventLog.removeGroup(subscription.group);
    assert.deepEqual(await stored(), counted(clicks));
  });

  it('counts what became a dead letter when it is replayed, once', async () => {
    const event = (sequence: number) =>
      clicksEvent({ recorder: 'one', sequence, partition: 0 }, [human(LINKS[0] ?? 0)]);
    await handle([event(1)]);
    await handle([event(3)]);
    await handle([event(2)]);
    await handle([event(2), event(3)]);
    const { totals } = await stored();
    assert.equal(totals.get(String(LINKS[0]))?.humans, 3);
  });

  it('tells batches of the same number apart by partition', async () => {
    const event = (partition: number) =>
      clicksEvent({ recorder: 'one', sequence: 1, partition }, [human(LINKS[partition] ?? 0)]);
    await handle([event(0), event(1)]);
    await handle([event(1), event(2)]);
    assert.equal((await stored()).totals.size, 3);
  });

  it('names the values of a day up to so many, and counts those that come later together', async () => {
    const clicks = Array.from({ length: VALUES_MAX + 50 }, (_, index) =>
      human(LINKS[0] ?? 0, { values: ['DE', `host${index}.example`, 'desktop', 'Chrome', 'Windows', 'de'] }),
    );
    for (const [index, some] of [clicks.slice(0, 600), clicks.slice(600)].entries()) {
      await handle([clicksEvent({ recorder: 'one', sequence: index + 1, partition: 0 }, some)]);
    }
    const [row = {}] = await setting.run('SELECT breakdown FROM link_click_breakdowns');
    const { referrer } = row['breakdown'] as { referrer: Record<string, number> }; // As putBreakdowns wrote it.
    assert.equal(Object.keys(referrer).length, VALUES_MAX + 1);
    assert.equal(referrer['other'], 50);
    assert.equal(referrer['host0.example'], 1);
  });

  it('leaves out links that are deleted or unknown, and those of deleted owners, and counts those of suspended ones', async () => {
    const [deleted, orphaned, hidden, suspended, unknown] = [21, 22, 23, 24, 25].map(someId);
    const owners = [31, 32].map(someId);
    await setting.addLinks([
      { linkId: deleted ?? 0, ownerId: ALICE },
      { linkId: orphaned ?? 0, ownerId: ALICE },
      { linkId: hidden ?? 0, ownerId: owners[0] ?? 0 },
      { linkId: suspended ?? 0, ownerId: owners[1] ?? 0 },
    ]);
    await setting.run(`UPDATE links SET url = '', deleted_at = now() WHERE link_id = $1`, [deleted]);
    await setting.run('UPDATE links SET owner_id = NULL WHERE link_id = $1', [orphaned]);
    await setting.run(
      `INSERT INTO hidden_link_owners (user_id, shard, state) VALUES ($1, 0, 'deleted'), ($2, 0, 'suspended')`,
      owners,
    );
    const clicks = [deleted, orphaned, hidden, suspended, unknown].map((linkId) => human(linkId ?? 0));
    await handle([clicksEvent({ recorder: 'one', sequence: 1, partition: 0 }, clicks)]);
    const { counts, totals } = await stored();
    assert.deepEqual([...totals.keys()], [String(suspended)]);
    assert.equal(counts.size, GRAINS.length);
  });

  it('tells the owners once for each batch, all their links together', async () => {
    const clicks = [
      human(LINKS[0] ?? 0, { atMs: NOON + 5_000 }),
      human(LINKS[0] ?? 0),
      human(LINKS[0] ?? 0, { clickClass: 'bot', visitor: 0, values: [] }),
      human(LINKS[1] ?? 0, { clickClass: 'preview', visitor: 0, values: [] }),
      human(LINKS[2] ?? 0),
    ];
    await handle([clicksEvent({ recorder: 'one', sequence: 1, partition: 0 }, clicks)]);
    await until(async () => (await setting.run('SELECT FROM outbox')).length === 0);
    const events = await setting.run(
      'SELECT key::text, kind, payload FROM event_log WHERE topic = $1 ORDER BY key',
      [LINK_VISITS_TOPIC],
    );
    const [since, until1] = [new Date(NOON).toISOString(), new Date(NOON + 5_000).toISOString()];
    const link = (index: number, humans: number, bots: number, previews: number, last = since) => ({
      ...{ link_id: String(LINKS[index]), code: `code${LINKS[index]}` },
      ...{ humans, bots, previews, since, until: last },
    });
    assert.deepEqual(events, [
      {
        ...{ key: String(ALICE), kind: 'counted' },
        payload: { owner_id: String(ALICE), links: [link(0, 2, 1, 0, until1), link(1, 0, 0, 1)] },
      },
      {
        ...{ key: String(BOB), kind: 'counted' },
        payload: { owner_id: String(BOB), links: [link(2, 1, 0, 0)] },
      },
    ]);
  });

  it('leaves nothing of a batch that fails, and says what it has counted only after the commit', async () => {
    seen.counted = 0;
    const good = clicksEvent({ recorder: 'one', sequence: 1, partition: 0 }, [human(LINKS[0] ?? 0)]);
    const bad = { ...good, payload: { ...good.payload, format: 99 } };
    await assert.rejects(handle([good, bad]));
    assert.equal(seen.counted, 0);
    assert.equal((await stored()).counts.size, 0);
    await handle([good]);
    assert.equal(seen.counted, 1);
  });
});
