/**
 * Whose entries are pushed into the timelines of their followers, and whose the readers pull (docs/decisions/0011). In
 * memory of every process, from the table and the topic `author_modes`.
 *
 * Being both is harmless, being neither would lose entries. So one who becomes pulled is pushed for PULL_GRACE_MS more,
 * until every process has heard; and of one who is pushed again, timelines that are older than that stay merged.
 */
import type { Clock } from '../../../core/clock.ts';
import { ID_MAX, type Id } from '../../../core/ids.ts';
import type { LoggedEvent, NewEvent } from '../../../ports/event-log/event-log.ts';
import type { SqlStore } from '../../../ports/sql-store/sql-store.ts';
import type { TimelineStore } from '../../../ports/timeline-store/timeline-store.ts';
import { type AuthorModeRow, pageAuthorModes } from './author-modes-queries.ts';
import { countBelow } from './sorted-ids.ts';

export const AUTHOR_MODES_TOPIC = 'author_modes';
/** A process that has heard nothing for a second answers by SQL: the rest is for transactions that are slow to commit. */
export const PULL_GRACE_MS = 5_000;
const LOAD_BATCH = 5_000;

export interface AuthorModes {
  /** Whether the fan-out pushes entries of the author now. Into the author's own timeline it always does. */
  isPushed(authorId: Id): boolean;
  /** Whether `pulledAmong` may name the author for any timeline at all. */
  isPulled(authorId: Id): boolean;
  /**
   * Those of the followees (ascending) whose entries may be missing in a timeline of that generation, ascending.
   * Takes some 0.02 us for each followee, or for each author that is or was pulled if these are fewer.
   */
  pulledAmong(followeeIds: Float64Array, generation: number): readonly Id[];
  /** Another number whenever an answer of `pulledAmong` may be another. */
  version(): number;
  /** Of the topic `author_modes`, each author's in order; more than once does no harm. */
  hear(events: readonly HeardMode[]): void;
  /** Reads the table. To be called once `hear` is told of what happens. */
  open(): Promise<void>;
}

export type HeardMode = Pick<LoggedEvent, 'topic' | 'key' | 'payload'>;

interface Mode {
  readonly revision: number;
  /** For a pulled one: until when, by the wall clock, it is pushed as well. */
  readonly pushedUntilMs: number;
  /** Timelines of this generation and older are merged with the author's entries. */
  readonly pullUntilGeneration: number;
}

export interface AuthorModesDeps {
  readonly sql: SqlStore;
  readonly timelineStore: Pick<TimelineStore, 'generation'>;
  readonly clock: Clock;
  /** Default PULL_GRACE_MS. */
  readonly pullGraceMs?: number;
}

export function createAuthorModes(deps: AuthorModesDeps): AuthorModes {
  const { sql, timelineStore, clock, pullGraceMs = PULL_GRACE_MS } = deps;
  const modes = new Map<Id, Mode>();
  let version = 0;
  let sorted: SortedModes | undefined;

  function hearOne(row: AuthorModeRow): void {
    const known = modes.get(row.author_id);
    if (known !== undefined && known.revision > row.revision) return;
    const mode = modeOf(row, pullGraceMs);
    // Read before, but heard after its end was.
    if (known?.revision === row.revision && known.pullUntilGeneration < mode.pullUntilGeneration) return;
    modes.set(row.author_id, mode);
    sorted = undefined;
    version += 1;
  }

  async function load(): Promise<void> {
    const generation = await timelineStore.generation();
    let after: Id = 0;
    while (after < ID_MAX) {
      const rows = await sql.query(pageAuthorModes, [after, LOAD_BATCH]);
      for (const row of rows) if (isOfStore(row, generation)) hearOne(row);
      after = rows.length < LOAD_BATCH ? ID_MAX : (rows.at(-1)?.author_id ?? ID_MAX);
    }
  }

  return {
    isPushed(authorId) {
      const mode = modes.get(authorId);
      return mode === undefined || clock.nowMs() < mode.pushedUntilMs;
    },
    isPulled: (authorId) => modes.has(authorId),
    pulledAmong(followeeIds, generation) {
      if (modes.size === 0) return NOBODY;
      sorted ??= sortModes(modes);
      return sorted.authorIds.length < followeeIds.length
        ? pulledByAuthor(sorted, followeeIds, generation)
        : pulledByFollowee(modes, followeeIds, generation);
    },
    version: () => version,
    hear(events) {
      for (const { topic, key, payload } of events) {
        if (topic === AUTHOR_MODES_TOPIC) hearOne(rowOf(key, payload));
      }
    },
    open: load,
  };
}

const NOBODY: readonly Id[] = [];

function modeOf({ mode, revision, changed_at: changedAt, ...row }: AuthorModeRow, graceMs: number): Mode {
  const all = Number.POSITIVE_INFINITY;
  return mode === 'pulled'
    ? { revision, pushedUntilMs: changedAt.getTime() + graceMs, pullUntilGeneration: all }
    : { revision, pushedUntilMs: all, pullUntilGeneration: row.pull_until_generation ?? all };
}

/**
 * A memory store that starts anew counts generations anew: what was noted of the one before says nothing, and all of
 * its timelines are younger than that.
 */
function isOfStore({ mode, pull_until_generation: until }: AuthorModeRow, generation: number): boolean {
  return mode === 'pulled' || until === null || until <= generation;
}

/** Parallel, by author. */
interface SortedModes {
  readonly authorIds: Float64Array;
  readonly pullUntilGenerations: Float64Array;
}

function sortModes(modes: ReadonlyMap<Id, Mode>): SortedModes {
  const authorIds = Float64Array.from(modes.keys()).sort();
  const until = (authorId: Id) => modes.get(authorId)?.pullUntilGeneration ?? 0;
  return { authorIds, pullUntilGenerations: authorIds.map(until) };
}

function pulledByAuthor(
  { authorIds, pullUntilGenerations }: SortedModes,
  followeeIds: Float64Array,
  generation: number,
): readonly Id[] {
  const pulled: Id[] = [];
  for (let index = 0; index < authorIds.length; index += 1) {
    if (generation > (pullUntilGenerations[index] ?? 0)) continue;
    const authorId = authorIds[index] ?? 0;
    if (followeeIds[countBelow(followeeIds, authorId)] === authorId) pulled.push(authorId);
  }
  return pulled;
}

function pulledByFollowee(
  modes: ReadonlyMap<Id, Mode>,
  followeeIds: Float64Array,
  generation: number,
): readonly Id[] {
  const pulled: Id[] = [];
  for (let index = 0; index < followeeIds.length; index += 1) {
    const followeeId = followeeIds[index] ?? 0;
    const mode = modes.get(followeeId);
    if (mode !== undefined && generation <= mode.pullUntilGeneration) pulled.push(followeeId);
  }
  return pulled;
}

/** Announces the row as it is now. */
export function authorModeEvent(row: AuthorModeRow): NewEvent {
  return {
    topic: AUTHOR_MODES_TOPIC,
    key: row.author_id,
    kind: row.mode,
    payload: {
      author_id: String(row.author_id),
      mode: row.mode,
      revision: row.revision,
      changed_at: row.changed_at.toISOString(),
      pull_until_generation: row.pull_until_generation,
    },
    ownerId: row.author_id,
  };
}

function rowOf(authorId: Id, payload: LoggedEvent['payload']): AuthorModeRow {
  const { mode, revision, changed_at: changedAt, pull_until_generation: generation } = payload;
  return {
    author_id: authorId,
    mode: mode === 'pulled' ? 'pulled' : 'pushed',
    revision: Number(revision),
    changed_at: new Date(String(changedAt)),
    pull_until_generation: generation === null ? null : Number(generation),
  };
}
