/** Whom one might follow: what was computed for whom, and whom they do not want to see. */
import type { Id } from '../../core/ids.ts';
import { readStatement, writeStatement } from '../../ports/sql-store/sql-store.ts';

export interface SuggestionsRow {
  readonly suggested_ids: readonly Id[];
  readonly age_ms: number;
}

export const getSuggestions = readStatement<[userId: Id], SuggestionsRow>(
  'suggestions_get',
  `SELECT suggested_ids, (extract(epoch FROM clock_timestamp() - computed_at) * 1000)::float8 AS age_ms
   FROM suggestion_readers WHERE user_id = $1`,
);

/** Once a day is enough to know who still asks. */
export const noteAsked = writeStatement<[userId: Id]>(
  'suggestions_note_asked',
  `UPDATE suggestion_readers SET asked_at = now()
   WHERE user_id = $1 AND asked_at < now() - interval '1 day'`,
);

/** Also of who has never asked before: then they ask now. */
export const putSuggestions = writeStatement<[userId: Id, shard: number, suggestedIds: readonly Id[]]>(
  'suggestions_put',
  `INSERT INTO suggestion_readers (user_id, shard, asked_at, computed_at, suggested_ids)
   VALUES ($1, $2, now(), now(), $3::bigint[])
   ON CONFLICT (user_id) DO UPDATE SET computed_at = now(), suggested_ids = excluded.suggested_ids`,
);

/** Those whose suggestions are the oldest; whoever claims them is to compute them anew. */
export const claimStaleReaders = writeStatement<[ageMs: number, limit: number], { user_id: Id }>(
  'suggestions_claim_stale',
  `UPDATE suggestion_readers SET computed_at = now() WHERE user_id IN (
     SELECT user_id FROM suggestion_readers WHERE computed_at < now() - $1::float8 * interval '1 ms'
     ORDER BY computed_at LIMIT $2 FOR UPDATE SKIP LOCKED)
   RETURNING user_id`,
);

export const deleteIdleReaders = writeStatement<[ageMs: number, limit: number], { deleted: number }>(
  'suggestions_delete_idle',
  `WITH gone AS (
     DELETE FROM suggestion_readers WHERE user_id IN (
       SELECT user_id FROM suggestion_readers WHERE asked_at < now() - $1::float8 * interval '1 ms'
       ORDER BY asked_at LIMIT $2 FOR UPDATE SKIP LOCKED)
     RETURNING 1)
   SELECT count(*)::int AS deleted FROM gone`,
);

export const getDismissed = readStatement<[userId: Id], { dismissed_id: Id }>(
  'suggestions_get_dismissed',
  'SELECT dismissed_id FROM suggestion_dismissals WHERE user_id = $1',
);

/** The oldest make room for the newest, beyond `keep` of them. */
export const insertDismissal = writeStatement<[userId: Id, shard: number, dismissedId: Id, keep: number]>(
  'suggestions_dismiss',
  `WITH dropped AS (
     DELETE FROM suggestion_dismissals WHERE (user_id, dismissed_id) IN (
       SELECT user_id, dismissed_id FROM suggestion_dismissals WHERE user_id = $1 AND dismissed_id <> $3
       ORDER BY dismissed_at DESC, dismissed_id DESC OFFSET $4::int - 1))
   INSERT INTO suggestion_dismissals (user_id, shard, dismissed_id) VALUES ($1, $2, $3)
   ON CONFLICT (user_id, dismissed_id) DO NOTHING`,
);

export const eraseSuggestions = writeStatement<[userIds: readonly Id[]]>(
  'suggestions_erase',
  `WITH readers AS (
     DELETE FROM suggestion_readers WHERE user_id = ANY ($1::bigint[]))
   DELETE FROM suggestion_dismissals WHERE user_id = ANY ($1::bigint[]) OR dismissed_id = ANY ($1::bigint[])`,
);
