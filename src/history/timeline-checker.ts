/**
 * Home timelines. P4: once all is quiet, everybody has each post of those whom they followed before it was written, once, the
 * newest first, and nothing else.
 *
 * | f               | key               | session    | ok with                                     |
 * |-----------------|-------------------|------------|---------------------------------------------|
 * | `follow`        | whom              | the reader | null                                        |
 * | `create-post`   | the author's id   |            | as in post-history.ts                       |
 * | `read-timeline` | null              | the reader | `{ posts: [{ post_id, text }], complete }`, `complete`: all pages |
 */
import { Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { type AnomalyCollector, type CheckReport, createAnomalyCollector } from './check-report.ts';
import { type HistoryEvent, parseValue } from './history-event.ts';
import { type HistoryOperation, pairOperations } from './history-operations.ts';
import { type CreateAttempt, parsePostHistory } from './post-history.ts';

const READ = Compile(
  Type.Object({
    posts: Type.Array(Type.Object({ post_id: Type.String(), text: Type.String() })),
    complete: Type.Boolean(),
  }),
);

export function checkTimelines(events: readonly HistoryEvent[]): CheckReport {
  const operations = pairOperations(events);
  const attempts = parsePostHistory(events).intended.flatMap((post) => post.attempts);
  const reads = operations.filter(({ invoke, outcome }) => invoke.f === 'read-timeline' && outcome === 'ok');
  const follows = operations.filter(({ invoke }) => invoke.f === 'follow');
  const anomalies = createAnomalyCollector();
  for (const read of reads) checkOrder(read, anomalies);
  const readers = new Set(follows.map(({ invoke }) => invoke.session ?? ''));
  const unread: string[] = [];
  for (const reader of readers) {
    const final = reads.findLast(
      ({ invoke, completion }) => invoke.session === reader && isComplete(completion),
    );
    if (final === undefined) unread.push(reader);
    else
      checkContent(
        follows.filter(({ invoke }) => invoke.session === reader),
        attempts,
        final,
        anomalies,
      );
  }
  const reasons = [
    ...(readers.size === 0 ? ['Nobody follows anybody.'] : []),
    ...(unread.length > 0 ? [`${unread.length} timelines were not read to their end.`] : []),
  ];
  return {
    verdict: anomalies.kept.length > 0 ? 'invalid' : reasons.length > 0 ? 'unknown' : 'valid',
    reasons,
    counts: { readers: readers.size, posts: attempts.length, reads: reads.length },
    anomalyCounts: anomalies.counts,
    anomalies: anomalies.kept,
    staleness: undefined,
  };
}

function isComplete(completion: HistoryEvent | undefined): boolean {
  return completion !== undefined && parseValue(READ, completion).complete;
}

/** Ids are texts of one length, so they sort as they were made. */
function checkOrder({ completion }: HistoryOperation, anomalies: AnomalyCollector): void {
  if (completion === undefined) return;
  const ids = parseValue(READ, completion).posts.map(({ post_id }) => post_id);
  for (const [index, id] of ids.entries()) {
    const before = ids[index - 1];
    if (before === undefined || id < before) continue;
    const name = ids.indexOf(id) < index ? 'twice' : 'inversion';
    anomalies.add('P4', name, `${id} comes after ${before} for ${completion.session}`, [
      excerpt(completion, [before, id]),
    ]);
  }
}

function checkContent(
  follows: readonly HistoryOperation[],
  attempts: readonly CreateAttempt[],
  { invoke, completion }: HistoryOperation,
  anomalies: AnomalyCollector,
): void {
  if (completion === undefined) return;
  const { posts } = parseValue(READ, completion);
  const shown = new Map(posts.map(({ post_id, text }) => [text, post_id]));
  const followed = new Map(follows.map((follow) => [follow.invoke.key ?? '', follow]));
  const mayShow = new Set<string>();
  for (const { operation, authorId, text, created } of attempts) {
    const follow = followed.get(authorId);
    if (follow === undefined || operation.outcome === 'fail') continue;
    mayShow.add(text);
    const since = follow.outcome === 'ok' ? follow.completion?.i : undefined;
    const mustShow = created !== undefined && since !== undefined && since < operation.invoke.i;
    // What was acknowledged after the read began may have come too late for it.
    if (!mustShow || (operation.completion?.i ?? 0) > invoke.i || shown.has(text)) continue;
    const events = [follow.completion, operation.invoke, operation.completion, excerpt(completion, [])];
    anomalies.add('P4', 'missing', `"${text}" is not in the timeline of ${completion.session}`, events);
  }
  for (const [text, postId] of shown) {
    if (mayShow.has(text)) continue;
    anomalies.add('P4', 'extra', `"${text}" is in the timeline of ${completion.session}`, [
      excerpt(completion, [postId]),
    ]);
  }
}

/** Of a long timeline only what matters. */
function excerpt(event: HistoryEvent, postIds: readonly string[]): HistoryEvent {
  const { posts } = parseValue(READ, event);
  return {
    ...event,
    value: { posts: posts.filter(({ post_id }) => postIds.includes(post_id)), of: posts.length },
  };
}
