/** Pages of a list: which part is asked for, and how one stays full when some of its entries cannot be shown. */
import type { Id } from '../../../core/ids.ts';
import type { Page, PageRequest } from '../../../core/page.ts';

/**
 * Statements leave out what the viewer may not see, so one round is the rule; more are needed in the moment
 * between a suspension and its event. A page that is still short after these leads on to the next one.
 */
const ROUNDS_MAX = 10;

export interface PageSource<Entry, Item> {
  /** Up to `count` entries below `before`, newest first. */
  entries(before: Id, count: number): Promise<readonly Entry[]>;
  idOf(entry: Entry): Id;
  /** What each entry shows, in their order; `undefined` for one that cannot be shown. */
  items(entries: readonly Entry[]): Promise<readonly (Item | undefined)[]>;
}

/** A page with `limit` items as long as there are so many. */
export async function fillPage<Entry, Item>(
  { before, limit }: PageRequest,
  source: PageSource<Entry, Item>,
): Promise<Page<Item>> {
  const items: Item[] = [];
  let nextBefore: Id | undefined = before;
  for (let round = 0; round < ROUNDS_MAX && items.length < limit && nextBefore !== undefined; round += 1) {
    const wanted = limit - items.length;
    const found = await source.entries(nextBefore, wanted + 1);
    const shown = found.slice(0, wanted);
    const last = shown.at(-1);
    // The one too many only tells that there is more.
    nextBefore = found.length > wanted && last !== undefined ? source.idOf(last) : undefined;
    if (shown.length > 0) items.push(...(await source.items(shown)).filter((item) => item !== undefined));
  }
  return { items, nextBefore };
}
