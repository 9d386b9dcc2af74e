/**
 * Finds the links whose targets nobody looks after yet. Making a link costs nothing for it: the newest ones are looked at
 * once a second, and whatever is missed then (many made at once, loaded in bulk, made by an earlier release) a
 * walk over all of them comes to. Rows are few at a time, and never more than there are links.
 */
import type { Clock, Randomness } from '../../../core/clock.ts';
import { composeId, ID_TIME_MIN_MS, type Id } from '../../../core/ids.ts';
import { hostOf } from '../../../core/outbound-target.ts';
import type { SqlSession, SqlStore } from '../../../ports/sql-store/sql-store.ts';
import { CHECK_EVERY_MS } from './check-outcome.ts';
import {
  countHurried,
  getLinksAfter,
  getNewestLinkId,
  getNewestUnnoted,
  lockWalk,
  moveWalk,
  noteLinks,
} from './target-checks-queries.ts';

/** Links of one look: some 5 ms. */
export const LOOKED_AT_MAX = 500;
/** That are to be checked as soon as possible: of all, and of one host, so that a shop with many leaves room for others. */
export const HURRIED_MAX = 2_000;
export const HURRIED_PER_HOST_MAX = 20;
/** From the end of one walk to the beginning of the next. */
const WALK_PAUSE_MS = 3_600_000;
/** Older ones that the walk comes to keep the title they have: none. */
const WANTS_TITLE_FOR_MS = 2 * 24 * 3_600_000;

const NOBODY_LOOKED: Id = -1;

export interface UnnotedLinks {
  noteNewest(): Promise<void>;
  /** The next step of the walk. */
  walk(): Promise<void>;
}

export interface UnnotedLinksDeps {
  readonly sql: SqlStore;
  readonly clock: Clock;
  readonly randomness: Pick<Randomness, 'fraction'>;
}

export function createUnnotedLinks({ sql, clock, randomness }: UnnotedLinksDeps): UnnotedLinks {
  /** The newest link when none of the newest lacked a row: until there is a newer one, nobody looks again. */
  let notedUpTo: Id | undefined = NOBODY_LOOKED;

  async function note(
    session: Pick<SqlSession, 'query'>,
    links: readonly { readonly link_id: Id; readonly url: string }[],
    dueAt: () => Date | null,
  ): Promise<void> {
    if (links.length === 0) return;
    const nowMs = clock.nowMs();
    await session.query(noteLinks, [
      links.map(({ link_id: linkId }) => linkId),
      links.map(({ url }) => hostOf(new URL(url))),
      links.map(dueAt),
      HURRIED_PER_HOST_MAX,
      composeId(Math.max(nowMs - WANTS_TITLE_FOR_MS, ID_TIME_MIN_MS), 0, 0),
      new Date(nowMs),
    ]);
  }

  return {
    async noteNewest() {
      const [row] = await sql.query(getNewestLinkId, []);
      const newest = row?.newest ?? undefined;
      if (newest === notedUpTo) return;
      const [hurried] = await sql.query(countHurried, [HURRIED_MAX]);
      const room = HURRIED_MAX - (hurried?.count ?? 0);
      if (room <= 0) return;
      const links = await sql.query(getNewestUnnoted, [LOOKED_AT_MAX]);
      await note(sql, links.slice(0, room), () => null);
      notedUpTo = links.length === 0 ? newest : NOBODY_LOOKED;
    },

    async walk() {
      const nowMs = clock.nowMs();
      await sql.transaction(async (transaction) => {
        const [walk] = await transaction.query(lockWalk, [new Date(nowMs)]);
        if (walk === undefined) return;
        const links = await transaction.query(getLinksAfter, [walk.after_link_id, LOOKED_AT_MAX]);
        const unnoted = links.flatMap(({ link_id, url }) => (url === null ? [] : [{ link_id, url }]));
        // Over a day, as they will come again then.
        await note(transaction, unnoted, () => new Date(nowMs + CHECK_EVERY_MS * randomness.fraction()));
        const last = links.length < LOOKED_AT_MAX ? undefined : links.at(-1);
        const dueMs = last === undefined ? nowMs + WALK_PAUSE_MS : nowMs;
        await transaction.query(moveWalk, [last?.link_id ?? 0, new Date(dueMs)]);
      });
    },
  };
}
