/**
 * Holds a history against the first three promises: an acknowledged post is never lost (P1), nothing is read that
 * was not written (P2), and retries with one Idempotency-Key make one post (P3). After Jepsen's set-full checker.
 * Histories with edits or deletions need more than this knows.
 */

import {
  type AnomalyCollector,
  type CheckReport,
  createAnomalyCollector,
  type Staleness,
} from './check-report.ts';
import type { HistoryEvent } from './history-event.ts';
import { type PostHistory, type PostView, parsePostHistory } from './post-history.ts';
import { checkReads, countUnread, indexReads, knownPosts } from './post-losses.ts';
import { checkRetries } from './post-retries.ts';
import { checkSightings } from './post-sightings.ts';

export interface PostCheckOptions {
  /** The views in which final reads must show every acknowledged post; without such a read it is `unknown`. */
  readonly finalViews: readonly PostView[];
  /** Whether a node may be behind. By default one whose name starts with `replica`. */
  readonly isReplica?: (node: string | null) => boolean;
}

/** Fails with `invalid` if the events cannot be a history, see `parsePostHistory`. */
export function checkPosts(events: readonly HistoryEvent[], options: PostCheckOptions): CheckReport {
  const { finalViews, isReplica = (node) => node?.startsWith('replica') ?? false } = options;
  const history = parsePostHistory(events);
  const anomalies = createAnomalyCollector();
  const sightings = checkSightings(history, anomalies);
  for (const post of history.intended) checkRetries(post, sightings.of(post), anomalies);
  const known = knownPosts(history, sightings);
  const reads = indexReads(history.reads);
  const staleness = checkReads(known, reads, { anomalies, isReplica });
  const unread = countUnread(known, reads, finalViews);
  return report(history, anomalies, staleness, unread);
}

function report(
  { intended, reads }: PostHistory,
  anomalies: AnomalyCollector,
  staleness: Staleness | undefined,
  unread: ReadonlyMap<PostView, number>,
): CheckReport {
  const attempts = intended.flatMap((post) => post.attempts);
  const countOf = (outcome: string) =>
    attempts.filter(({ operation }) => operation.outcome === outcome).length;
  const counts = {
    posts: intended.length,
    acknowledged: countOf('ok'),
    refused: countOf('fail'),
    undecided: countOf('info'),
    reads: reads.length,
  };
  const reasons = [
    ...(counts.acknowledged === 0 ? ['No write was acknowledged.'] : []),
    ...[...unread].flatMap(([view, count]) =>
      count === 0 ? [] : [`${count} acknowledged posts have no final read (${view}).`],
    ),
  ];
  const verdict = anomalies.kept.length > 0 ? 'invalid' : reasons.length > 0 ? 'unknown' : 'valid';
  return { verdict, reasons, counts, anomalyCounts: anomalies.counts, anomalies: anomalies.kept, staleness };
}
