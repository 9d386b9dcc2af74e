/** Holds the first pages of a home timeline from memory against those by SQL. For verification: part two. */
import { ID_MAX, type Id } from '../../../core/ids.ts';
import type { PageRequest } from '../../../core/page.ts';

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

export interface ShownEntry {
  readonly entryId: Id;
  /** Who reposted it; null for the post itself. */
  readonly reposterId: Id | null;
}

export interface ShownPage {
  readonly entries: readonly ShownEntry[];
  /** `undefined` at the end. */
  readonly nextBefore: Id | undefined;
}

export type ReadShownPage = (page: PageRequest) => Promise<ShownPage>;

/** As most clients ask for them. */
export const SHOWN_PAGE = 20;
/** In one statement. */
const SQL_PAGE = 100;

/** Compares so many pages from memory with as much by SQL. */
export async function checkPages(
  pages: number,
  sources: { readonly memory: ReadShownPage; readonly sql: ReadShownPage },
): Promise<CheckedPages> {
  const shown = await walk(sources.memory, { pageLimit: SHOWN_PAGE, pagesMax: pages, downTo: 0 });
  const pageLimit = Math.min(SQL_PAGE, pages * SHOWN_PAGE);
  // One more: memory may lack something.
  const pagesMax = Math.ceil((pages * SHOWN_PAGE) / pageLimit) + 1;
  const due = await walk(sources.sql, { pageLimit, pagesMax, downTo: shown.downTo });
  const downTo = Math.max(shown.downTo, due.downTo);
  const within = ({ entries }: Walked) => entries.filter(({ entryId }) => entryId >= downTo);
  return { entriesCompared: within(due).length, wrong: compareShown(within(shown), within(due)) };
}

interface Walk {
  readonly pageLimit: number;
  readonly pagesMax: number;
  /** What lies below it is not asked for. */
  readonly downTo: Id;
}

interface Walked {
  readonly entries: readonly ShownEntry[];
  /** Nothing is known of lower ids. */
  readonly downTo: Id;
}

async function walk(read: ReadShownPage, { pageLimit, pagesMax, downTo }: Walk): Promise<Walked> {
  const entries: ShownEntry[] = [];
  let before: Id | undefined = ID_MAX;
  for (let page = 0; page < pagesMax && before !== undefined && before > downTo; page += 1) {
    const found: ShownPage = await read({ before, limit: pageLimit });
    entries.push(...found.entries);
    before = found.nextBefore;
  }
  return { entries, downTo: before ?? 0 };
}

/** `due`: newest first, each entry once. */
export function compareShown(shown: readonly ShownEntry[], due: readonly ShownEntry[]): WrongEntry[] {
  const dueEntries = new Map(due.map((entry) => [entry.entryId, entry]));
  const shownIds = new Set(shown.map(({ entryId }) => entryId));
  const wrong: WrongEntry[] = due
    .filter(({ entryId }) => !shownIds.has(entryId))
    .map(({ entryId }) => ({ kind: 'missing', entryId }));
  let previousId = Number.POSITIVE_INFINITY;
  for (const { entryId, reposterId } of shown) {
    const dueEntry = dueEntries.get(entryId);
    if (dueEntry === undefined) wrong.push({ kind: 'surplus', entryId });
    else if (dueEntry.reposterId !== reposterId) wrong.push({ kind: 'reposter', entryId });
    if (entryId >= previousId) wrong.push({ kind: 'order', entryId });
    previousId = entryId;
  }
  return wrong;
}
