/** Asks the server that keeps cached timelines, from another process. */
import type { Clock } from '../../../core/clock.ts';
import { AppError } from '../../../core/errors.ts';
import type { Id, IdGenerator } from '../../../core/ids.ts';
import type { EventLog } from '../../../ports/event-log/event-log.ts';
import type { SqlStore } from '../../../ports/sql-store/sql-store.ts';
import type { VerificationProgress } from '../home/timeline-verification.ts';
import { awaitCheck, type CheckRow, cancelCheck, insertCheck } from './timeline-checks-queries.ts';
import type { TimelineAnswers, TimelineQuestion } from './timeline-questions.ts';

/** Of the events that say that a question was asked, each with the id of its check as key. */
export const TIMELINE_CHECKS_TOPIC = 'timeline_checks';
export const CHECK_ASKED = 'asked';

/** A server hears of a question within a second. */
export const CLAIM_MS_MAX = 5_000;
/** A server that has said nothing for so long has stopped. */
const SILENCE_MS_MAX = 20_000;
const LOOK_EVERY_MS = 100;

export interface AskOptions {
  readonly onProgress?: (progress: VerificationProgress) => void;
  /** Withdraws the question. */
  readonly signal?: AbortSignal;
  /** Default CLAIM_MS_MAX. */
  readonly claimMsMax?: number;
}

export interface TimelineChecks {
  /**
   * The answer, or `undefined` when no server with cached timelines takes the question on. Fails with `unavailable`
   * when the server stops meanwhile or could not answer, and when `signal` aborts.
   */
  ask<Kind extends keyof TimelineAnswers>(
    question: TimelineQuestion & { readonly kind: Kind },
    options?: AskOptions,
  ): Promise<TimelineAnswers[Kind] | undefined>;
}

export interface TimelineChecksDeps {
  readonly sql: SqlStore;
  readonly eventLog: Pick<EventLog, 'append'>;
  readonly ids: IdGenerator;
  readonly clock: Clock;
}

export function createTimelineChecks({ sql, eventLog, ids, clock }: TimelineChecksDeps): TimelineChecks {
  async function put(question: TimelineQuestion): Promise<Id> {
    const checkId = ids.next();
    await sql.transaction(async (transaction) => {
      await transaction.query(insertCheck, [checkId, JSON.stringify(question)]);
      const payload = { check_id: String(checkId) };
      const event = {
        topic: TIMELINE_CHECKS_TOPIC,
        key: checkId,
        kind: CHECK_ASKED,
        payload,
        ownerId: checkId,
      };
      await eventLog.append(transaction, [event]);
    });
    return checkId;
  }

  async function waitFor(checkId: Id, options: AskOptions): Promise<CheckRow | undefined> {
    const { onProgress, signal, claimMsMax = CLAIM_MS_MAX } = options;
    const askedMs = clock.monotonicMs();
    while (true) {
      signal?.throwIfAborted();
      const [row] = await sql.query(awaitCheck, [checkId]);
      if (row === undefined) throw stopped();
      if (row.answered) return row;
      if (row.progress !== null) onProgress?.(row.progress);
      if ((row.silent_ms ?? 0) > SILENCE_MS_MAX) throw stopped();
      if (!row.claimed && clock.monotonicMs() - askedMs > claimMsMax) return undefined;
      await clock.sleep(LOOK_EVERY_MS, signal);
    }
  }

  return {
    async ask<Kind extends keyof TimelineAnswers>(
      question: TimelineQuestion & { readonly kind: Kind },
      options: AskOptions = {},
    ) {
      const checkId = await put(question);
      let row: CheckRow | undefined;
      try {
        row = await waitFor(checkId, options);
      } finally {
        if (row === undefined) await sql.query(cancelCheck, [checkId]);
      }
      if (row === undefined) return undefined;
      if (row.error !== null) throw new AppError('unavailable', `The server could not answer: ${row.error}`);
      // What the server has written for a question of this kind.
      return row.answer as TimelineAnswers[Kind];
    },
  };
}

function stopped(): AppError {
  return new AppError('unavailable', 'The server that was answering has stopped. Run the command again.');
}
