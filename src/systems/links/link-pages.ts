/** Lists of an owner's links, with filters. */
import type { Clock } from '../../core/clock.ts';
import { composeId, ID_TIME_MIN_MS, type Id } from '../../core/ids.ts';
import type { Page, PageRequest } from '../../core/page.ts';
import type { SqlSession } from '../../ports/sql-store/sql-store.ts';
import { type Link, type LinkState, stateOf, type TargetState } from './link.ts';
import { linkOf } from './link-rows.ts';
import { pageOwnLinks } from './links-queries.ts';
import type { TargetRules } from './targets/target-url.ts';

/** One page looks at so many links at most, some 20 ms of work; the next one goes on behind them. */
export const SCANNED_MAX = 5_000;
/** Which targets are blocked is known here and not in the database: so many are read to find those, some 20 ms of work, too. */
export const SCANNED_FOR_BLOCKED_MAX = 1_000;

export interface LinkFilter {
  readonly tag?: string | undefined;
  /** Part of the title, target or code, whatever the case. */
  readonly search?: string | undefined;
  readonly createdFrom?: Date | undefined;
  readonly createdBefore?: Date | undefined;
  readonly state?: LinkState | undefined;
  readonly target?: TargetState | undefined;
}

interface PagesDeps {
  readonly sql: SqlSession;
  readonly clock: Clock;
  readonly targets: TargetRules;
}

export async function pageLinks(
  { sql, clock, targets }: PagesDeps,
  ownerId: Id,
  filter: LinkFilter,
  { before, limit }: PageRequest,
): Promise<Page<Link>> {
  const nowMs = clock.nowMs();
  const { createdBefore, createdFrom, search, state, tag } = filter;
  const wanted = state === 'blocked' ? SCANNED_FOR_BLOCKED_MAX : limit;
  const rows = await sql.query(pageOwnLinks, [
    ownerId,
    createdBefore === undefined ? before : Math.min(before, firstIdAt(createdBefore)),
    wanted + 1,
    SCANNED_MAX,
    tag?.toLowerCase() ?? null,
    search === undefined ? null : `%${search.replace(/[\\%_]/g, '\\$&')}%`,
    createdFrom === undefined ? null : firstIdAt(createdFrom),
    state ?? null,
    new Date(nowMs),
    filter.target ?? null,
  ]);
  const found = rows.filter(({ matches }) => matches);
  const links = found.slice(0, wanted).map((row) => linkOf(row, targets));
  const fitting = state === undefined ? links : links.filter((link) => stateOf(link, nowMs) === state);
  const items = fitting.slice(0, limit);
  const lastLookedAt = found.length > wanted ? links.at(-1) : undefined;
  return {
    items,
    nextBefore:
      fitting.length > limit
        ? items.at(-1)?.linkId
        : (lastLookedAt?.linkId ?? rows.find(({ matches }) => !matches)?.link_id),
  };
}

/** No id of that time or later is less. */
function firstIdAt(time: Date): Id {
  return composeId(Math.max(time.getTime(), ID_TIME_MIN_MS), 0, 0);
}
