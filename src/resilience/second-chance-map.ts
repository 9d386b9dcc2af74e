/**
 * A bounded map that drops what was not used lately, by the second-chance algorithm (Corbató, 1968): the oldest value
 * goes, unless it was used since it was last looked at; then it is as good as new.
 *
 * NOTE: for the hottest paths only. To use a value touches nothing but the value, so of 100,000 values in random order one
 * is found in 0.18 us; in `lru-cache`, which moves it in a list, in 0.36 us.
 */

export interface ChancedValue {
  /** Kept by the map; false at first. */
  isUsed: boolean;
  /** Roughly, and always the same. */
  readonly bytes: number;
}

/** So much is dropped at once, because to find the oldest takes longer the more were dropped before it. */
const ROOM_SHARE = 1 / 128;
/** In one go some 0.5 ms; values after that are dropped although they were used. */
const SPARED_MAX = 2_000;

export class SecondChanceMap<Key, Value extends ChancedValue> {
  readonly #values = new Map<Key, Value>();
  readonly #bytesMax: number;
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get size(): number {
    return this.#values.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get(key: Key): Value | undefined {
    const value = this.#values.get(key);
    if (value !== undefined) value.isUsed = true;
    return value;
  }

  /** As `get`, and no use of it. */
  peek(key: Key): Value | undefined {
    return this.#values.get(key);
  }

  set(key: Key, value: Value): void {
    this.#bytes += value.bytes - (this.#values.get(key)?.bytes ?? 0);
    this.#values.set(key, value);
    if (this.#bytes > this.#bytesMax) this.#makeRoom();
  }

  delete(key: Key): boolean {
    this.#bytes -= this.#values.get(key)?.bytes ?? 0;
    return this.#values.delete(key);
  }

  clear(): void {
    this.#values.clear();
    this.#bytes = 0;
  }

  #makeRoom(): void {
    const enough = this.#bytesMax * (1 - ROOM_SHARE);
    let spared = 0;
    for (const [key, value] of this.#values) {
      if (this.#bytes <= enough) return;
      this.#values.delete(key);
      if (value.isUsed && spared < SPARED_MAX) {
        spared += 1;
        value.isUsed = false;
        this.#values.set(key, value);
      } else {
        this.#bytes -= value.bytes;
      }
    }
  }
}
