/**
 * The newest entries of authors: their posts of every visibility and their reposts. From here come the entries of
 * those who have too many followers for a fan-out. A new entry is added to a head at once when it is heard of, so
 * that a head once loaded is not loaded again, least of all by all readers of an author who has just posted.
 */
import type { Id } from '../../../core/ids.ts';
import type { MaybePromise } from '../../../core/maybe-promise.ts';
import type { SqlSession } from '../../../ports/sql-store/sql-store.ts';
import { createLoadingCache } from '../../../resilience/loading-cache.ts';
import { BULK_LOADS_TOPIC } from '../bulk-loads.ts';
import { entryAddedBy } from './added-entry.ts';
import { getAuthorHeads } from './author-heads-queries.ts';
import { readIdList } from './id-list-queries.ts';
import { IdWindow } from './id-window.ts';
import type { HeardEvent } from './reader-views.ts';

/** At most 2 KB each. */
export const AUTHOR_HEADS_MAX = 50_000;
/** Five pages; what is older is answered by SQL. */
export const HEAD_ENTRIES = 100;
/** A head that has grown beyond it is cut back to HEAD_ENTRIES. */
export const HEAD_ENTRIES_MAX = 200;

export interface HeadPage {
  /** Newest first. Entries that were deleted, or taken back, may be among them. */
  readonly entryIds: readonly Id[];
  /** Of the head: it is complete above, so the page is where it is not cut off by its limit. 0: nothing is older. */
  readonly floor: Id;
}

export interface AuthorHeads {
  /** Up to `limit` entries with lower ids than `before`. */
  page(authorId: Id, before: Id, limit: number): MaybePromise<HeadPage>;
  /** One for each author, in their order. The heads that are missing are loaded in one statement. */
  pages(authorIds: readonly Id[], before: Id, limit: number): MaybePromise<readonly HeadPage[]>;
  /** Of the topics `posts` and `bulk_loads`; to hear one again changes nothing. */
  hear(events: readonly HeardEvent[]): void;
  forget(authorId: Id): void;
  size(): number;
}

export interface AuthorHeadsDeps {
  readonly sql: SqlSession;
  readonly headsMax?: number;
  /** `false`: a new entry makes its author's head be loaded again. Only to measure what that would cost. */
  readonly refreshAhead?: boolean;
}

export function createAuthorHeads(deps: AuthorHeadsDeps): AuthorHeads {
  const { sql, headsMax = AUTHOR_HEADS_MAX, refreshAhead = true } = deps;
  const heads = createLoadingCache<Id, IdWindow>({ valuesMax: headsMax, load });

  async function load(authorIds: readonly Id[]): Promise<IdWindow[]> {
    const rows = await sql.query(getAuthorHeads, [authorIds, HEAD_ENTRIES + 1]);
    const loaded = new Map(rows.map((row) => [row.author_id, readIdList(row.entry_ids)]));
    return authorIds.map((authorId) => new IdWindow(loaded.get(authorId), HEAD_ENTRIES));
  }

  function hearOne(event: HeardEvent): void {
    if (event.topic === BULK_LOADS_TOPIC) heads.clear();
    const added = entryAddedBy(event);
    if (added === undefined) return;
    if (refreshAhead) heads.change(added.authorId, (head) => addEntry(head, added.entryId));
    else heads.forget(added.authorId);
  }

  return {
    page(authorId, before, limit) {
      const head = heads.get(authorId);
      if (head instanceof Promise) return head.then((loaded) => pageOf(loaded, before, limit));
      return pageOf(head, before, limit);
    },

    pages(authorIds, before, limit) {
      const all = heads.getMany(authorIds);
      if (all instanceof Promise)
        return all.then((loaded) => loaded.map((head) => pageOf(head, before, limit)));
      return all.map((head) => pageOf(head, before, limit));
    },

    hear(events) {
      for (const event of events) hearOne(event);
    },

    forget: (authorId) => heads.forget(authorId),
    size: () => heads.size(),
  };
}

function addEntry(head: IdWindow, entryId: Id): void {
  head.add(entryId);
  if (head.size > HEAD_ENTRIES_MAX) head.trim(HEAD_ENTRIES);
}

function pageOf(head: IdWindow, before: Id, limit: number): HeadPage {
  return { entryIds: head.page(before, limit), floor: head.floor };
}
