import type { Id } from '../../core/ids.ts';
import type { Page } from '../../core/page.ts';

/** A page of `limit` items from the first `limit + 1` rows, of which the last only tells that there is more. */
export function pageFrom<Row, Item>(
  rows: readonly Row[],
  limit: number,
  idOf: (row: Row) => Id,
  present: (row: Row) => Item,
): Page<Item> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return {
    items: shown.map(present),
    nextBefore: rows.length > limit && last !== undefined ? idOf(last) : undefined,
  };
}
