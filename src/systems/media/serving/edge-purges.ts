/**
 * Makes edge caches forget pictures whose bytes are gone. Each is told twice: the second time, what an edge was just fetching
 * at the first has arrived. An edge that is away is told later, until it has nothing left by itself.
 */
import type { Job } from '../../../core/job.ts';
import { EDGE_KEEP_S, type EdgeCache } from '../../../ports/edge-cache/edge-cache.ts';
import type { SqlStore } from '../../../ports/sql-store/sql-store.ts';
import type { Log } from '../../../telemetry/log.ts';
import { claimDuePurges, countPass, deleteEndedPurges, postponePurge } from './edge-purge-queries.ts';
import type { MediaAddresses } from './media-addresses.ts';
import { SERVED_FILES } from './served-formats.ts';

const LOOK_EVERY_MS = 2_000;
const PURGES_MAX = 20;
/** Longer than telling all edges of so many pictures takes where they hear. */
const LEASE_S = 60;
/** Before those that did not hear are told again, and a tenth of the time for which they have not. */
const RETRY_PAUSE_S = 5;
const PASSES = 2;
/** Longer than any answer is on its way to an edge, but for the slowest of connections. */
const PASS_PAUSE_S = 60;
/** By then an edge has asked again by itself, and dropped what nobody has asked it for in a day. */
const KEPT_S = EDGE_KEEP_S + 86_400;

export function createEdgePurges(deps: {
  readonly sql: SqlStore;
  readonly edgeCache: EdgeCache;
  readonly addresses: Pick<MediaAddresses, 'pathOf'>;
  readonly log: Log;
}): Job {
  const { sql, edgeCache, addresses, log } = deps;

  async function purge(key: string): Promise<void> {
    const entries = SERVED_FILES.map(({ variant, accept }) => ({
      path: addresses.pathOf(key, variant),
      accept,
    }));
    try {
      await edgeCache.purge(entries);
      await sql.query(countPass, [key, PASS_PAUSE_S]);
    } catch (error) {
      log.warn({ err: error }, 'an edge cache was not told that a picture is gone; it will be');
      await sql.query(postponePurge, [key, RETRY_PAUSE_S]);
    }
  }

  return {
    name: 'purge-edges',
    everyMs: LOOK_EVERY_MS,
    async run() {
      await sql.query(deleteEndedPurges, [PASSES, KEPT_S]);
      const due = await sql.query(claimDuePurges, [LEASE_S, PURGES_MAX]);
      for (const { blob_key: key } of due) await purge(key);
      return due.length === PURGES_MAX ? 'more' : 'done';
    },
  };
}
