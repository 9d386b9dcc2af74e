/**
 * The edge-cache port: caches between clients and this server, which keep answers to GET that say so, and must forget those
 * that are no longer true.
 */

/** One answer as a cache knows it. */
export interface EdgeEntry {
  /** As clients ask for it, such as `/media/…/full`. */
  readonly path: string;
  /** What a client would take, as far as the answer depends on it. */
  readonly accept: string;
}

export interface EdgeCache {
  /**
   * Makes every edge ask this server again for each of the entries, and forget what it had. Answers that were on their way
   * to an edge at this moment may still be kept by it: call it once more when they must have arrived. Calling it twice
   * does no harm. Fails with `unavailable` unless all edges have done it.
   */
  purge(entries: readonly EdgeEntry[]): Promise<void>;
}

/** With these, an edge asks for an answer anew; the second is for the server alone, which then lets a 404 be kept. */
export const PURGE_HEADER = 'groundswell-purge';
/** How an edge came to an answer: HIT, MISS, EXPIRED, BYPASS and others. */
export const CACHE_STATUS_HEADER = 'groundswell-cache';
/** For how long edges keep what everyone may see without asking whether it is still there. */
export const EDGE_KEEP_S = 3_600;
/** For how long they keep that something is gone, once they were told. */
export const EDGE_KEEP_GONE_S = 60;
