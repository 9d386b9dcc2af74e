import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import fc from 'fast-check';
import { createLoadingCache, LOAD_KEYS_MAX } from './loading-cache.ts';

interface Counter {
  count: number;
}

const KEYS = [1, 2, 3, 4];

/** A source of counters whose loads read at once and answer when they are let go, first come, first served. */
function gatedSource() {
  const counts = new Map<number, number>();
  const loads: (readonly number[])[] = [];
  const gates: (() => void)[] = [];
  return {
    counts,
    loads,
    add: (key: number) => void counts.set(key, (counts.get(key) ?? 0) + 1),
    async load(keys: readonly number[]): Promise<Counter[]> {
      loads.push(keys);
      const read = keys.map((key) => ({ count: counts.get(key) ?? 0 }));
      await new Promise<void>((resolve) => gates.push(resolve));
      return read;
    },
    async release(): Promise<void> {
      gates.shift()?.();
      await nextTurn();
    },
  };
}

describe('a loading cache', () => {
  it('loads once for all who ask at the same time, and answers at once afterwards', async () => {
    const source = gatedSource();
    const cache = createLoadingCache({ valuesMax: 10, load: source.load });
    const asked = [cache.get(1), cache.get(1), cache.getMany([1])];
    await source.release();
    assert.deepEqual(await Promise.all(asked), [{ count: 0 }, { count: 0 }, [{ count: 0 }]]);
    assert.deepEqual(cache.get(1), { count: 0 });
    assert.deepEqual(cache.getMany([1, 1]), [{ count: 0 }, { count: 0 }]);
    assert.deepEqual(source.loads, [[1]]);
  });

  it('keeps what it is given, whatever is being loaded, and tells what is there without loading', async () => {
    const source = gatedSource();
    const cache = createLoadingCache({ valuesMax: 10, load: source.load });
    assert.equal(cache.getCached(1), undefined);
    const old = cache.get(1);
    cache.put(1, { count: 7 });
    assert.deepEqual(cache.getCached(1), { count: 7 });
    await source.release();
    assert.deepEqual(await old, { count: 0 });
    assert.deepEqual(cache.get(1), { count: 7 });
    assert.equal(source.loads.length, 1);
  });

  it('loads what is missing of many in one load, and joins what is under way', async () => {
    const source = gatedSource();
    const cache = createLoadingCache({ valuesMax: 10, load: source.load });
    for (const key of [1, 2, 2, 3, 3, 3]) source.add(key);
    const first = cache.get(1);
    await source.release();
    const second = cache.get(2);
    const many = cache.getMany([4, 3, 2, 1, 3]);
    await source.release();
    await source.release();
    assert.deepEqual(
      (await many).map(({ count }) => count),
      [0, 3, 2, 1, 3],
    );
    assert.deepEqual([await first, await second], [{ count: 1 }, { count: 2 }]);
    assert.deepEqual(source.loads, [[1], [2], [4, 3]]);
  });

  it('loads more than one load may take in several', async () => {
    const sizes: number[] = [];
    const load = async (keys: readonly number[]) => {
      sizes.push(keys.length);
      return keys.map(String);
    };
    const cache = createLoadingCache({ valuesMax: 10, load });
    const keys = Array.from({ length: LOAD_KEYS_MAX + 1 }, (_, index) => index);
    assert.deepEqual(await cache.getMany(keys), keys.map(String));
    assert.deepEqual(sizes, [LOAD_KEYS_MAX, 1]);
    assert.equal(cache.size(), 10);
    assert.deepEqual(await cache.getMany(keys.slice(0, LOAD_KEYS_MAX)), keys.slice(0, -1).map(String));
    assert.equal(sizes.length, 3);
  });

  it('answers those who asked before something was forgotten, and loads again for those who ask after', async () => {
    const source = gatedSource();
    const cache = createLoadingCache({ valuesMax: 10, load: source.load });
    const before = cache.get(1);
    source.add(1);
    cache.forget(1);
    const after = cache.get(1);
    await source.release();
    assert.deepEqual(await before, { count: 0 });
    assert.equal(cache.size(), 0);
    await source.release();
    assert.deepEqual(await after, { count: 1 });
    assert.deepEqual(cache.get(1), { count: 1 });
    assert.equal(source.loads.length, 2);
  });

  it('keeps nothing of one key of a load that changed meanwhile, and the others', async () => {
    const source = gatedSource();
    const cache = createLoadingCache({ valuesMax: 10, load: source.load });
    const many = cache.getMany([1, 2]);
    cache.change(1, () => assert.fail('there is nothing to change yet'));
    await source.release();
    await many;
    assert.equal(cache.size(), 1);
    assert.deepEqual(cache.get(2), { count: 0 });
  });

  it('takes of an older load under way only what has not changed since it began', async () => {
    const source = gatedSource();
    const cache = createLoadingCache({ valuesMax: 10, load: source.load });
    const older = cache.getMany([1, 2]);
    source.add(1);
    cache.forget(1);
    const both = cache.getMany([1, 2]);
    await source.release();
    await source.release();
    assert.deepEqual(await older, [{ count: 0 }, { count: 0 }]);
    assert.deepEqual(await both, [{ count: 1 }, { count: 0 }]);
    assert.deepEqual(source.loads, [[1, 2], [1]]);
  });

  it('changes in place what is cached, which is no use of it', async () => {
    const load = async (keys: readonly number[]): Promise<Counter[]> => keys.map(() => ({ count: 0 }));
    const cache = createLoadingCache({ valuesMax: 2, load });
    const one = await cache.get(1);
    await cache.get(2);
    cache.change(1, (counter) => {
      counter.count += 1;
    });
    assert.equal(cache.get(1), one);
    assert.deepEqual(one, { count: 1 });
    cache.get(2);
    cache.change(1, () => undefined);
    await cache.get(3);
    assert.ok(cache.get(1) instanceof Promise, 'the change has not kept it');
  });

  it('drops what was not used for longest', async () => {
    const cache = createLoadingCache({
      valuesMax: 2,
      load: async (keys: readonly number[]) => keys.map(String),
    });
    await cache.getMany([1, 2]);
    cache.get(1);
    await cache.get(3);
    assert.equal(cache.size(), 2);
    assert.equal(cache.get(1), '1');
    assert.ok(cache.get(2) instanceof Promise);
  });

  it('keeps no more bytes than it may, and nothing that alone has more', async () => {
    const cache = createLoadingCache({
      valuesMax: 100,
      bytes: { max: 10, of: (value: string) => value.length },
      load: async (keys: readonly number[]) => keys.map((key) => 'x'.repeat(key)),
    });
    await cache.getMany([4, 6]);
    assert.equal(cache.size(), 2);
    assert.equal((await cache.get(11)).length, 11);
    assert.equal(cache.size(), 2);
    await cache.get(5);
    assert.equal(cache.size(), 1);
    assert.equal(cache.get(5), 'xxxxx');
  });

  it('fails as the load does, for all who wait, and loads again for the next', async () => {
    let failures = 1;
    const load = async (keys: readonly number[]) => {
      if (failures-- > 0) throw new Error('no answer');
      return keys.map(String);
    };
    const cache = createLoadingCache({ valuesMax: 10, load });
    const asked = [cache.get(1), cache.get(1), cache.getMany([1])];
    for (const one of asked) await assert.rejects(async () => one, /no answer/);
    assert.equal(await cache.get(1), '1');
  });

  it('fails when the load answers too little', async () => {
    const cache = createLoadingCache({ valuesMax: 10, load: async (_: readonly number[]) => ['one'] });
    await assert.rejects(async () => cache.getMany([1, 2]), /2 keys were loaded as 1 values/);
  });

  it('has never less than what was heard of when it is asked, and all in the end', async () => {
    const key = fc.constantFrom(...KEYS);
    const step = fc.oneof(
      fc.record({ do: fc.constant('write' as const), key }),
      fc.record({ do: fc.constantFrom('hear' as const, 'release' as const, 'getAll' as const) }),
      fc.record({ do: fc.constant('get' as const), key }),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 40 }),
        fc.integer({ min: 1, max: 4 }),
        async (steps, valuesMax) => {
          const source = gatedSource();
          const cache = createLoadingCache({ valuesMax, load: source.load });
          const heard = new Map<number, number>();
          const written: [key: number, count: number][] = [];
          const answers: Promise<void>[] = [];
          const hear = (): void => {
            const [key, count] = written.shift() ?? [];
            if (key === undefined || count === undefined) return;
            heard.set(key, count);
            cache.change(key, (counter) => {
              counter.count = Math.max(counter.count, count);
            });
          };
          const ask = (keys: readonly number[]): void => {
            const atLeast = keys.map((one) => heard.get(one) ?? 0);
            const check = (counters: readonly Counter[]): void => {
              for (const [index, { count }] of counters.entries()) assert.ok(count >= (atLeast[index] ?? 0));
            };
            const answer = Promise.resolve(cache.getMany(keys)).then(check);
            answers.push(answer);
            // It is awaited at the end.
            answer.catch(() => undefined);
          };
          for (const one of steps) {
            if (one.do === 'write') {
              source.add(one.key);
              written.push([one.key, source.counts.get(one.key) ?? 0]);
            } else if (one.do === 'hear') hear();
            else if (one.do === 'release') await source.release();
            else ask(one.do === 'get' ? [one.key] : KEYS);
          }
          while (written.length > 0) hear();
          for (const _ of steps) await source.release();
          await Promise.all(answers);
          const last = Promise.resolve(cache.getMany(KEYS));
          await source.release();
          assert.deepEqual(
            (await last).map(({ count }) => count),
            KEYS.map((one) => source.counts.get(one) ?? 0),
          );
        },
      ),
    );
  });
});
