/**
 * Writes what people do to posts: what arrives while a batch is being written goes together in the next one. One
 * by one, a like is five round trips and a flush to disk, and a hot post has as many outstanding deltas as likes.
 */

import type { Id } from '../../../core/ids.ts';
import type { SqlStore } from '../../../ports/sql-store/sql-store.ts';
import type { ItemOutcome } from '../../../resilience/coalesce.ts';
import { createTracedCoalescer } from '../../../resilience/traced-coalescer.ts';
import type { Tracing } from '../../../telemetry/trace.ts';
import type { ReactionCounts } from '../posts/post.ts';
import {
  createReactionChanges,
  type Reaction,
  type ReactionChangesDeps,
  type ReactionKind,
} from './reaction-changes.ts';

/** As of new posts (posts/post-writer.ts), and for the same reason. */
export const REACTION_BATCH_MAX = 100;
/** Unlike new posts one at a time, and a moment to gather: a hot post has one delta for each batch, so few are better. */
const CONCURRENT_BATCHES_MAX = 1;
const GATHER_MS = 1;
const WAITING_MAX = 5_000;

export interface ReactionWriter {
  /** Resolves when it is durable, with how the post stands then. Fails as `Reactions` do. */
  write(kind: ReactionKind, userId: Id, postId: Id): Promise<ReactionCounts>;
  /** Reactions that wait for a batch. */
  waiting(): number;
}

export interface ReactionWriterDeps extends ReactionChangesDeps {
  readonly sql: SqlStore;
  readonly tracing: Tracing;
}

type ReactionWrite = Omit<Reaction, 'traceparent'>;

export function createReactionWriter(deps: ReactionWriterDeps): ReactionWriter {
  const { sql, tracing } = deps;
  const changes = createReactionChanges(deps);

  async function run(reactions: readonly Reaction[]): Promise<ItemOutcome<ReactionCounts>[]> {
    const { rounds, placeOf } = inRounds(reactions);
    const outcomes: (readonly ItemOutcome<ReactionCounts>[])[] = [];
    for (const round of rounds) {
      outcomes.push(await sql.transaction((transaction) => changes.make(transaction, round)));
    }
    return reactions.map((reaction) => {
      const { round, index } = placeOf.get(reaction) ?? NOWHERE;
      return outcomes[round]?.[index] ?? { ok: false, error: new Error('a reaction has no outcome') };
    });
  }

  const coalescer = createTracedCoalescer<ReactionWrite, ReactionCounts>({
    tracing,
    batchMax: REACTION_BATCH_MAX,
    concurrentBatchesMax: CONCURRENT_BATCHES_MAX,
    queueMax: WAITING_MAX,
    gatherMs: GATHER_MS,
    run: (writes) => run(writes.map(({ item, traceparent }) => ({ traceparent, ...item }))),
  });
  return {
    write: (kind, userId, postId) => coalescer.submit({ kind, userId, postId }),
    waiting: () => coalescer.waiting(),
  };
}

interface Place {
  readonly kind: ReactionKind;
  readonly round: number;
  readonly index: number;
}

const NOWHERE = { round: -1, index: -1 };

/**
 * In a round nobody does two things to one post: who likes it and takes that back has them in two, in the order in
 * which they came. Who does the same twice does it once.
 */
function inRounds<Each extends Reaction>(
  reactions: readonly Each[],
): { readonly rounds: readonly Each[][]; readonly placeOf: ReadonlyMap<Each, Place> } {
  const rounds: Each[][] = [];
  const latest = new Map<string, Place>();
  const placeOf = new Map<Each, Place>();
  for (const reaction of reactions) {
    const { kind, userId, postId } = reaction;
    const pair = `${sortOf(kind)} ${userId} ${postId}`;
    const previous = latest.get(pair);
    const place = previous?.kind === kind ? previous : append(rounds, reaction, (previous?.round ?? -1) + 1);
    latest.set(pair, place);
    placeOf.set(reaction, place);
  }
  return { rounds, placeOf };
}

function append<Each extends Reaction>(rounds: Each[][], reaction: Each, round: number): Place {
  const members = rounds[round] ?? [];
  rounds[round] = members;
  return { kind: reaction.kind, round, index: members.push(reaction) - 1 };
}

/** The same for a thing and its opposite. */
function sortOf(kind: ReactionKind): string {
  return kind.startsWith('un') ? kind.slice(2) : kind;
}
