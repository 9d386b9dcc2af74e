/** What a fault cost, by the history of what people asked while it lasted. */
import { type CheckReport, formatReport } from '../../src/history/check-report.ts';
import type { HistoryEvent } from '../../src/history/history-event.ts';
import { type HistoryOperation, pairOperations } from '../../src/history/history-operations.ts';
import { checkLinks } from '../../src/history/link-checker.ts';
import { checkLog } from '../../src/history/log-checker.ts';
import { checkPictures } from '../../src/history/picture-checker.ts';
import { checkPosts } from '../../src/history/post-checker.ts';
import { checkReactions } from '../../src/history/reaction-checker.ts';
import { checkSessions } from '../../src/history/session-checker.ts';
import { checkTimelines } from '../../src/history/timeline-checker.ts';
import type { Fault } from './fault-list.ts';

/** What the run writes into the history. */
export const MARKS = { broken: 'broken', mended: 'mended', quiet: 'quiet' } as const;

export interface Cost {
  readonly requests: number;
  readonly failed: number;
}

export interface FaultOutcome {
  readonly reads: Cost;
  readonly writes: Cost;
  /** From the mending, or from the fault if it mends itself, to the end of the last request that failed; 0: none did. */
  readonly recoveryMs: number;
  /** From the acknowledgement of a post to its being seen by a follower, at most. */
  readonly timelinesBehindMs: number;
  readonly slowestMs: number;
  readonly reports: Readonly<Record<string, CheckReport>>;
  readonly verdict: CheckReport['verdict'];
}

const READS = new Set(['read-posts', 'read-timeline', 'read-newest', 'open-link']);
/** By whoever looks behind the scenes. */
const NO_REQUESTS = new Set(['read-log']);
/** Longer than the product keeps clicks in memory, with a publish that hangs. */
const UNCOUNTED_MS = 2_500;
/** Turned away while the first attempt may still run: that one will be answered. */
const NO_FAILURE = new Set([409]);

export function outcomeOf(
  events: readonly HistoryEvent[],
  { healsItself, losesClicks }: Pick<Fault, 'healsItself' | 'losesClicks'>,
  further: Readonly<Record<string, CheckReport>> = {},
): FaultOutcome {
  const operations = pairOperations(events);
  const [broken, mended, quiet] = [MARKS.broken, MARKS.mended, MARKS.quiet].map((mark) =>
    markOf(events, mark),
  );
  const during = operations.filter(
    ({ invoke }) => !NO_REQUESTS.has(invoke.f) && invoke.i < (quiet?.i ?? Number.POSITIVE_INFINITY),
  );
  const failures = during.filter(isFailure);
  const lastFailureNs = Math.max(0, ...failures.map(({ completion }) => completion?.t_ns ?? 0));
  const reports = {
    posts: checkPosts(events, { finalViews: ['post', 'author'] }),
    timelines: checkTimelines(events),
    likes: checkReactions(events),
    links: checkLinks(events, {
      killedAtNs: losesClicks && broken !== undefined ? [broken.t_ns] : [],
      uncountedMs: UNCOUNTED_MS,
    }),
    pictures: checkPictures(events),
    sessions: checkSessions(events),
    log: checkLog(events),
    ...further,
  };
  const verdicts = Object.values(reports).map(({ verdict }) => verdict);
  return {
    reads: costOf(during.filter(({ invoke }) => READS.has(invoke.f))),
    writes: costOf(during.filter(({ invoke }) => !READS.has(invoke.f))),
    recoveryMs: Math.max(0, lastFailureNs - ((healsItself ? broken : mended)?.t_ns ?? 0)) / 1e6,
    timelinesBehindMs: timelinesBehindMs(during),
    slowestMs: Math.max(0, ...during.filter(({ outcome }) => outcome === 'ok').map(durationMs)),
    reports,
    verdict: verdicts.includes('invalid') ? 'invalid' : verdicts.includes('unknown') ? 'unknown' : 'valid',
  };
}

function markOf(events: readonly HistoryEvent[], mark: string): HistoryEvent | undefined {
  return events.findLast(({ process, f }) => process === 'nemesis' && f === mark);
}

function costOf(operations: readonly HistoryOperation[]): Cost {
  return { requests: operations.length, failed: operations.filter(isFailure).length };
}

function isFailure({ outcome, completion }: HistoryOperation): boolean {
  if (outcome === 'ok') return false;
  // Our own client writes it.
  const { status } = (completion?.value ?? {}) as { readonly status?: number };
  return status === undefined || !NO_FAILURE.has(status);
}

function durationMs({ invoke, completion }: HistoryOperation): number {
  return ((completion?.t_ns ?? invoke.t_ns) - invoke.t_ns) / 1e6;
}

/** P5, which is told and decides nothing. By what readers have seen on their first pages; what they have not, the checker asks for at the end. */
function timelinesBehindMs(operations: readonly HistoryOperation[]): number {
  const acknowledged = new Map<string, number>();
  const behindMs: number[] = [];
  for (const { invoke, outcome, completion } of [...operations].sort(byCompletion)) {
    if (outcome !== 'ok' || completion === undefined) continue;
    if (invoke.f === 'create-post') {
      const { post_id } = completion.value as { readonly post_id: string }; // As checked by the checker.
      acknowledged.set(post_id, completion.t_ns);
    }
    if (invoke.f !== 'read-timeline') continue;
    const { posts } = completion.value as { readonly posts: readonly { readonly post_id: string }[] };
    for (const { post_id } of posts) {
      const sinceNs = acknowledged.get(post_id);
      if (sinceNs !== undefined) behindMs.push((completion.t_ns - sinceNs) / 1e6);
      acknowledged.delete(post_id);
    }
  }
  return Math.max(0, ...behindMs);
}

function byCompletion(left: HistoryOperation, right: HistoryOperation): number {
  return (left.completion?.i ?? 0) - (right.completion?.i ?? 0);
}

/** A row of the table in docs/failing.md. */
export function tableRow(
  title: string,
  outcome: FaultOutcome,
  page?: { readonly views: number; readonly refused: number },
): string {
  const { reads, writes, recoveryMs, timelinesBehindMs: behindMs, verdict } = outcome;
  const share = ({ failed, requests }: Cost) => `${failed} of ${requests.toLocaleString('en')}`;
  const lost = verdict === 'valid' ? 'none' : verdict === 'unknown' ? 'unknown' : anomaliesOf(outcome);
  const seen = page === undefined ? '' : ` ${page.refused} of ${page.views} |`;
  return `| ${title} | ${share(reads)} | ${share(writes)} |${seen} ${seconds(recoveryMs)} | ${seconds(behindMs)} | ${lost} |`;
}

export const TABLE_HEAD = [
  '| fault | failed reads | failed writes | last failure | timelines behind | lost |',
  '|---|---|---|---|---|---|',
].join('\n');

/** With what a browser saw: how often a page could not be shown. */
export const STAGE_TABLE_HEAD = [
  '| fault | failed reads | failed writes | pages not shown | last failure | timelines behind | lost |',
  '|---|---|---|---|---|---|---|',
].join('\n');

function seconds(ms: number): string {
  return ms === 0 ? '–' : `${(ms / 1_000).toFixed(1)} s`;
}

function anomaliesOf({ reports }: FaultOutcome): string {
  const counts = Object.values(reports).flatMap(({ anomalyCounts }) => Object.entries(anomalyCounts));
  return counts.map(([name, count]) => `${count} ${name}`).join(', ');
}

/** What is wrong, for whoever looks for the cause. */
export function explain({ reports }: FaultOutcome): string {
  return Object.entries(reports)
    .filter(([, { verdict }]) => verdict !== 'valid')
    .map(([name, report]) => `${name}: ${formatReport(report)}`)
    .join('\n');
}
