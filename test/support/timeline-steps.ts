/** Random steps on a timeline-store and on the model of it, which have to answer the same. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { ID_MAX, type Id } from '../../src/core/ids.ts';
import {
  TIMELINE_BUILD_MS,
  TIMELINE_ENTRIES_MAX,
  TIMELINE_IDLE_MS,
  type TimelineStore,
} from '../../src/ports/timeline-store/timeline-store.ts';
import { createTimelineModel } from './timeline-model.ts';

export interface TimelineStoreHarness {
  /** Empty, and with room for a hundred timelines. */
  readonly store: TimelineStore;
  /** Moves the store's clock. */
  advance(durationMs: number): Promise<void>;
  /** Of an engine whose clock cannot be held: how much earlier a build is given up. Default 0. */
  readonly buildImprecisionMs?: number;
  /** And how much earlier a timeline is forgotten. Default 0. */
  readonly idleImprecisionMs?: number;
  /** Random histories that are held against the model. Default 150. */
  readonly modelRuns?: number;
}

const READERS: readonly Id[] = [1_500_000_000_000_001, 1_500_000_000_000_002, 1_500_000_000_000_003];
const entry = (n: number): Id => 1_600_000_000_000_000 + n;

type Step =
  | { readonly kind: 'read'; readonly readerId: Id; readonly place: number; readonly limit: number }
  | { readonly kind: 'begin'; readonly readerId: Id }
  | {
      readonly kind: 'complete';
      readonly readerId: Id;
      /** Whether the build is begun just before. */
      readonly atOnce: boolean;
      readonly range: Range;
      readonly age: number;
    }
  | {
      readonly kind: 'deliver';
      readonly readerIds: readonly Id[];
      readonly range: Range;
      readonly newestFirst: boolean;
      readonly age: number;
    }
  | { readonly kind: 'drop'; readonly readerIds: readonly Id[] }
  | { readonly kind: 'advance'; readonly durationMs: number };

const MODEL_RUNS = 150;

/** Every `stride`-th entry from `oldest` on, so many of them; the floor is the one before. */
interface Range {
  readonly oldest: number;
  readonly size: number;
  readonly stride: number;
}

/** Floors, builds, late deliveries and expiry in every order; readers and entries are few, so that they meet. */
export async function holdTimelinesAgainstModel(
  openHarness: () => Promise<TimelineStoreHarness>,
): Promise<void> {
  const { modelRuns = MODEL_RUNS, idleImprecisionMs = 0 } = await openHarness();
  const step = anyStep(idleImprecisionMs);
  const property = fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
    const { store, advance } = await openHarness();
    const model = createTimelineModel();
    const generations = [await store.generation()];
    const generationOf = (age: number) => generations.at(-1 - age) ?? 0;
    const begin = async (readerId: Id): Promise<void> => {
      const generation = await store.begin(readerId);
      model.begin(readerId, generation);
      generations.push(generation);
    };
    for (const step of steps) {
      if (step.kind === 'read') {
        const page = [step.readerId, entry(step.place), step.limit] as const;
        assert.deepEqual(await store.read(...page), model.read(...page));
      } else if (step.kind === 'begin') {
        await begin(step.readerId);
      } else if (step.kind === 'complete') {
        const { readerId, range, age } = step;
        if (step.atOnce) await begin(readerId);
        const build = [readerId, generationOf(age), idsOf(range).reverse(), entry(range.oldest - 1)] as const;
        assert.equal(await store.complete(...build, range.size), model.complete(...build, range.size));
      } else if (step.kind === 'deliver') {
        const { readerIds, age } = step;
        const ids = step.newestFirst ? idsOf(step.range).reverse() : idsOf(step.range);
        const deliveries = ids.map((entryId) => ({ entryId, readerIds }));
        const expected = ids.map((entryId) => model.deliver(entryId, readerIds, generationOf(age)));
        const added = await store.deliver(deliveries, generationOf(age));
        // Whether one that has expired still counts is the store's business.
        if (!readerIds.some(model.isExpired)) assert.equal(added, sumOf(expected));
      } else if (step.kind === 'drop') {
        await store.drop(step.readerIds);
        model.drop(step.readerIds);
      } else {
        await advance(step.durationMs);
        model.advance(step.durationMs);
      }
      assert.deepEqual((await store.cached()).toSorted(), model.cached().toSorted());
    }
    for (const readerId of READERS) {
      const page = [readerId, ID_MAX, TIMELINE_ENTRIES_MAX] as const;
      assert.deepEqual(await store.read(...page), model.read(...page));
    }
  });
  await fc.assert(property, { numRuns: modelRuns });
}

/** By an engine whose own clock goes on, time passes in steps that leave no doubt what has expired. */
function anyStep(imprecisionMs: number): fc.Arbitrary<Step> {
  const readerId = fc.constantFrom(...READERS);
  const range = (...sizes: number[]) =>
    fc.record({
      oldest: fc.integer({ min: 1, max: 2_000 }),
      size: fc.oneof(fc.nat({ max: 5 }), fc.constantFrom(...sizes)),
      stride: fc.constantFrom(1, 1, 2),
    });
  /** Of how many generations ago a call is. */
  const age = fc.constantFrom(0, 0, 0, 1, 2);
  const kind = <Kind extends Step['kind']>(name: Kind) => fc.constant(name);
  const durationMs =
    imprecisionMs === 0
      ? fc.constantFrom(1, TIMELINE_BUILD_MS, TIMELINE_BUILD_MS + 1, TIMELINE_IDLE_MS)
      : fc.constantFrom(TIMELINE_BUILD_MS + imprecisionMs, TIMELINE_IDLE_MS + imprecisionMs);
  const deliver = fc.record({
    kind: kind('deliver'),
    readerIds: fc.array(readerId, { maxLength: 4 }),
    range: range(15, 16, 63, 64, 65, 130),
    newestFirst: fc.boolean(),
    age,
  });
  return fc.oneof(
    { weight: 4, arbitrary: deliver },
    { weight: 3, arbitrary: fc.record({ kind: kind('begin'), readerId }) },
    {
      weight: 5,
      arbitrary: fc.record({
        kind: kind('complete'),
        readerId,
        atOnce: fc.boolean(),
        range: range(799, 800, 801, 870),
        age,
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        kind: kind('read'),
        readerId,
        place: fc.integer({ min: 0, max: 3_000 }),
        limit: fc.constantFrom(1, 20, TIMELINE_ENTRIES_MAX),
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: kind('drop'), readerIds: fc.subarray([...READERS]) }) },
    { weight: 1, arbitrary: fc.record({ kind: kind('advance'), durationMs }) },
  );
}

function idsOf({ oldest, size, stride }: Range): Id[] {
  return Array.from({ length: size }, (_, n) => entry(oldest + n * stride));
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, one) => sum + one, 0);
}
