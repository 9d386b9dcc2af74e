import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Id } from '../../../core/ids.ts';
import { mergePages, type SourcePage } from './merge-pages.ts';
import { walkPage } from './walk.ts';

/** What there is of a source, and above which id it knows it. */
interface Source {
  readonly all: readonly Id[];
  readonly floor: Id;
}

const sources: fc.Arbitrary<Source[]> = fc.array(
  fc.record({
    all: fc.uniqueArray(fc.integer({ min: 1, max: 60 }), { maxLength: 30 }),
    floor: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 60 })),
  }),
  { minLength: 1, maxLength: 4 },
);

function pageOf({ all, floor }: Source, before: Id, limit: number): SourcePage {
  const known = all.filter((entryId) => entryId > floor && entryId < before);
  return { entryIds: known.sort((left, right) => right - left).slice(0, limit), floor };
}

const union = (all: readonly Source[]): Id[] =>
  [...new Set(all.flatMap((source) => source.all))].sort((left, right) => right - left);

describe('mergePages', () => {
  it('has every entry above where it says that it is complete, and each once', () => {
    fc.assert(
      fc.property(
        sources,
        fc.integer({ min: 1, max: 70 }),
        fc.integer({ min: 1, max: 12 }),
        (all, before, limit) => {
          const { entryIds, completeAbove, floor } = mergePages(
            all.map((source) => pageOf(source, before, limit)),
            limit,
          );
          const expected = union(all).filter((entryId) => entryId < before && entryId > completeAbove);
          assert.deepEqual(
            entryIds.filter((entryId) => entryId > completeAbove),
            expected,
          );
          assert.equal(floor, Math.max(...all.map((source) => source.floor)));
          assert.ok(completeAbove >= floor);
          // Nothing is lost to a limit: as many as were asked for, or all that the sources know.
          assert.ok(entryIds.length >= limit || completeAbove === floor);
        },
      ),
    );
  });
});

describe('walkPage', () => {
  it('shows the same through every floor, with pages of any size, as one list would', async () => {
    await fc.assert(
      fc.asyncProperty(sources, fc.integer({ min: 1, max: 9 }), fc.nat(6), async (all, limit, hidden) => {
        const isShown = (entryId: Id): boolean => hidden === 0 || entryId % (hidden + 1) !== 0;
        const list = union(all).filter(isShown);
        const older = async ({ before, limit: count }: { before: Id; limit: number }) => {
          const below = list.filter((entryId) => entryId < before);
          const items = below.slice(0, count);
          return {
            items: items as never[],
            nextBefore: below.length > count ? items.at(-1) : undefined,
          };
        };
        const walked: Id[] = [];
        let before: Id | undefined = 100;
        while (before !== undefined) {
          const page = await walkPage(
            { before, limit },
            {
              candidates: async (below, count) =>
                mergePages(
                  all.map((source) => pageOf(source, below, count)),
                  count,
                ),
              // Entries are their ids here, and look like nothing else.
              shown: async (entryIds) =>
                entryIds.filter(isShown).map((entryId) => ({ entryId, valueOf: () => entryId })) as never,
              older,
            },
          );
          for (const item of page.items) walked.push(Number(item));
          assert.ok(page.items.length === limit || page.nextBefore === undefined, 'a short page is the last');
          before = page.nextBefore;
        }
        assert.deepEqual(walked, list);
      }),
    );
  });
});
