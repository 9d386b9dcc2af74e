/** The table `timeline_checks`: what the asker and the answering server tell each other. */
import type { Id } from '../../../core/ids.ts';
import { writeStatement } from '../../../ports/sql-store/sql-store.ts';
import type { VerificationProgress } from '../home/timeline-verification.ts';
import type { TimelineQuestion } from './timeline-questions.ts';

/** `abandonedMs` below: so long after an asker was last seen, nobody waits for the answer. */
export const insertCheck = writeStatement<[checkId: Id, question: string]>(
  'timeline_checks_insert',
  'INSERT INTO timeline_checks (check_id, question) VALUES ($1, $2::json)',
);

/** The question, for the one server that takes it on; no row for any other, and when nobody waits any more. */
export const claimCheck = writeStatement<
  [checkId: Id, abandonedMs: number],
  { readonly question: TimelineQuestion }
>(
  'timeline_checks_claim',
  `UPDATE timeline_checks SET claimed_at = clock_timestamp(), progressed_at = clock_timestamp()
   WHERE check_id = $1 AND claimed_at IS NULL AND cancelled_at IS NULL
     AND awaited_at > clock_timestamp() - $2::double precision * interval '1 ms'
   RETURNING question`,
);

/** Answers whether somebody still waits. */
export const progressCheck = writeStatement<
  [checkId: Id, progress: string, abandonedMs: number],
  { readonly awaited: boolean }
>(
  'timeline_checks_progress',
  `UPDATE timeline_checks SET progress = $2::json, progressed_at = clock_timestamp()
   WHERE check_id = $1
   RETURNING cancelled_at IS NULL
     AND awaited_at > clock_timestamp() - $3::double precision * interval '1 ms' AS awaited`,
);

export const answerCheck = writeStatement<[checkId: Id, answer: string | null, error: string | null]>(
  'timeline_checks_answer',
  `UPDATE timeline_checks SET answer = $2::json, error = $3, answered_at = clock_timestamp()
   WHERE check_id = $1`,
);

export interface CheckRow {
  readonly claimed: boolean;
  readonly answered: boolean;
  readonly progress: VerificationProgress | null;
  /** As the kind of the question wants it. */
  readonly answer: unknown;
  readonly error: string | null;
  /** Since the server last said how far it is; null before it is claimed. */
  readonly silent_ms: number | null;
}

/** Says that the asker still waits, and reads what there is. */
export const awaitCheck = writeStatement<[checkId: Id], CheckRow>(
  'timeline_checks_await',
  `UPDATE timeline_checks SET awaited_at = clock_timestamp()
   WHERE check_id = $1
   RETURNING claimed_at IS NOT NULL AS claimed, answered_at IS NOT NULL AS answered, progress, answer, error,
     (extract(epoch FROM clock_timestamp() - progressed_at) * 1000)::double precision AS silent_ms`,
);

export const cancelCheck = writeStatement<[checkId: Id]>(
  'timeline_checks_cancel',
  'UPDATE timeline_checks SET cancelled_at = clock_timestamp() WHERE check_id = $1',
);

/** Ids are times, so those below one were asked before it. */
export const deleteChecks = writeStatement<[before: Id]>(
  'timeline_checks_delete',
  'DELETE FROM timeline_checks WHERE check_id < $1',
);
