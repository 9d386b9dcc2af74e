/**
 * The newest ids of a long list, complete above a floor: an id above it that is not here is not in the list, and
 * of others nothing is known. A floor of 0 means that the list is here as a whole.
 */
import type { Id } from '../../../core/ids.ts';
import { countBelow, includesId } from './sorted-ids.ts';

/** A class, because there are hundreds of thousands, in 100 bytes and 8 an id. */
export class IdWindow {
  /** Ascending. */
  #ids: Id[];
  #floor: Id;

  /**
   * `newest`: ascending, complete above `floor`. Of a list of which only so much was read, one more than `keptMax`, if
   * there is one: it becomes the floor.
   */
  constructor(newest: ArrayLike<Id> = [], keptMax = Number.POSITIVE_INFINITY, floor: Id = 0) {
    const ids = Array.from(newest);
    const cut = Math.max(0, ids.length - keptMax);
    this.#floor = ids[cut - 1] ?? floor;
    // A copy has no room to grow, which would be half of it.
    this.#ids = ids.slice(cut);
  }

  get size(): number {
    return this.#ids.length;
  }

  get floor(): Id {
    return this.#floor;
  }

  has(id: Id): boolean | undefined {
    return id > this.#floor ? includesId(this.#ids, id) : undefined;
  }

  /** Does nothing if it is here, or not above the floor. */
  add(id: Id): void {
    if (!(id > this.#floor)) return;
    const place = countBelow(this.#ids, id);
    if (place === this.#ids.length) this.#ids.push(id);
    else if (this.#ids[place] !== id) this.#ids.splice(place, 0, id);
  }

  remove(id: Id): void {
    const place = countBelow(this.#ids, id);
    if (this.#ids[place] === id) this.#ids.splice(place, 1);
  }

  /** Keeps the newest; the greatest id cut off is the new floor. */
  trim(keptMax: number): void {
    const cut = this.#ids.length - keptMax;
    if (cut <= 0) return;
    this.#floor = this.#ids[cut - 1] ?? 0;
    this.#ids = this.#ids.slice(cut);
  }

  /** Up to `limit` ids below `before`, newest first; a copy. */
  page(before: Id, limit: number): Id[] {
    const end = countBelow(this.#ids, before);
    return this.#ids.slice(Math.max(0, end - limit), end).reverse();
  }
}
