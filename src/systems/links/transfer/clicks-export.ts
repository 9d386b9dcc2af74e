/** Clicks of all links of an owner, by day: read a few links at a time, from what was counted of them. */
import type { Clock } from '../../../core/clock.ts';
import { ID_MAX, type Id, idTimeMs } from '../../../core/ids.ts';
import type { SqlStore } from '../../../ports/sql-store/sql-store.ts';
import type { Link } from '../link.ts';
import type { Links } from '../links.ts';
import { GRAIN_MS } from '../statistics/grain.ts';
import type { Visits } from '../statistics/statistics.ts';
import { listDays, listTotals } from '../statistics/statistics-queries.ts';
import { type AskedRange, checkLongestRange, type StatisticsRange } from '../statistics/statistics-range.ts';
import { VisitorSketch } from '../statistics/visitor-sketch.ts';
import { csvText } from './csv-cells.ts';

const LINKS_PAGE = 500;
/** Days of links that are in memory at a time, each with a sketch of its visitors: 3 MB, and 20 ms of work, at the very most. */
export const DAYS_MAX = 1_000;

/** A day (UTC) on which somebody opened the link. */
export interface ClicksOfDay extends Visits {
  readonly link: Link;
  readonly startMs: number;
}

export interface ClicksExport {
  /**
   * Links from the newest to the oldest, the days of each in order. What is not said of the range is as far as it reaches.
   * Fails with `invalid` or `not_found`, at once, for a range that cannot be told.
   */
  open(ownerId: Id, asked: Omit<AskedRange, 'grain'>): AsyncGenerator<ClicksOfDay[]>;
}

export function createClicksExport(deps: {
  readonly sql: SqlStore;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly links: Pick<Links, 'page'>;
  readonly retentionDays: number;
}): ClicksExport {
  const { sql, clock, links, retentionDays } = deps;

  async function* clickedLinks(ownerId: Id): AsyncGenerator<Link> {
    let before: Id | undefined = ID_MAX;
    while (before !== undefined) {
      const { items, nextBefore } = await links.page(ownerId, {}, { before, limit: LINKS_PAGE });
      const totals = await sql.query(listTotals, [items.map(({ linkId }) => linkId)]);
      const clicked = new Set(totals.map(({ link_id: linkId }) => linkId));
      yield* items.filter(({ linkId }) => clicked.has(linkId));
      before = nextBefore;
    }
  }

  async function daysOf(some: readonly Link[], { fromMs, toMs }: StatisticsRange): Promise<ClicksOfDay[]> {
    const byId = new Map(some.map((link) => [link.linkId, link]));
    const rows = await sql.query(listDays, [[...byId.keys()], fromMs / 1_000, toMs / 1_000]);
    return rows.flatMap(({ link_id: linkId, starts, visitors, ...counts }) => {
      const link = byId.get(linkId);
      const unique = VisitorSketch.decode(visitors).estimate();
      return link === undefined ? [] : [{ ...counts, link, startMs: starts * 1_000, unique }];
    });
  }

  async function* days(ownerId: Id, range: StatisticsRange): AsyncGenerator<ClicksOfDay[]> {
    let some: Link[] = [];
    let count = 0;
    for await (const link of clickedLinks(ownerId)) {
      some.push(link);
      count += daysSince(link, range);
      if (count < DAYS_MAX) continue;
      yield await daysOf(some, range);
      [some, count] = [[], 0];
    }
    if (some.length > 0) yield await daysOf(some, range);
  }

  return {
    open: (ownerId, asked) =>
      days(ownerId, checkLongestRange({ ...asked, grain: 'day' }, { nowMs: clock.nowMs(), retentionDays })),
  };
}

/** On so many of them it may have been opened. */
function daysSince({ linkId }: Link, { fromMs, toMs }: StatisticsRange): number {
  return Math.max(Math.ceil((toMs - Math.max(fromMs, idTimeMs(linkId))) / GRAIN_MS.day), 0) + 1;
}

export function presentClicksOfDay(
  { link, startMs, humans, unique, bots, previews }: ClicksOfDay,
  shortUrl: (link: Link) => string,
) {
  const day = new Date(startMs).toISOString().slice(0, 10);
  const { linkId, code } = link;
  return { link_id: String(linkId), code, short_url: shortUrl(link), day, humans, unique, bots, previews };
}

export const CLICK_COLUMNS = [
  ...['link_id', 'code', 'short_url', 'day', 'humans', 'unique', 'bots', 'previews'],
];

/** The lines of the table, some at a time; the first ones begin with the names of the columns. */
export async function* clicksCsv(
  pages: AsyncIterable<readonly ClicksOfDay[]>,
  shortUrl: (link: Link) => string,
): AsyncGenerator<string> {
  yield csvText([CLICK_COLUMNS]);
  for await (const page of pages) {
    const lines = page.map((each) => Object.values(presentClicksOfDay(each, shortUrl)));
    if (lines.length > 0) yield csvText(lines);
  }
}
