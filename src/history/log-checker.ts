/**
 * The event log, whatever engine has it. P14: an event has one place for ever, what was acknowledged is in the log once, the
 * events of a key are in order, and a reader misses none.
 *
 * | f             | key             | invoked with            | ok with                                        |
 * |---------------|-----------------|-------------------------|------------------------------------------------|
 * | `create-post` | the author's id | see post-history.ts     | see post-history.ts                            |
 * | `read-log`    | the partition   | `{ reader, complete }`  | `{ events: [{ offset, key, post_id }] }`, in the order in which they came |
 *
 * `complete`: all of the partition since before the first post of the history. Events are of posts that were created.
 */
import { type Static, Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { type AnomalyCollector, type CheckReport, createAnomalyCollector } from './check-report.ts';
import { type HistoryEvent, parseValue } from './history-event.ts';
import { groupOperations, type HistoryOperation, pairOperations } from './history-operations.ts';
import { type CreateAttempt, parsePostHistory } from './post-history.ts';

const Event = Type.Object({
  offset: Type.Integer(),
  key: Type.String(),
  /** Null of whatever else happened. */
  post_id: Type.Union([Type.String(), Type.Null()]),
});
const ASKED = Compile(Type.Object({ reader: Type.String(), complete: Type.Boolean() }));
const READ = Compile(Type.Object({ events: Type.Array(Event) }));

type LogEvent = Static<typeof Event>;

interface LogRead {
  readonly reader: string;
  readonly complete: boolean;
  readonly partition: string;
  readonly completion: HistoryEvent;
  readonly events: readonly LogEvent[];
}

export function checkLog(events: readonly HistoryEvent[]): CheckReport {
  const reads = pairOperations(events)
    .filter(({ invoke, outcome }) => invoke.f === 'read-log' && outcome === 'ok')
    .flatMap(parseRead);
  const attempts = parsePostHistory(events).intended.flatMap((post) => post.attempts);
  const acknowledged = attempts.filter(({ created }) => created !== undefined);
  const anomalies = createAnomalyCollector();
  checkPlaces(reads, anomalies);
  for (const group of byReader(reads)) checkReader(group, anomalies);
  const complete = reads.filter((read) => read.complete);
  if (complete.length > 0) checkAcknowledged(complete, acknowledged, anomalies);
  const reasons = [
    ...(acknowledged.length === 0 ? ['No write was acknowledged.'] : []),
    ...(complete.length === 0 ? ['The log was not read to its end.'] : []),
  ];
  return {
    verdict: anomalies.kept.length > 0 ? 'invalid' : reasons.length > 0 ? 'unknown' : 'valid',
    reasons,
    counts: {
      acknowledged: acknowledged.length,
      events: complete.reduce((sum, read) => sum + read.events.length, 0),
      readings: reads.length,
    },
    anomalyCounts: anomalies.counts,
    anomalies: anomalies.kept,
    staleness: undefined,
  };
}

function parseRead({ invoke, completion }: HistoryOperation): LogRead[] {
  if (completion === undefined) return [];
  const { events } = parseValue(READ, completion);
  return [{ ...parseValue(ASKED, invoke), partition: invoke.key ?? '', completion, events }];
}

/** Whoever reads a place finds the same there, and nothing has two of them. */
function checkPlaces(reads: readonly LogRead[], anomalies: AnomalyCollector): void {
  const values = new Map<string, { readonly value: string; readonly from: HistoryEvent }>();
  const places = new Map<string, { readonly place: string; readonly from: HistoryEvent }>();
  for (const { partition, events, completion } of reads) {
    for (const event of events) {
      const place = `${partition}/${event.offset}`;
      const value = `${event.key} ${event.post_id}`;
      const excerpt = (from: HistoryEvent | undefined) => [
        from && excerptOf(from, event),
        excerptOf(completion, event),
      ];
      const known = values.get(place);
      if (known !== undefined && known.value !== value)
        anomalies.add(
          'P14',
          'inconsistent-offsets',
          `${place} was ${known.value} and ${value}`,
          excerpt(known.from),
        );
      values.set(place, known ?? { value, from: completion });
      if (event.post_id === null) continue;
      const other = places.get(event.post_id);
      if (other !== undefined && other.place !== place)
        anomalies.add(
          'P14',
          'duplicate',
          `${event.post_id} is at ${other.place} and at ${place}`,
          excerpt(other.from),
        );
      places.set(event.post_id, other ?? { place, from: completion });
    }
  }
}

function byReader(reads: readonly LogRead[]): LogRead[][] {
  const groups = new Map<string, LogRead[]>();
  for (const read of reads) {
    const name = `${read.reader} ${read.partition}`;
    groups.set(name, [...(groups.get(name) ?? []), read]);
  }
  return [...groups.values()];
}

/** Offsets have no gaps, so neither has what one reader is given. */
function checkReader(reads: readonly LogRead[], anomalies: AnomalyCollector): void {
  let before: number | undefined;
  for (const { reader, partition, completion, events } of reads) {
    for (const event of events) {
      const { offset } = event;
      if (before !== undefined && offset !== before + 1) {
        const name = offset > before ? 'poll-skip' : 'nonmonotonic-poll';
        const message = `${reader} was given ${partition}/${offset} after ${before}`;
        anomalies.add('P14', name, message, [excerptOf(completion, event)]);
      }
      before = offset;
    }
  }
}

function checkAcknowledged(
  reads: readonly LogRead[],
  acknowledged: readonly CreateAttempt[],
  anomalies: AnomalyCollector,
): void {
  const offsets = new Map<string, number>();
  for (const { events } of reads)
    for (const { post_id: postId, offset } of events) if (postId !== null) offsets.set(postId, offset);
  const byAuthor = groupOperations(
    acknowledged.map(({ operation }) => operation),
    ({ key }) => key ?? '',
  );
  const postIds = new Map(acknowledged.map(({ operation, created }) => [operation, created?.post_id ?? '']));
  for (const operations of byAuthor.values()) {
    let last: { readonly operation: HistoryOperation; readonly offset: number } | undefined;
    for (const operation of [...operations].sort(byCompletion)) {
      const postId = postIds.get(operation) ?? '';
      const offset = offsets.get(postId);
      const excerpt = [last?.operation.completion, operation.invoke, operation.completion];
      if (offset === undefined) {
        anomalies.add('P14', 'lost-write', `${postId} was acknowledged and is not in the log`, excerpt);
        continue;
      }
      // One that was asked for later has a later place. Retries of one post have its place.
      const isLater = last !== undefined && (last.operation.completion?.i ?? 0) < operation.invoke.i;
      if (last !== undefined && isLater && offset < last.offset)
        anomalies.add(
          'P14',
          'disorder',
          `${postId} stands before what its author had written before`,
          excerpt,
        );
      if (last === undefined || offset > last.offset) last = { operation, offset };
    }
  }
}

function byCompletion(left: HistoryOperation, right: HistoryOperation): number {
  return (left.completion?.i ?? 0) - (right.completion?.i ?? 0);
}

function excerptOf(event: HistoryEvent, shown: LogEvent): HistoryEvent {
  return { ...event, value: { events: [shown], of: parseValue(READ, event).events.length } };
}
