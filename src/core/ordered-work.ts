/**
 * Works on up to `limit` items at once and hands each result over in the order of the items, as soon as it and all
 * before it are there. `emit` may take its time: nothing is emitted meanwhile. Rejects with the first failure of any of
 * the three, and asks for no further item then: when it is of the items, after all that came before it was emitted; else
 * what is under way goes on unheard.
 */
export async function workInOrder<Item, Result>(
  items: AsyncIterable<Item>,
  limit: number,
  work: (item: Item) => Promise<Result>,
  emit: (result: Result) => Promise<void> | void,
): Promise<void> {
  const unemitted: Promise<void>[] = [];
  let last: Promise<void> = Promise.resolve();
  try {
    for await (const item of items) {
      last = Promise.all([work(item), last]).then(([result]) => emit(result));
      // It is awaited, but not before others.
      last.catch(() => undefined);
      unemitted.push(last);
      if (unemitted.length >= limit) await unemitted.shift();
    }
  } finally {
    await last;
  }
}
