/** The table `timeline_epochs`. */
import { readStatement, writeStatement } from '../../../ports/sql-store/sql-store.ts';

export type TimelinesKeptIn = 'memory' | 'shared';

export interface TimelineEpochRow {
  readonly kept_in: TimelinesKeptIn;
  readonly epoch: number;
}

/** Random, so that those of two databases differ; below 2 to the 48th. */
const NEW_EPOCH = 'floor(random() * 281474976710656)::bigint';

export interface EnteredEpochRow extends TimelineEpochRow {
  /** Where timelines were kept until now; null: nowhere. */
  readonly was_kept_in: TimelinesKeptIn | null;
}

/** Begins a new epoch where timelines were kept elsewhere, and whenever they are kept in memory, which begins empty. */
export const enterTimelineEpoch = writeStatement<[keptIn: TimelinesKeptIn], EnteredEpochRow>(
  'timeline_epochs_enter',
  `INSERT INTO timeline_epochs AS known (kept_in, epoch) VALUES ($1::text, ${NEW_EPOCH})
   ON CONFLICT (singleton) DO UPDATE SET kept_in = excluded.kept_in,
     epoch = CASE WHEN known.kept_in = 'shared' AND excluded.kept_in = 'shared'
       THEN known.epoch ELSE excluded.epoch END
   RETURNING kept_in, epoch, (SELECT kept_in FROM timeline_epochs) AS was_kept_in`,
);

/** Whatever is cached lacks what is loaded by this transaction. */
export const renewTimelineEpoch = writeStatement<[]>(
  'timeline_epochs_renew',
  `UPDATE timeline_epochs SET epoch = ${NEW_EPOCH} WHERE singleton`,
);

export const getTimelineEpoch = readStatement<[], TimelineEpochRow>(
  'timeline_epochs_get',
  'SELECT kept_in, epoch FROM timeline_epochs WHERE singleton',
);
