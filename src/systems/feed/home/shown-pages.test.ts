import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { PageRequest } from '../../../core/page.ts';
import { checkPages, compareShown, SHOWN_PAGE, type ShownEntry, type ShownPage } from './shown-pages.ts';

const CAROL = 7;
const post = (entryId: number): ShownEntry => ({ entryId, reposterId: null });
const posts = (...entryIds: readonly number[]): ShownEntry[] => entryIds.map(post);

describe('compareShown', () => {
  it('finds nothing where both show the same', () => {
    assert.deepEqual(compareShown(posts(3, 2, 1), posts(3, 2, 1)), []);
    assert.deepEqual(compareShown([], []), []);
  });

  it('names what only one of them shows', () => {
    assert.deepEqual(compareShown(posts(3, 1), posts(3, 2)), [
      { kind: 'missing', entryId: 2 },
      { kind: 'surplus', entryId: 1 },
    ]);
  });

  it('names what stands in another place, or twice', () => {
    assert.deepEqual(compareShown(posts(2, 3, 1), posts(3, 2, 1)), [{ kind: 'order', entryId: 3 }]);
    assert.deepEqual(compareShown(posts(3, 2, 2), posts(3, 2)), [{ kind: 'order', entryId: 2 }]);
  });

  it('names what somebody else is said to have reposted', () => {
    const byCarol = { entryId: 2, reposterId: CAROL };
    assert.deepEqual(compareShown([byCarol], [byCarol]), []);
    assert.deepEqual(compareShown([byCarol], posts(2)), [{ kind: 'reposter', entryId: 2 }]);
  });
});

describe('checkPages', () => {
  /** Entries `count` to 1, of which each page lacks those that are left out. */
  function timeline(count: number, leftOut: readonly number[] = []) {
    const requests: PageRequest[] = [];
    async function read(page: PageRequest): Promise<ShownPage> {
      requests.push(page);
      const first = Math.min(count, page.before - 1);
      const ids = Array.from({ length: Math.min(first, page.limit) }, (_, index) => first - index);
      const last = ids.at(-1) ?? 0;
      const entries = posts(...ids.filter((id) => !leftOut.includes(id)));
      return { entries, nextBefore: last > 1 ? last : undefined };
    }
    return { read, requests };
  }

  it('compares so many pages and no more, whatever the two know below', async () => {
    const memory = timeline(1_000, [1_000 - 2 * SHOWN_PAGE]);
    const sql = timeline(1_000);
    const checked = await checkPages(2, { memory: memory.read, sql: sql.read });
    assert.deepEqual(checked, { entriesCompared: 2 * SHOWN_PAGE, wrong: [] });
    assert.equal(memory.requests.length, 2);
    const more = await checkPages(3, { memory: memory.read, sql: sql.read });
    assert.deepEqual(more.wrong, [{ kind: 'missing', entryId: 1_000 - 2 * SHOWN_PAGE }]);
  });

  it('compares to the end where a timeline ends before', async () => {
    const memory = timeline(5, [2]);
    const checked = await checkPages(5, { memory: memory.read, sql: timeline(5).read });
    assert.deepEqual(checked, { entriesCompared: 5, wrong: [{ kind: 'missing', entryId: 2 }] });
    const nothing = { entriesCompared: 0, wrong: [] };
    assert.deepEqual(await checkPages(5, { memory: timeline(0).read, sql: timeline(0).read }), nothing);
  });
});
