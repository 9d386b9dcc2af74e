/** What every timeline-store promises. Time stands still but for `advance`, so that expiry is tested exactly. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  holdTimelinesAgainstModel,
  type TimelineStoreHarness,
} from '../../../test/support/timeline-steps.ts';
import { until } from '../../../test/support/until.ts';
import { ID_MAX, type Id } from '../../core/ids.ts';
import {
  TIMELINE_BUILD_MS,
  TIMELINE_ENTRIES_MAX,
  TIMELINE_IDLE_MS,
  type TimelineStore,
} from './timeline-store.ts';

const [alice, bob, carol] = [1_500_000_000_000_001, 1_500_000_000_000_002, 1_500_000_000_000_003] as const;
const READERS = [alice, bob, carol];
const SOURCES_MAX = Number.MAX_SAFE_INTEGER;

/** The `n`-th entry; entry 0 is older than any. */
const entry = (n: number): Id => 1_600_000_000_000_000 + n;
/** Entries from the `newest`-th down to the `oldest`-th. */
const entries = (newest: number, oldest: number): Id[] =>
  Array.from({ length: newest - oldest + 1 }, (_, n) => entry(newest - n));

export function timelineStoreContract(name: string, openHarness: () => Promise<TimelineStoreHarness>): void {
  describe(`${name} is a timeline-store`, () => {
    describe('reading', () => readingContract(openHarness));
    describe('delivering', () => deliveringContract(openHarness));
    describe('building', () => buildingContract(openHarness));
    describe('800 entries', () => boundContract(openHarness));
    describe('expiry', () => expiryContract(openHarness));
    describe('what is announced', () => announcementContract(openHarness));
    it('is what the model of it is, whatever is done', () => holdTimelinesAgainstModel(openHarness));
  });
}

function readingContract(openHarness: () => Promise<TimelineStoreHarness>): void {
  it('answers undefined for who has no timeline', async () => {
    const { store } = await openHarness();
    assert.equal(await store.read(alice, ID_MAX, 20), undefined);
    assert.deepEqual(await store.cached(), []);
  });

  it('knows a timeline without entries from none', async () => {
    const { store } = await openHarness();
    const generation = await build(store, alice, [], 0);
    assert.deepEqual(await store.read(alice, ID_MAX, 20), { entryIds: [], floor: 0, generation, sources: 0 });
    await build(store, bob, [], entry(5));
    assert.equal((await store.read(bob, ID_MAX, 20))?.floor, entry(5));
    assert.deepEqual((await store.cached()).toSorted(), [alice, bob]);
  });

  it('pages from the newest entry to the floor, each entry once', async () => {
    const { store } = await openHarness();
    await build(store, alice, entries(7, 1), 0);
    assert.deepEqual(await read(store, alice, ID_MAX, 3), entries(7, 5));
    assert.deepEqual(await read(store, alice, entry(5), 3), entries(4, 2));
    assert.deepEqual(await read(store, alice, entry(2), 3), [entry(1)]);
    assert.deepEqual(await read(store, alice, entry(1), 3), []);
    assert.deepEqual(await read(store, alice, entry(0), 3), []);
  });

  it('begins a page at an id that is no entry, too', async () => {
    const { store } = await openHarness();
    await build(store, alice, [entry(30), entry(20), entry(10)], entry(5));
    assert.deepEqual(await read(store, alice, entry(25), 5), [entry(20), entry(10)]);
    assert.deepEqual(await read(store, alice, entry(7), 5), []);
    assert.deepEqual(await read(store, alice, entry(2), 5), []);
  });

  it('answers copies', async () => {
    const { store } = await openHarness();
    const generation = await build(store, alice, [entry(1)], 0);
    const page = await store.read(alice, ID_MAX, 20);
    await store.deliver([{ entryId: entry(2), readerIds: [alice] }], generation);
    assert.deepEqual(page, { entryIds: [entry(1)], floor: 0, generation, sources: 0 });
  });

  it('takes pages of 1 to 800 and none past that', async () => {
    const { store } = await openHarness();
    await build(store, alice, entries(3, 1), 0);
    assert.equal((await read(store, alice, ID_MAX, 1))?.length, 1);
    assert.equal((await read(store, alice, ID_MAX, TIMELINE_ENTRIES_MAX))?.length, 3);
    for (const limit of [0, TIMELINE_ENTRIES_MAX + 1]) {
      await assert.rejects(async () => store.read(alice, ID_MAX, limit));
    }
  });
}

function deliveringContract(openHarness: () => Promise<TimelineStoreHarness>): void {
  it('adds each entry to the timelines of its readers, and to no others', async () => {
    const { store } = await openHarness();
    await build(store, alice, [entry(1)], 0);
    await build(store, bob, [], 0);
    const added = await store.deliver(
      [
        { entryId: entry(2), readerIds: [alice, bob, carol] },
        { entryId: entry(3), readerIds: Float64Array.of(bob) },
        { entryId: entry(4), readerIds: [] },
      ],
      await store.generation(),
    );
    assert.equal(added, 3);
    assert.deepEqual(await read(store, alice), [entry(2), entry(1)]);
    assert.deepEqual(await read(store, bob), [entry(3), entry(2)]);
    assert.equal(await read(store, carol), undefined);
    assert.equal(await store.deliver([], await store.generation()), 0);
  });

  it('adds an entry once, however often it comes', async () => {
    const { store } = await openHarness();
    await build(store, alice, entries(3, 1), 0);
    assert.equal(await deliver(store, entry(2)), 0);
    assert.equal(await deliver(store, entry(4)), 1);
    assert.equal(await deliver(store, entry(4)), 0);
    const twice = [{ entryId: entry(5), readerIds: [alice, alice] }];
    assert.equal(await store.deliver(twice, await store.generation()), 1);
    assert.deepEqual(await read(store, alice), entries(5, 1));
  });

  it('puts entries that come out of order in their places', async () => {
    const { store } = await openHarness();
    await build(store, alice, [entry(50)], 0);
    for (const n of [90, 70, 80, 10, 60, 100, 30, 20, 40]) assert.equal(await deliver(store, entry(n)), 1);
    const tens = [100, 90, 80, 70, 60, 50, 40, 30, 20, 10].map(entry);
    assert.deepEqual(await read(store, alice), tens);
  });

  it('ignores entries at the floor and below, and takes the one above', async () => {
    const { store } = await openHarness();
    await build(store, alice, [entry(20)], entry(10));
    assert.equal(await deliver(store, entry(10)), 0);
    assert.equal(await deliver(store, entry(9)), 0);
    assert.equal(await deliver(store, entry(11)), 1);
    assert.deepEqual(await read(store, alice), [entry(20), entry(11)]);
    assert.equal((await store.read(alice, ID_MAX, 20))?.floor, entry(10));
  });

  it('takes anything above a floor of 0', async () => {
    const { store } = await openHarness();
    await build(store, alice, [entry(20)], 0);
    assert.equal(await deliver(store, 1), 1);
    assert.deepEqual(await read(store, alice), [entry(20), 1]);
  });

  it('does not touch timelines that are younger than the delivery', async () => {
    const { store } = await openHarness();
    await build(store, alice, [], 0);
    const late = await store.generation();
    await build(store, bob, [], 0);
    const added = await store.deliver([{ entryId: entry(1), readerIds: [alice, bob] }], late);
    assert.equal(added, 1);
    assert.deepEqual(await read(store, alice), [entry(1)]);
    assert.deepEqual(await read(store, bob), []);
  });

  it('brings nothing back that an unfollow removed, however late it comes', async () => {
    const { store } = await openHarness();
    await build(store, alice, [], 0);
    const late = await store.generation();
    await store.drop([alice]);
    assert.equal(await store.deliver([{ entryId: entry(1), readerIds: [alice] }], late), 0);
    const generation = await store.begin(alice);
    assert.equal(await store.deliver([{ entryId: entry(1), readerIds: [alice] }], late), 0);
    assert.ok(await store.complete(alice, generation, [], 0));
    assert.equal(await store.deliver([{ entryId: entry(1), readerIds: [alice] }], late), 0);
    assert.deepEqual(await read(store, alice), []);
  });
}

function buildingContract(openHarness: () => Promise<TimelineStoreHarness>): void {
  it('moves the generation with every begin, and with nothing else', async () => {
    const { store } = await openHarness();
    const before = await store.generation();
    const first = await store.begin(alice);
    const second = await store.begin(bob);
    assert.ok(before < first && first < second);
    assert.ok((await store.begin(alice)) > second);
    const now = await store.generation();
    await store.deliver([{ entryId: entry(1), readerIds: READERS }], now);
    await store.drop(READERS);
    assert.equal(await store.generation(), now);
  });

  it('does not show a timeline before it is complete', async () => {
    const { store } = await openHarness();
    await build(store, alice, [entry(1)], 0);
    const generation = await store.begin(alice);
    await deliver(store, entry(2));
    assert.equal(await read(store, alice), undefined);
    assert.deepEqual(await store.cached(), []);
    assert.ok(await store.complete(alice, generation, [entry(1)], 0));
    const page = { entryIds: entries(2, 1), floor: 0, generation, sources: 0 };
    assert.deepEqual(await store.read(alice, ID_MAX, 20), page);
    assert.deepEqual(await store.cached(), [alice]);
  });

  it('merges what was delivered meanwhile: newer, older, in between, and what was read as well', async () => {
    const { store } = await openHarness();
    const generation = await store.begin(alice);
    for (const n of [50, 5, 25, 30, 10]) assert.equal(await deliver(store, entry(n)), 1);
    assert.equal(await deliver(store, entry(25)), 0);
    assert.ok(await store.complete(alice, generation, [entry(40), entry(30), entry(20)], entry(10)));
    assert.deepEqual(await read(store, alice), [50, 40, 30, 25, 20].map(entry));
    assert.equal((await store.read(alice, ID_MAX, 20))?.floor, entry(10));
  });

  it('keeps the number that stands for the sources, and that of the last build', async () => {
    const { store } = await openHarness();
    const sourcesOf = async () => (await store.read(alice, ID_MAX, 1))?.sources;
    assert.ok(await store.complete(alice, await store.begin(alice), [entry(1)], 0, SOURCES_MAX));
    assert.equal(await sourcesOf(), SOURCES_MAX);
    await deliver(store, entry(2));
    assert.equal(await sourcesOf(), SOURCES_MAX);
    assert.ok(await store.complete(alice, await store.begin(alice), [entry(1)], 0));
    assert.equal(await sourcesOf(), 0);
  });

  it('forgets the entries of an earlier build', async () => {
    const { store } = await openHarness();
    await build(store, alice, entries(300, 1), 0);
    await build(store, alice, [entry(7)], entry(5));
    assert.deepEqual(await read(store, alice), [entry(7)]);
    await deliver(store, entry(8));
    assert.deepEqual(await read(store, alice), [entry(8), entry(7)]);
  });

  it('keeps nothing of a build that was dropped meanwhile', async () => {
    const { store } = await openHarness();
    const generation = await store.begin(alice);
    await store.drop([bob, alice]);
    assert.equal(await store.complete(alice, generation, [entry(1)], 0), false);
    assert.equal(await read(store, alice), undefined);
    assert.equal(await deliver(store, entry(2)), 0);
  });

  it('lets the last of several builds win, whichever completes first', async () => {
    const { store } = await openHarness();
    const first = await store.begin(alice);
    await deliver(store, entry(1));
    const second = await store.begin(alice);
    assert.equal(await store.complete(alice, first, [entry(1)], 0), false);
    assert.equal(await read(store, alice), undefined);
    assert.ok(await store.complete(alice, second, [entry(2)], 0));
    assert.equal(await store.complete(alice, first, [entry(1)], 0), false);
    assert.deepEqual(await read(store, alice), [entry(2)]);
  });

  it('completes a build once', async () => {
    const { store } = await openHarness();
    const generation = await build(store, alice, [entry(1)], 0);
    assert.equal(await store.complete(alice, generation, [entry(2)], 0), false);
    assert.deepEqual(await read(store, alice), [entry(1)]);
    assert.equal(await store.complete(bob, generation, [entry(1)], 0), false);
    assert.equal(await read(store, bob), undefined);
  });

  it('drops what is there, also twice and what is not there', async () => {
    const { store } = await openHarness();
    for (const readerId of READERS) await build(store, readerId, entries(20, 1), 0);
    await store.drop([alice, carol, alice]);
    await store.drop([alice]);
    await store.drop([]);
    assert.deepEqual(await store.cached(), [bob]);
    assert.deepEqual(await read(store, bob), entries(20, 1));
  });

  it('clears all timelines and builds, and goes on counting generations', async () => {
    const { store } = await openHarness();
    await build(store, alice, entries(20, 1), 0);
    const generation = await store.begin(bob);
    await store.clear();
    assert.deepEqual(await store.cached(), []);
    assert.equal(await read(store, alice), undefined);
    assert.equal(await store.complete(bob, generation, [], 0), false);
    assert.equal(await store.generation(), generation);
    await build(store, alice, [entry(30)], 0);
    assert.deepEqual(await read(store, alice), [entry(30)]);
    assert.deepEqual(await store.cached(), [alice]);
  });

  it('refuses entries that are out of order, twice there, or not above the floor', async () => {
    const { store } = await openHarness();
    const generation = await store.begin(alice);
    for (const wrong of [
      [1, 2],
      [2, 2, 1],
      [2, 0],
    ]) {
      await assert.rejects(async () => store.complete(alice, generation, wrong.map(entry), entry(0)));
    }
    assert.ok(await store.complete(alice, generation, [entry(1)], entry(0)));
  });
}

function announcementContract(openHarness: () => Promise<TimelineStoreHarness>): void {
  it('is heard by this process too, and by whoever listens', async () => {
    const { store } = await openHarness();
    const heard: Id[][] = [[], []];
    for (const each of heard) store.onDelivered((entryIds) => each.push(...entryIds));
    await until(() => {
      store.announceDelivered([entry(2), entry(1)]);
      return heard.every(({ length }) => length >= 2);
    });
    for (const each of heard) assert.deepEqual(each.slice(0, 2), [entry(2), entry(1)]);
  });
}

function boundContract(openHarness: () => Promise<TimelineStoreHarness>): void {
  const max = TIMELINE_ENTRIES_MAX;

  it('are kept; with one more the oldest becomes the floor', async () => {
    const { store } = await openHarness();
    await build(store, alice, entries(max - 1, 1), 0);
    await deliver(store, entry(max));
    assert.deepEqual(await whole(store, alice), [entries(max, 1), 0]);
    await deliver(store, entry(max + 1));
    assert.deepEqual(await whole(store, alice), [entries(max + 1, 2), entry(1)]);
    assert.equal(await deliver(store, entry(1)), 0);
    assert.equal(await deliver(store, entry(0)), 0);
    assert.deepEqual(await read(store, alice, entry(3), 5), [entry(2)]);
  });

  it('are kept of a build that has more', async () => {
    const { store } = await openHarness();
    await build(store, alice, entries(max, 1), entry(0));
    assert.deepEqual(await whole(store, alice), [entries(max, 1), entry(0)]);
    await build(store, alice, entries(max + 1, 1), entry(0));
    assert.deepEqual(await whole(store, alice), [entries(max + 1, 2), entry(1)]);
    await build(store, alice, entries(3 * max, 1), 0);
    assert.deepEqual(await whole(store, alice), [entries(3 * max, 2 * max + 1), entry(2 * max)]);
  });

  it('are kept of a build and what was delivered meanwhile together', async () => {
    const { store } = await openHarness();
    const generation = await store.begin(alice);
    for (const id of entries(max + 10, max - 10).reverse()) await deliver(store, id);
    assert.ok(await store.complete(alice, generation, entries(max, 1), 0));
    assert.deepEqual(await whole(store, alice), [entries(max + 10, 11), entry(10)]);
  });

  it('are the most that a build gathers, and what it let go is not taken for complete', async () => {
    const { store } = await openHarness();
    const generation = await store.begin(alice);
    for (const id of entries(max + 20, 10).reverse()) await deliver(store, id);
    assert.ok(await store.complete(alice, generation, [entry(15), entry(5)], 0));
    assert.deepEqual(await whole(store, alice), [entries(max + 20, 21), entry(20)]);
  });

  it('are the newest ones after thousands of deliveries', async () => {
    const { store } = await openHarness();
    await build(store, alice, [], 0);
    for (let n = 1; n <= 3 * max; n += 1) {
      await deliver(store, entry(n));
      if (n % 61 === 0) assert.equal((await whole(store, alice))[0].length, Math.min(n, max));
    }
    assert.deepEqual(await whole(store, alice), [entries(3 * max, 2 * max + 1), entry(2 * max)]);
  });

  it('let a late entry in only at the cost of the oldest', async () => {
    const { store } = await openHarness();
    const even = entries(2 * max, 1).filter((id) => id % 2 === 0);
    await build(store, alice, even, 0);
    assert.equal(await deliver(store, entry(3)), 1);
    assert.deepEqual(await whole(store, alice), [[...even.slice(0, -1), entry(3)], entry(2)]);
    assert.equal(await deliver(store, entry(1)), 0);
    assert.equal(await deliver(store, entry(2)), 0);
  });
}

function expiryContract(openHarness: () => Promise<TimelineStoreHarness>): void {
  it('forgets a timeline that was not read for 30 days, and not one millisecond before', async () => {
    const { store, advance, idleImprecisionMs = 0 } = await openHarness();
    await build(store, alice, [entry(1)], 0);
    await advance(TIMELINE_IDLE_MS - idleImprecisionMs);
    assert.deepEqual(await store.cached(), [alice]);
    assert.deepEqual(await read(store, alice), [entry(1)]);
    await advance(TIMELINE_IDLE_MS + 1);
    assert.deepEqual(await store.cached(), []);
    assert.equal(await read(store, alice), undefined);
  });

  it('takes no delivery for a visit', async () => {
    const { store, advance, idleImprecisionMs = 0 } = await openHarness();
    await build(store, alice, [entry(1)], 0);
    await advance(TIMELINE_IDLE_MS - idleImprecisionMs);
    await deliver(store, entry(2));
    await advance(idleImprecisionMs + 1);
    assert.equal(await read(store, alice), undefined);
  });

  it('builds a timeline that has expired anew', async () => {
    const { store, advance } = await openHarness();
    await build(store, alice, [entry(1)], 0);
    await advance(TIMELINE_IDLE_MS + 1);
    await build(store, alice, [entry(2)], 0);
    assert.deepEqual(await read(store, alice), [entry(2)]);
  });

  it('forgets a build that was begun more than a minute ago', async () => {
    const { store, advance, buildImprecisionMs = 0 } = await openHarness();
    const slow = await store.begin(alice);
    const slower = await store.begin(bob);
    await advance(TIMELINE_BUILD_MS - buildImprecisionMs);
    assert.ok(await store.complete(alice, slow, [entry(1)], 0));
    await advance(buildImprecisionMs + 1);
    assert.equal(await store.complete(bob, slower, [entry(1)], 0), false);
    assert.deepEqual(await store.cached(), [alice]);
  });
}

async function build(
  store: TimelineStore,
  readerId: Id,
  entryIds: readonly Id[],
  floor: Id,
): Promise<number> {
  const generation = await store.begin(readerId);
  assert.ok(await store.complete(readerId, generation, entryIds, floor));
  return generation;
}

async function deliver(store: TimelineStore, entryId: Id): Promise<number> {
  return store.deliver([{ entryId, readerIds: [alice] }], await store.generation());
}

async function read(
  store: TimelineStore,
  readerId: Id,
  before: Id = ID_MAX,
  limit = 20,
): Promise<readonly Id[] | undefined> {
  return (await store.read(readerId, before, limit))?.entryIds;
}

/** All entries and the floor. */
async function whole(store: TimelineStore, readerId: Id): Promise<[readonly Id[], Id]> {
  const page = await store.read(readerId, ID_MAX, TIMELINE_ENTRIES_MAX);
  assert.ok(page !== undefined);
  return [page.entryIds, page.floor];
}
