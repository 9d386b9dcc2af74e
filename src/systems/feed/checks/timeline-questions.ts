/**
 * What `groundswell feeds` asks the server that keeps cached timelines. Questions and answers travel as JSON between
 * processes of ours, with ids as numbers.
 */
import type { Id } from '../../../core/ids.ts';
import type { DescribedEntry, ServingFacts } from '../home/serving-facts.ts';
import type { Verification, VerificationTask } from '../home/timeline-verification.ts';

export interface VerifyQuestion extends VerificationTask {
  readonly kind: 'verify';
}

export interface DescribeQuestion {
  readonly kind: 'describe';
  readonly readerId: Id;
  readonly entries: readonly DescribedEntry[];
}

export type TimelineQuestion = VerifyQuestion | DescribeQuestion;

/** What each kind of question is answered with. */
export interface TimelineAnswers {
  readonly verify: Verification;
  readonly describe: ServingFacts;
}
