/**
 * Works on up to `limit` items at once and hands each result over in the order of the items, as soon as it and all
 * before it are there. `emit` may take its time: nothing is emitted meanwhile. Rejects with the first failure of any of
 * the three; what is under way then goes on unheard, and no further item is asked for.
 */
export async function workInOrder<Item, Result>(
  items: AsyncIterable<Item>,
  limit: number,
  work: (item: Item) => Promise<Result>,
  emit: (result: Result) => Promise<void> | void,
): Promise<void> {
  const unemitted: Promise<void>[] = [];
  let last: Promise<void> = Promise.resolve();
  for await (const item of items) {
    last = Promise.all([work(item), last]).then(([result]) => emit(result));
    // It is awaited, but not before others.
    last.catch(() => undefined);
    unemitted.push(last);
    if (unemitted.length >= limit) await unemitted.shift();
  }
  await last;
}
