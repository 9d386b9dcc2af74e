/** What the redirect tells of every opening of a link; whoever counts them takes it from there. */
import type { Id } from '../../../core/ids.ts';

/**
 * `visit`: a person, as far as the request tells; who that is in truth (a bot that says so, among others) is found out
 * later, from the user agent. `bot`: was given a card in place of the target, where a limit or a password applies.
 * `head` and `preview` (prefetched, or prerendered) have not shown the target to anyone. `private`: a visit of somebody who asks
 * not to be followed; it counts, and nothing is told of it but the user agent, by which bots are known.
 */
export type ClickKind = 'visit' | 'private' | 'preview' | 'head' | 'bot';

export interface Click {
  readonly linkId: Id;
  /** Milliseconds since 1970. */
  readonly atMs: number;
  readonly kind: ClickKind;
  /** Headers as they came, cut at CLICK_HEADER_LENGTH_MAX; empty where there was none. */
  readonly userAgent: string;
  readonly referrer: string;
  readonly language: string;
  /** Of the visitor, as far as trusted proxies tell. Never kept. */
  readonly address: string;
}

export const CLICK_HEADER_LENGTH_MAX = 512;

export interface ClickRecorder {
  /**
   * Takes note of a click and returns at once. Called while the request is being answered, so it costs a few hundred
   * nanoseconds at most, waits for nothing and never throws; what it has no room for is lost, and counted as lost.
   */
  record(click: Click): void;
}
