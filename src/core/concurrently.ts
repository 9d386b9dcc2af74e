/** So many calls at once: enough to keep the server busy, few enough for any limit on connections. */
const AT_ONCE = 8;

/** Does `work` for 0 to `count - 1`, a few at a time. Results are in order of their numbers. */
export async function concurrently<Result>(
  count: number,
  work: (n: number) => Promise<Result>,
  atOnce = AT_ONCE,
): Promise<Result[]> {
  const results = new Array<Result>(count);
  let next = 0;
  const worker = async () => {
    while (next < count) {
      const n = next;
      next += 1;
      results[n] = await work(n);
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, count) }, worker));
  return results;
}
