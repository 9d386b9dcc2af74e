/**
 * Likes. P11: what somebody did last with a post is what holds, and its count is the number of people of whom that is so. An
 * attempt of which nobody knows how it ended may take effect at any later time.
 *
 * | f            | key           | session  | ok with                            |
 * |--------------|---------------|----------|------------------------------------|
 * | `like-post`, `unlike-post` | the post's id | the user | null                  |
 * | `read-likes` | the post's id | the user | `{ liked, likes }`, once all is quiet |
 */
import { Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { type AnomalyCollector, type CheckReport, createAnomalyCollector } from './check-report.ts';
import { type HistoryEvent, parseValue } from './history-event.ts';
import { groupOperations, type HistoryOperation, pairOperations } from './history-operations.ts';

const READ = Compile(Type.Object({ liked: Type.Boolean(), likes: Type.Integer() }));

export function checkReactions(events: readonly HistoryEvent[]): CheckReport {
  const operations = pairOperations(events);
  const changes = operations.filter(({ invoke }) => invoke.f === 'like-post' || invoke.f === 'unlike-post');
  const reads = operations.filter(({ invoke, outcome }) => invoke.f === 'read-likes' && outcome === 'ok');
  const anomalies = createAnomalyCollector();
  const changesOf = groupOperations(changes, place);
  for (const [key, read] of lastReads(reads)) checkState(changesOf.get(key) ?? [], read, anomalies);
  checkLikeCounts(lastReads(reads), anomalies);
  const unread = [...changesOf.keys()].filter((key) => !lastReads(reads).has(key)).length;
  const acknowledged = changes.filter(({ outcome }) => outcome === 'ok').length;
  const reasons = [
    ...(acknowledged === 0 ? ['No like was acknowledged.'] : []),
    ...(unread > 0 ? [`${unread} likes have no final read.`] : []),
  ];
  return {
    verdict: anomalies.kept.length > 0 ? 'invalid' : reasons.length > 0 ? 'unknown' : 'valid',
    reasons,
    counts: { likes: changes.length, acknowledged, reads: reads.length },
    anomalyCounts: anomalies.counts,
    anomalies: anomalies.kept,
    staleness: undefined,
  };
}

function place({ key, session }: HistoryEvent): string {
  return `${key} ${session}`;
}

/** Of each user and post. */
function lastReads(reads: readonly HistoryOperation[]): Map<string, HistoryOperation> {
  return new Map(reads.map((read) => [place(read.invoke), read]));
}

function checkState(
  changes: readonly HistoryOperation[],
  { completion }: HistoryOperation,
  anomalies: AnomalyCollector,
): void {
  if (completion === undefined) return;
  const { liked } = parseValue(READ, completion);
  const last = changes.findLast(({ outcome }) => outcome === 'ok');
  const undecided = changes.filter(({ outcome }) => outcome === 'info');
  const possible = new Set([
    last?.invoke.f === 'like-post',
    ...undecided.map(({ invoke }) => invoke.f === 'like-post'),
  ]);
  if (possible.has(liked)) return;
  const name = liked ? 'unlike-lost' : 'like-lost';
  const shown = [last?.invoke, last?.completion, completion];
  anomalies.add(
    'P11',
    name,
    `${completion.key} is ${liked ? '' : 'not '}liked by ${completion.session}`,
    shown,
  );
}

/** Only where everybody who has ever touched the post was asked, which is how the runs do it. */
function checkLikeCounts(reads: ReadonlyMap<string, HistoryOperation>, anomalies: AnomalyCollector): void {
  const byPost = groupOperations(reads.values(), ({ key }) => key ?? '');
  for (const [postId, of] of byPost) {
    const shown = of.flatMap(({ completion }) => completion ?? []);
    const states = shown.map((event) => parseValue(READ, event));
    const liked = states.filter((state) => state.liked).length;
    const wrong = states.find(({ likes }) => likes !== liked);
    if (wrong === undefined) continue;
    anomalies.add('P11', 'miscounted', `${postId} has ${wrong.likes} likes of ${liked} people`, shown);
  }
}
