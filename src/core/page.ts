/** A list a page at a time: entries with descending ids, each page below the one before. */
import type { Id } from './ids.ts';

export interface PageRequest {
  /** Only entries with a lower id than this. */
  readonly before: Id;
  readonly limit: number;
}

export interface Page<Item> {
  readonly items: readonly Item[];
  /** What the next page comes before; `undefined` at the end. */
  readonly nextBefore: Id | undefined;
}
