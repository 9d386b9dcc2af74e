/** The table `search_backfills`: how far the backfill has come. */
import type { Id } from '../../core/ids.ts';
import { readStatement, writeStatement } from '../../ports/sql-store/sql-store.ts';

export type BackfillSubject = 'posts' | 'users';

export interface BackfillRow {
  readonly subject: BackfillSubject;
  readonly up_to: Id;
  readonly done: boolean;
}

/** Users first: there are fewer, and who is suspended is known before the posts are found. */
export const claimBackfill = readStatement<[], BackfillRow>(
  'search_backfills_claim',
  'SELECT subject, up_to, done FROM search_backfills WHERE NOT done ORDER BY subject DESC LIMIT 1',
);

export const advanceBackfill = writeStatement<[subject: BackfillSubject, from: Id, upTo: Id]>(
  'search_backfills_advance',
  'UPDATE search_backfills SET up_to = $3 WHERE subject = $1 AND up_to = $2 AND NOT done',
);

/** At the end; from the start once more if something was loaded meanwhile. */
export const endBackfill = writeStatement<[subject: BackfillSubject, upTo: Id]>(
  'search_backfills_end',
  `UPDATE search_backfills SET done = NOT again, up_to = 0, again = false
   WHERE subject = $1 AND up_to = $2 AND NOT done`,
);

export const restartBackfills = writeStatement<[]>(
  'search_backfills_restart',
  'UPDATE search_backfills SET again = NOT done, done = false',
);

export const getBackfills = readStatement<[], BackfillRow>(
  'search_backfills_get',
  'SELECT subject, up_to, done FROM search_backfills ORDER BY subject',
);
