/** Holds the first pages of a home timeline from memory against those by SQL. For verification: part two. */
import { ID_MAX, type Id } from '../../../core/ids.ts';
import type { Page, PageRequest } from '../../../core/page.ts';
import type { TimelineEntry } from '../timelines/timeline-entry.ts';

export interface WrongEntry {
  /**
   * `missing`: only SQL shows it; `surplus`: only memory does; `order`: memory shows it in another place, or twice;
   * `reposter`: as reposted by somebody else.
   */
  readonly kind: 'missing' | 'surplus' | 'order' | 'reposter';
  readonly entryId: Id;
}

export interface CheckedPages {
  readonly entriesCompared: number;
  readonly wrong: readonly WrongEntry[];
}

type ReadPage = (page: PageRequest) => Promise<Page<TimelineEntry>>;

/** As most clients ask for them. */
export const SHOWN_PAGE = 20;
/** In one statement. */
const SQL_PAGE = 100;

export async function checkPages(
  pages: number,
  sources: { readonly memory: ReadPage; readonly sql: ReadPage },
): Promise<CheckedPages> {
  const entriesMax = pages * SHOWN_PAGE;
  const shown = await walk(sources.memory, { pageLimit: SHOWN_PAGE, pagesMax: pages, downTo: 0 });
  const due = await walk(sources.sql, {
    pageLimit: Math.min(SQL_PAGE, entriesMax),
    // Memory may have read pages that were short.
    pagesMax: Math.ceil(entriesMax / SQL_PAGE) + 1,
    downTo: shown.downTo,
  });
  const downTo = Math.max(shown.downTo, due.downTo);
  const within = ({ items }: Walked) => items.filter(({ entryId }) => entryId >= downTo);
  return { entriesCompared: within(due).length, wrong: compareShown(within(shown), within(due)) };
}

interface Walked {
  readonly items: readonly TimelineEntry[];
  /** The lowest id of which something is known. */
  readonly downTo: Id;
}

async function walk(
  read: ReadPage,
  { pageLimit, pagesMax, downTo }: { pageLimit: number; pagesMax: number; downTo: Id },
): Promise<Walked> {
  const items: TimelineEntry[] = [];
  let before: Id | undefined = ID_MAX;
  for (let page = 0; page < pagesMax && before !== undefined && before > downTo; page += 1) {
    const found: Page<TimelineEntry> = await read({ before, limit: pageLimit });
    items.push(...found.items);
    before = found.nextBefore;
  }
  return { items, downTo: before ?? 0 };
}

type Shown = Pick<TimelineEntry, 'entryId'> & {
  readonly repostedBy: Pick<NonNullable<TimelineEntry['repostedBy']>, 'userId'> | null;
};

/** `due`: newest first, each entry once. */
export function compareShown(shown: readonly Shown[], due: readonly Shown[]): WrongEntry[] {
  const dueEntries = new Map(due.map((entry) => [entry.entryId, entry]));
  const shownIds = new Set(shown.map(({ entryId }) => entryId));
  const wrong: WrongEntry[] = due
    .filter(({ entryId }) => !shownIds.has(entryId))
    .map(({ entryId }) => ({ kind: 'missing', entryId }));
  let previousId = Number.POSITIVE_INFINITY;
  for (const { entryId, repostedBy } of shown) {
    const dueEntry = dueEntries.get(entryId);
    if (dueEntry === undefined) wrong.push({ kind: 'surplus', entryId });
    else if (dueEntry.repostedBy?.userId !== repostedBy?.userId) wrong.push({ kind: 'reposter', entryId });
    if (entryId >= previousId) wrong.push({ kind: 'order', entryId });
    previousId = entryId;
  }
  return wrong;
}
