/**
 * The list of a timeline, whatever is posted, heard, missed and asked for in whatever order: it is in order, shows nothing
 * twice, and where something is missing it says so.
 */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { importWebModule } from '../support/web-module.ts';

interface Item {
  readonly entry_id: string;
  readonly post_id: string;
  readonly reposted_by: null;
}

interface Page {
  readonly items: readonly Item[];
  readonly next_page_token: string | null;
}

/** As web/src/posts/feed-list.ts has it. */
interface FeedList {
  readonly entries: { readonly value: readonly { readonly id: string }[] };
  readonly waiting: { readonly value: readonly { readonly id: string }[] };
  readonly isWaitingCut: { readonly value: boolean };
  readonly gaps: { readonly value: ReadonlyMap<string, unknown> };
  readonly isComplete: { readonly value: boolean };
  readonly problem: { readonly value: unknown };
  more(): Promise<void>;
  look(): Promise<void>;
  fill(belowId: string, beforeShown: () => void): Promise<void>;
  arrive(item: Item, options?: { readonly atOnce: boolean }): void;
  show(): void;
}

type CreateFeedList = (load: (pageToken: string | null) => Promise<Page>) => FeedList;

const PAGE = 3;

/** What happens, with how many posts. */
const step = fc.oneof(
  fc.record({ kind: fc.constant('heard'), count: fc.integer({ min: 1, max: 4 }), late: fc.constant(0) }),
  fc.record({
    kind: fc.constant('missed'),
    count: fc.integer({ min: 0, max: 9 }),
    late: fc.integer({ min: 0, max: 3 }),
  }),
  fc.record({
    kind: fc.constantFrom('written', 'show', 'more', 'fill', 'fail'),
    count: fc.constant(1),
    late: fc.constant(0),
  }),
);

it('a list of posts is in order, shows nothing twice, and says where something is missing', async (test) => {
  const { createFeedList } = await importWebModule<{ createFeedList: CreateFeedList }>(
    test,
    'posts/feed-list.ts',
  );
  await fc.assert(
    fc.asyncProperty(fc.nat({ max: 8 }), fc.array(step, { maxLength: 25 }), async (begun, steps) => {
      const timeline = createTimeline();
      timeline.post(begun);
      const list = createFeedList(timeline.load);
      await list.look();
      for (const { kind, count, late } of steps) {
        if (kind === 'heard') for (const item of timeline.post(count)) list.arrive(item);
        else if (kind === 'written') for (const item of timeline.post(1)) list.arrive(item, { atOnce: true });
        else if (kind === 'missed') {
          timeline.post(count);
          const looked = list.look();
          // Heard while the page that tells what was missed is on its way.
          for (const item of timeline.post(late)) list.arrive(item);
          await looked;
        } else if (kind === 'show') list.show();
        else if (kind === 'more') await list.more();
        else if (kind === 'fill') await fillFirst(list);
        else {
          timeline.failNext();
          await fillFirst(list);
          timeline.failNext();
          await list.more();
        }
        assertHonest(list, timeline.ids());
      }
      await settle(list);
      assert.deepEqual(shownIds(list), timeline.ids());
    }),
    { numRuns: 300 },
  );
});

function createTimeline() {
  let ids: string[] = [];
  let next = 1_000;
  let fails = false;
  return {
    ids: (): readonly string[] => ids,
    /** Answers them in their order. */
    post(count: number): Item[] {
      const added = Array.from({ length: count }, () => {
        next += 1;
        return itemOf(String(next));
      });
      ids = [...added.map(({ entry_id }) => entry_id).reverse(), ...ids];
      return added;
    },
    failNext(): void {
      fails = true;
    },
    async load(pageToken: string | null): Promise<Page> {
      const older = ids.filter((id) => pageToken === null || id < pageToken);
      const isFailing = fails;
      fails = false;
      await Promise.resolve();
      if (isFailing) throw new Error('The server is away.');
      const items = older.slice(0, PAGE).map(itemOf);
      return { items, next_page_token: older.length > PAGE ? (items.at(-1)?.entry_id ?? null) : null };
    },
  };
}

function itemOf(id: string): Item {
  return { entry_id: id, post_id: id, reposted_by: null };
}

/** What is missing between two that are shown is known to be missing. */
function assertHonest(list: FeedList, all: readonly string[]): void {
  const shown = shownIds(list);
  const waiting = list.waiting.value.map(({ id }) => id);
  assert.deepEqual(shown, [...new Set(shown)].sort().reverse());
  assert.deepEqual(waiting, [...new Set(waiting)].sort().reverse());
  const known = new Set([...shown, ...waiting]);
  const [newest = ''] = [...known].sort().reverse();
  // A list that shows nothing yet claims nothing.
  const oldest = shown.at(-1) ?? newest;
  for (const missing of all.filter((id) => !known.has(id) && id < newest && id > oldest)) {
    const below = [...known]
      .sort()
      .reverse()
      .find((id) => id < missing);
    assert(below !== undefined && list.gaps.value.has(below), `${missing} is missing above ${below}`);
  }
}

async function fillFirst(list: FeedList): Promise<void> {
  const [belowId] = list.gaps.value.keys();
  if (belowId !== undefined) await list.fill(belowId, () => undefined);
}

/** The reader asks for everything. */
async function settle(list: FeedList): Promise<void> {
  await list.look();
  // The one before may have failed.
  await list.look();
  list.show();
  while (list.gaps.value.size > 0) await fillFirst(list);
  while (!list.isComplete.value) await list.more();
}

function shownIds(list: FeedList): string[] {
  return list.entries.value.map(({ id }) => id);
}
