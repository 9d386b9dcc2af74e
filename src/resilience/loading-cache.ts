/**
 * What was used lately, by key: loaded when it is asked for, once for all who ask meanwhile, and many keys in one
 * load. It never goes stale by itself: whoever hears that something changed calls `forget` or `change`. A load that is
 * under way then may have read what was before, so its value answers those who asked before and is not kept.
 */
import { LRUCache } from 'lru-cache';
import { assert } from '../core/errors.ts';
import type { MaybePromise } from '../core/maybe-promise.ts';

/** Keys of one load at most; more are loaded by several at the same time. */
export const LOAD_KEYS_MAX = 500;

export interface LoadingCacheOptions<Key extends {}, Value extends {}> {
  /** Beyond it, what was not used for longest is dropped. */
  readonly valuesMax: number;
  /**
   * Where values differ much in size: how many bytes of them there may be, and of one, roughly (a whole number above
   * 0, asked once). A value that is larger than all may be is not kept.
   */
  readonly bytes?: { readonly max: number; readonly of: (value: Value) => number };
  /** Answers one value for each key, in their order. It must read what was committed before it was called. */
  load(keys: readonly Key[]): Promise<readonly Value[]>;
}

export interface LoadingCache<Key extends {}, Value extends {}> {
  /** At once if it is there. Fails as the load does, and then the next call loads again. */
  get(key: Key): MaybePromise<Value>;
  /** One for each key, in their order; at once if all are there. */
  getMany(keys: readonly Key[]): MaybePromise<readonly Value[]>;
  /** What is there, without a load. */
  getCached(key: Key): Value | undefined;
  /** Keeps the value, which is newer than what a load may bring that is under way. */
  put(key: Key, value: Value): void;
  /** Changes what is cached in place, which is no use of it; of what is being loaded, nothing is kept. */
  change(key: Key, apply: (value: Value) => void): void;
  forget(key: Key): void;
  /** Forgets all, also what is being loaded. */
  clear(): void;
  size(): number;
}

type Flight<Key, Value> = Promise<ReadonlyMap<Key, Value>>;

export function createLoadingCache<Key extends {}, Value extends {}>(
  options: LoadingCacheOptions<Key, Value>,
): LoadingCache<Key, Value> {
  const { valuesMax, bytes, load } = options;
  const cached = new LRUCache<Key, Value>({
    max: valuesMax,
    ...(bytes === undefined ? {} : { maxSize: bytes.max, sizeCalculation: bytes.of }),
  });
  /** By the keys whose values are to be kept when they arrive. */
  const flights = new Map<Key, Flight<Key, Value>>();

  function fly(keys: readonly Key[]): Flight<Key, Value> {
    const flight = load(keys).then((values) => valuesByKey(keys, values));
    for (const key of keys) flights.set(key, flight);
    const land = (values: ReadonlyMap<Key, Value>): void => {
      for (const key of keys) {
        // Whoever was forgotten meanwhile has another flight, or none.
        if (flights.get(key) !== flight) continue;
        flights.delete(key);
        const value = values.get(key);
        if (value !== undefined) cached.set(key, value);
      }
    };
    // Who waits for the flight hears of its failure.
    flight.then(land, () => land(new Map()));
    return flight;
  }

  /** By key: what is under way, as long as it is not too old for the key, or a new load. */
  function flightsOf(keys: ReadonlySet<Key>): ReadonlyMap<Key, Flight<Key, Value>> {
    const awaited = new Map<Key, Flight<Key, Value>>();
    const missing: Key[] = [];
    for (const key of keys) {
      const flight = flights.get(key);
      if (flight === undefined) missing.push(key);
      else awaited.set(key, flight);
    }
    for (let start = 0; start < missing.length; start += LOAD_KEYS_MAX) {
      const part = missing.slice(start, start + LOAD_KEYS_MAX);
      const flight = fly(part);
      for (const key of part) awaited.set(key, flight);
    }
    return awaited;
  }

  function complete(keys: readonly Key[], found: readonly (Value | undefined)[]): Promise<readonly Value[]> {
    const awaited = flightsOf(new Set(keys.filter((_, index) => found[index] === undefined)));
    return Promise.all(keys.map((key, index) => found[index] ?? landing(awaited.get(key), key)));
  }

  return {
    get(key) {
      const value = cached.get(key);
      if (value !== undefined) return value;
      return landing(flights.get(key) ?? fly([key]), key);
    },

    getMany(keys) {
      const found: Value[] = [];
      for (const key of keys) {
        const value = cached.get(key);
        if (value === undefined)
          return complete(
            keys,
            keys.map((one) => cached.get(one)),
          );
        found.push(value);
      }
      return found;
    },

    getCached: (key) => cached.get(key),

    put(key, value) {
      flights.delete(key);
      cached.set(key, value);
    },

    change(key, apply) {
      const value = cached.peek(key);
      if (value === undefined) flights.delete(key);
      else apply(value);
    },

    forget(key) {
      cached.delete(key);
      flights.delete(key);
    },

    clear() {
      cached.clear();
      flights.clear();
    },

    size: () => cached.size,
  };
}

function valuesByKey<Key, Value>(keys: readonly Key[], values: readonly Value[]): ReadonlyMap<Key, Value> {
  assert(values.length === keys.length, `${keys.length} keys were loaded as ${values.length} values`);
  const byKey = new Map<Key, Value>();
  for (const [index, value] of values.entries()) {
    // Of the same length, as asserted.
    byKey.set(keys[index] as Key, value);
  }
  return byKey;
}

async function landing<Key, Value>(flight: Flight<Key, Value> | undefined, key: Key): Promise<Value> {
  const value = (await flight)?.get(key);
  assert(value !== undefined, 'a key that was asked for was loaded');
  return value;
}
