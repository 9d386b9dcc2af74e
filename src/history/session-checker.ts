/**
 * What sessions see of lists that only grow, on whichever server they are answered. P8: authors see what they wrote. P9: what a
 * session has seen it goes on seeing. P10: two sessions agree on the order in which posts came to be.
 *
 * | f             | key             | session  | invoked with       | ok with                                         |
 * |---------------|-----------------|----------|--------------------|-------------------------------------------------|
 * | `create-post` | the author's id | the author's token | see post-history.ts | see post-history.ts                  |
 * | `read-newest` | the author's id | a reader's, or the author's id | `{ mayBeStale }` | `{ post_ids, complete }`, newest first |
 *
 * `mayBeStale` says that the session carries its position, so that replicas may answer it. They promise P8 and P9; of P10 only
 * primaries do, because two replicas may show commits in another order than the primary (the long fork): there it is counted.
 */
import { type Static, Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { type AnomalyCollector, type CheckReport, createAnomalyCollector } from './check-report.ts';
import { type HistoryEvent, parseValue } from './history-event.ts';
import { groupOperations, type HistoryOperation, pairOperations } from './history-operations.ts';
import { type CreateAttempt, parsePostHistory } from './post-history.ts';

const Newest = Type.Object({
  post_ids: Type.Array(Type.String()),
  /** Whether these are all there are: otherwise older ones are on a further page. */
  complete: Type.Boolean(),
});
const ASKED = Compile(Type.Object({ mayBeStale: Type.Boolean() }));
const NEWEST = Compile(Newest);

interface NewestRead extends Static<typeof Newest> {
  readonly invoke: HistoryEvent;
  readonly completion: HistoryEvent;
  readonly author: string;
  readonly mayBeStale: boolean;
}

export function checkSessions(events: readonly HistoryEvent[]): CheckReport {
  const reads = pairOperations(events).filter(
    ({ invoke, outcome }) => invoke.f === 'read-newest' && outcome === 'ok',
  );
  const created = parsePostHistory(events).intended.flatMap(({ attempts }) => attempts);
  const anomalies = createAnomalyCollector();
  const sessions = [...groupOperations(reads, ({ session }) => session ?? '').values()].map((group) =>
    group.flatMap(parseRead),
  );
  for (const session of sessions) checkSession(session, created, anomalies);
  const orders = sessions.map((session) => orderSeen(session));
  const forks = pairsOf(orders).flatMap(([left, right]) => forksBetween(left, right));
  for (const { message, events: excerpt, isPromised } of forks)
    if (isPromised) anomalies.add('P10', 'long-fork', message, excerpt);
  return {
    verdict: anomalies.kept.length > 0 ? 'invalid' : reads.length === 0 ? 'unknown' : 'valid',
    reasons: reads.length === 0 ? ['Nobody looked at what is newest.'] : [],
    counts: {
      sessions: sessions.length,
      reads: reads.length,
      forks_on_replicas: forks.filter(({ isPromised }) => !isPromised).length,
    },
    anomalyCounts: anomalies.counts,
    anomalies: anomalies.kept,
    staleness: undefined,
  };
}

function parseRead({ invoke, completion }: HistoryOperation): NewestRead[] {
  if (completion === undefined) return [];
  const { mayBeStale } = parseValue(ASKED, invoke);
  return [{ invoke, completion, author: invoke.key ?? '', mayBeStale, ...parseValue(NEWEST, completion) }];
}

/** Ids are texts of one length: what is older than all that was shown may be on a further page. */
function lacks({ post_ids: shown, complete }: NewestRead, postId: string): boolean {
  if (shown.includes(postId)) return false;
  return complete || postId > (shown.at(-1) ?? '');
}

function checkSession(
  reads: readonly NewestRead[],
  created: readonly CreateAttempt[],
  anomalies: AnomalyCollector,
): void {
  for (const read of reads) {
    const before = reads.findLast(
      ({ author, completion }) => author === read.author && completion.i < read.invoke.i,
    );
    for (const postId of before?.post_ids ?? []) {
      if (!lacks(read, postId)) continue;
      const message = `${postId} of ${read.author} had been seen, and was gone for ${read.invoke.session}`;
      anomalies.add('P9', 'monotonic', message, [before?.completion, ...eventsOf(read)]);
    }
    if (read.invoke.session !== read.author) continue;
    for (const { authorId, created: post, operation } of created) {
      const isBefore = (operation.completion?.i ?? Number.POSITIVE_INFINITY) < read.invoke.i;
      if (authorId !== read.author || post === undefined || !isBefore || !lacks(read, post.post_id)) continue;
      const message = `${post.post_id} was acknowledged, and its author did not see it`;
      anomalies.add('P8', 'ryw', message, [operation.completion, ...eventsOf(read)]);
    }
  }
}

interface SeenOrder {
  readonly mayBeStale: boolean;
  /** By id: the answer in which it was there first, and the last one that lacked it. */
  readonly seen: ReadonlyMap<string, HistoryEvent>;
  readonly lacked: ReadonlyMap<string, HistoryEvent>;
}

function orderSeen(reads: readonly NewestRead[]): SeenOrder {
  const seen = new Map<string, HistoryEvent>();
  const lacked = new Map<string, HistoryEvent>();
  const authors = new Map<string, string>();
  for (const { post_ids: shown, completion, author } of reads)
    for (const postId of shown) {
      authors.set(postId, author);
      if (!seen.has(postId)) seen.set(postId, completion);
    }
  // Only what came soon after: a list that lacks what was made much later says nothing that others could contradict.
  for (const [postId, first] of seen) {
    const last = reads.findLast(
      ({ author, completion }) => author === authors.get(postId) && completion.i < first.i,
    );
    if (last !== undefined && lacks(last, postId)) lacked.set(postId, last.invoke);
  }
  return { mayBeStale: reads.some(({ mayBeStale }) => mayBeStale), seen, lacked };
}

interface Fork {
  readonly message: string;
  readonly events: readonly (HistoryEvent | undefined)[];
  readonly isPromised: boolean;
}

/** One saw x before y: it had x when it asked and did not get y. The other saw y before x. */
function forksBetween(left: SeenOrder, right: SeenOrder): Fork[] {
  const forks: Fork[] = [];
  const common = [...left.seen.keys()].filter((postId) => right.seen.has(postId));
  for (const x of common) {
    for (const y of common) {
      if (!isSeenBefore(left, x, y) || !isSeenBefore(right, y, x)) continue;
      forks.push({
        message: `one session had ${x} before ${y}, another ${y} before ${x}`,
        events: [left.seen.get(x), left.lacked.get(y), right.seen.get(y), right.lacked.get(x)],
        isPromised: !left.mayBeStale && !right.mayBeStale,
      });
    }
  }
  return forks;
}

function isSeenBefore({ seen, lacked }: SeenOrder, first: string, second: string): boolean {
  const [had, asked] = [seen.get(first)?.i, lacked.get(second)?.i];
  return had !== undefined && asked !== undefined && had < asked;
}

function pairsOf<Item>(items: readonly Item[]): [Item, Item][] {
  return items.flatMap((left, index) => items.slice(index + 1).map((right): [Item, Item] => [left, right]));
}

function eventsOf({ invoke, completion }: NewestRead): HistoryEvent[] {
  return [invoke, completion];
}
