/**
 * Fills the memory of a process that has just started, so that it need not load each link for the first visitor: the newest
 * links first, page by page while there is room, and slowly, because those who ask now go first.
 */
import type { Clock } from '../../../core/clock.ts';
import { ID_MAX, type Id } from '../../../core/ids.ts';
import type { SqlSession } from '../../../ports/sql-store/sql-store.ts';
import type { Log } from '../../../telemetry/log.ts';
import { CachedLink } from './cached-link.ts';
import type { LinkCache } from './link-cache.ts';
import { pageOpenedLinks } from './redirect-queries.ts';

/** Less than a millisecond of the process, so that nobody waits for it. */
export const FILLED_PAGE = 100;
/** A million links in some two minutes, by a tenth of a processor. */
const PAUSE_MS = 10;
const FAILED_PAUSE_MS = 5_000;

export interface LinkCacheFillingDeps {
  readonly sql: SqlSession;
  readonly cache: Pick<LinkCache, 'fill'>;
  readonly clock: Clock;
  readonly log: Log;
}

/** Resolves when it has filled it, or was told to stop. */
export async function fillLinkCache(deps: LinkCacheFillingDeps, signal: AbortSignal): Promise<void> {
  const { sql, cache, clock, log } = deps;
  let before: Id | undefined = ID_MAX;

  async function fillPage(from: Id): Promise<Id | undefined> {
    let next: Id | undefined;
    const state = await cache.fill(async () => {
      const rows = await sql.query(pageOpenedLinks, [from, FILLED_PAGE]);
      next = rows.length < FILLED_PAGE ? undefined : rows.at(-1)?.link_id;
      return rows.map((row) => ({ domainId: row.domain_id, code: row.code, link: new CachedLink(row) }));
    });
    return state === 'full' ? undefined : next;
  }

  while (before !== undefined && !signal.aborted) {
    let pauseMs = PAUSE_MS;
    before = await fillPage(before).catch((error: unknown) => {
      pauseMs = FAILED_PAUSE_MS;
      if (!signal.aborted) log.warn({ err: error }, 'links cannot be read ahead now; it is tried again');
      return before;
    });
    if (before !== undefined) await clock.sleep(pauseMs, signal);
  }
}
