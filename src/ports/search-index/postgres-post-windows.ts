/**
 * Posts in windows of time, from the newest back. Two words that very many posts have, and hardly any has both, would make the
 * index of words read all of their posts; so it is asked for a window after the other, each a word of the posts like any
 * other, and larger ones only while that is quick. A search therefore costs a bounded time, and what it has not come to is
 * in the next page.
 */
import type { Id } from '../../core/ids.ts';

/** Windows are as long as 2 to the power of these, in ids: 2.3 hours, 19 hours, 6 days, 50 days, 1.1 years. */
const WINDOW_BITS = [35, 38, 41, 44, 47] as const;
/** So much longer than what was looked through before it is the first window at least. */
const FIRST_WINDOW_SPANS = 4;
/** A window that took longer is followed by one of the same size. */
const QUICK_MS = 25;
/** No other window is begun after it. */
const SEARCH_MS_MAX = 250;

export interface PostWindow {
  /** What its posts have in the index; `undefined`: it is all the rest. */
  readonly lexeme: string | undefined;
  /** It has no posts below this. */
  readonly start: Id;
}

export function windowLexemes(postId: Id): string[] {
  return WINDOW_BITS.map((bits) => windowLexeme(bits, postId));
}

/**
 * The windows below `before` that are to be looked into, as long as there is time. The first is some times as long as `span`, the ids
 * from the newest post down to `before`.
 */
export function createWindowWalk(before: Id, span: number, monotonicMs: () => number) {
  const startedMs = monotonicMs();
  let below = before;
  let size = WINDOW_BITS.filter((bits) => 2 ** bits < span * FIRST_WINDOW_SPANS).length;
  let windowMs = startedMs;
  return {
    next(): PostWindow | undefined {
      if (below <= 0 || monotonicMs() - startedMs > SEARCH_MS_MAX) return undefined;
      windowMs = monotonicMs();
      const bits = WINDOW_BITS[size];
      if (bits === undefined) return { lexeme: undefined, start: 0 };
      return { lexeme: windowLexeme(bits, below - 1), start: windowStart(bits, below - 1) };
    },
    /** All of the window has been looked at. */
    pass({ start }: PostWindow): void {
      below = start;
      if (monotonicMs() - windowMs < QUICK_MS) size += 1;
    },
    /** Whatever is below this has not been looked at; 0: all has. */
    below: (): Id => below,
  };
}

function windowLexeme(bits: number, postId: Id): string {
  return `/${bits}:${Math.floor(postId / 2 ** bits)}`;
}

function windowStart(bits: number, postId: Id): Id {
  return Math.floor(postId / 2 ** bits) * 2 ** bits;
}
