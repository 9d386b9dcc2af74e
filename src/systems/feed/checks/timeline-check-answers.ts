/** Answers the questions of `groundswell feeds`, in the server that keeps cached timelines. */
import type { Clock } from '../../../core/clock.ts';
import { AppError } from '../../../core/errors.ts';
import { composeId, type Id } from '../../../core/ids.ts';
import type { Job } from '../../../core/job.ts';
import type { TailFollower } from '../../../ports/event-log/event-log.ts';
import type { SqlStore } from '../../../ports/sql-store/sql-store.ts';
import type { DescribeServing } from '../home/serving-facts.ts';
import type { TimelineVerification, VerificationProgress } from '../home/timeline-verification.ts';
import { CHECK_ASKED, TIMELINE_CHECKS_TOPIC } from './timeline-checks.ts';
import { answerCheck, claimCheck, deleteChecks, progressCheck } from './timeline-checks-queries.ts';
import type { TimelineQuestion } from './timeline-questions.ts';

/** A question that is heard of twice is answered once. */
export interface TimelineCheckAnswers extends TailFollower {
  /** For any worker. */
  readonly jobs: readonly Job[];
  /** Gives up what is being answered. */
  close(): Promise<void>;
}

export interface TimelineCheckAnswersDeps {
  readonly sql: SqlStore;
  readonly clock: Clock;
  /** Whether this process answers readers from cached timelines; of all processes, none other would. */
  readonly keepsTimelines: () => boolean;
  readonly verification: TimelineVerification;
  readonly describeServing: DescribeServing;
}

const PROGRESS_EVERY_MS = 500;
/** An asker looks ten times a second. */
const ABANDONED_MS = 10_000;
const KEPT_MS = 24 * 3_600_000;
const EXPIRE_EVERY_MS = 3_600_000;

export function createTimelineCheckAnswers(deps: TimelineCheckAnswersDeps): TimelineCheckAnswers {
  const { sql, clock, keepsTimelines, verification, describeServing } = deps;
  const closing = new AbortController();
  let heardUntilMs = (): number => Number.NEGATIVE_INFINITY;
  const answering = new Set<Promise<void>>();
  /** One verification at a time: the next begins when this is over. */
  let verified: Promise<unknown> = Promise.resolve();

  async function answer(checkId: Id): Promise<void> {
    const [claimed] = await sql.query(claimCheck, [checkId, ABANDONED_MS]);
    if (claimed === undefined) return;
    const end = new AbortController();
    const signal = AbortSignal.any([closing.signal, end.signal]);
    let progress: VerificationProgress = { done: 0, total: 1, differences: 0 };
    const given = answerTo(claimed.question, signal, (now) => {
      progress = now;
    })
      .then((found) => {
        if (!keepsTimelines()) throw new AppError('unavailable', 'It no longer keeps the timelines.');
        return [JSON.stringify(found), null] as const;
      })
      .catch((error: unknown) => [null, messageOf(error, closing.signal)] as const)
      .then(([found, error]) => sql.query(answerCheck, [checkId, found, error]));
    // Without the database nobody is told anything.
    const reported = report(checkId, () => progress, end).catch(() => end.abort());
    await given.finally(() => end.abort());
    await reported;
  }

  /** Until the end, which it brings about when nobody waits any more. */
  async function report(
    checkId: Id,
    progress: () => VerificationProgress,
    end: AbortController,
  ): Promise<void> {
    while (!end.signal.aborted) {
      const [row] = await sql.query(progressCheck, [checkId, JSON.stringify(progress()), ABANDONED_MS]);
      if (row?.awaited !== true || !keepsTimelines()) end.abort();
      await clock.sleep(PROGRESS_EVERY_MS, end.signal);
    }
  }

  function answerTo(
    question: TimelineQuestion,
    signal: AbortSignal,
    onProgress: (progress: VerificationProgress) => void,
  ): Promise<object> {
    if (question.kind === 'describe') return describeServing(question.readerId, question.entries);
    const verify = () => verification.verify(question, { signal, heardUntilMs, onProgress });
    const verifying = verified.then(verify, verify);
    verified = verifying;
    return verifying;
  }

  return {
    topics: [TIMELINE_CHECKS_TOPIC],

    follow(tail) {
      heardUntilMs = tail.heardUntilMs;
    },

    hear(events) {
      for (const { topic, kind, key } of events) {
        if (topic !== TIMELINE_CHECKS_TOPIC || kind !== CHECK_ASKED) continue;
        if (closing.signal.aborted || !keepsTimelines()) continue;
        // A database that is away is the asker's to find out: it hears nothing more.
        const answered = answer(key).catch(() => undefined);
        answering.add(answered);
        void answered.finally(() => answering.delete(answered));
      }
    },

    jobs: [
      {
        name: 'expire-timeline-checks',
        everyMs: EXPIRE_EVERY_MS,
        async run() {
          await sql.query(deleteChecks, [composeId(clock.nowMs() - KEPT_MS, 0, 0)]);
          return 'done';
        },
      },
    ],

    async close() {
      closing.abort();
      await Promise.all(answering);
    },
  };
}

function messageOf(error: unknown, closing: AbortSignal): string {
  if (closing.aborted) return 'It is being stopped.';
  return error instanceof Error ? error.message : String(error);
}
