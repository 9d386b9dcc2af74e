/** Loads of posts and reposts that are under way: each id once, however many ask for it meanwhile. */
import type { Id } from '../../../core/ids.ts';
import type { SqlSession } from '../../../ports/sql-store/sql-store.ts';
import { type CachedEntryRow, getEntries } from './posts-cache-queries.ts';

/** What a load brings; of what was heard meanwhile it may not know. */
export interface LandedEntries {
  readonly entryIds: readonly Id[];
  readonly rows: readonly CachedEntryRow[];
  /** Something happened to the post or repost since the load began: what it brings of it is not to be kept. */
  isOutdated(id: Id): boolean;
  /** As a whole it may be kept, but something was counted since. */
  areCountsOutdated(postId: Id): boolean;
}

export interface EntryLoads<Found> {
  /** What is found of them, by id. Fails as the statement does. */
  load(entryIds: readonly Id[]): Promise<ReadonlyMap<Id, Found>>;
  /** Something happened to the post or repost. Whether it was being loaded. */
  outdate(id: Id): boolean;
  outdateCounts(postId: Id): void;
}

interface Load<Found> {
  readonly outdated: Set<Id>;
  readonly countsOutdated: Set<Id>;
  readonly found: Promise<ReadonlyMap<Id, Found>>;
}

/** `land` is called once for each load, as soon as it is there, before those who wait for it go on. */
export function createEntryLoads<Found>(deps: {
  readonly sql: SqlSession;
  readonly land: (landed: LandedEntries) => ReadonlyMap<Id, Found>;
}): EntryLoads<Found> {
  const { sql, land } = deps;
  const loads = new Set<Load<Found>>();
  /** Those to join: by the ids that they load and that nothing has happened to. */
  const loadsById = new Map<Id, Load<Found>>();

  function begin(entryIds: readonly Id[]): Load<Found> {
    const outdated = new Set<Id>();
    const countsOutdated = new Set<Id>();
    const found = sql.query(getEntries, [entryIds]).then((rows) =>
      land({
        entryIds,
        rows,
        isOutdated: (id) => outdated.has(id),
        areCountsOutdated: (id) => countsOutdated.has(id),
      }),
    );
    const load = { outdated, countsOutdated, found: found.finally(() => end(load, entryIds)) };
    loads.add(load);
    for (const entryId of entryIds) loadsById.set(entryId, load);
    return load;
  }

  function end(load: Load<Found>, entryIds: readonly Id[]): void {
    loads.delete(load);
    for (const entryId of entryIds) if (loadsById.get(entryId) === load) loadsById.delete(entryId);
  }

  return {
    async load(entryIds) {
      const missing = entryIds.filter((entryId) => !loadsById.has(entryId));
      const joined = new Set(
        entryIds.map((entryId) => loadsById.get(entryId)).filter((load) => load !== undefined),
      );
      if (missing.length > 0) joined.add(begin(missing));
      const [first, ...others] = await Promise.all([...joined].map(({ found }) => found));
      if (others.length === 0) return first ?? new Map();
      return new Map([first ?? [], ...others].flatMap((found) => [...found]));
    },

    outdate(id) {
      for (const { outdated } of loads) outdated.add(id);
      return loadsById.delete(id);
    },

    outdateCounts(postId) {
      for (const { countsOutdated } of loads) countsOutdated.add(postId);
    },
  };
}
