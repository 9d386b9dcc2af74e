/** P1: once a post was acknowledged or seen, it is there. */

import type { AnomalyCollector, Staleness } from './check-report.ts';
import type { HistoryEvent } from './history-event.ts';
import {
  attemptEvents,
  type CreateAttempt,
  type IntendedPost,
  type PostHistory,
  type PostRead,
  type PostView,
  readEvents,
} from './post-history.ts';
import type { Sighting, Sightings } from './post-sightings.ts';

/** A post that must be there from an instant on, because it was acknowledged or seen. */
export interface KnownPost {
  readonly post: IntendedPost;
  readonly postId: string;
  readonly text: string;
  readonly authorId: string;
  readonly acknowledged: HistoryEvent | undefined;
  readonly sighting: Sighting | undefined;
  readonly session: string | null;
}

export function knownPosts({ intended }: PostHistory, sightings: Sightings): KnownPost[] {
  return intended.flatMap((post) => {
    const seen = new Map(sightings.of(post).map((sighting) => [sighting.postId, sighting]));
    const acks = new Map<string, CreateAttempt>();
    for (const attempt of post.attempts) {
      const postId = attempt.created?.post_id;
      if (postId !== undefined && !acks.has(postId)) acks.set(postId, attempt);
    }
    return [...new Set([...acks.keys(), ...seen.keys()])].flatMap((postId) => {
      const attempt = acks.get(postId) ?? post.attempts[0];
      if (attempt === undefined) return [];
      const { text, authorId, operation } = attempt;
      const acknowledged = acks.has(postId) ? operation.completion : undefined;
      const { session } = operation.invoke;
      return [{ post, postId, text, authorId, acknowledged, sighting: seen.get(postId), session }];
    });
  });
}

export interface ReadIndex {
  /** The reads that would show the post if it is there. */
  covering(known: KnownPost): readonly PostRead[];
}

export function indexReads(reads: readonly PostRead[]): ReadIndex {
  const byTarget = new Map<string, PostRead[]>();
  for (const read of reads) {
    if (!read.complete) continue;
    const target = targetOf(read.view, read.key);
    const of = byTarget.get(target);
    if (of === undefined) byTarget.set(target, [read]);
    else of.push(read);
  }
  const at = (view: PostView, key: string | null) => byTarget.get(targetOf(view, key)) ?? [];
  return {
    covering: ({ postId, authorId }) => [
      ...at('post', postId),
      ...at('author', authorId),
      ...at('store', null),
    ],
  };
}

function targetOf(view: PostView, key: string | null): string {
  return view === 'store' ? view : `${view} ${key}`;
}

interface ReadRules {
  readonly anomalies: AnomalyCollector;
  readonly isReplica: (node: string | null) => boolean;
}

/** Checks P1. Answers how far replicas were behind. */
export function checkReads(
  posts: readonly KnownPost[],
  reads: ReadIndex,
  rules: ReadRules,
): Staleness | undefined {
  const staleMs: number[] = [];
  for (const known of posts) {
    const covering = reads.covering(known).map((read) => ({ read, shown: shows(read, known) }));
    const missing = covering.filter(({ read, shown }) => !shown && knownBefore(known, read) !== undefined);
    const lastFinal = missing.find(({ read }) => read.final);
    if (lastFinal !== undefined) {
      addLost(known, lastFinal.read, rules.anomalies);
      continue;
    }
    const behind = missing.map(({ read }) => read);
    const wrong = behind.find(({ invoke }) => !rules.isReplica(invoke.node) || isOwn(invoke, known));
    if (wrong !== undefined) addStale(known, wrong, rules.anomalies);
    const lagsMs = behind.map((read) => (read.invoke.t_ns - (knownBefore(known, read)?.t_ns ?? 0)) / 1e6);
    if (lagsMs.length > 0) staleMs.push(lagsMs.reduce((longest, lag) => Math.max(longest, lag), 0));
  }
  return summarise(staleMs);
}

function isOwn(invoke: HistoryEvent, { session }: KnownPost): boolean {
  return session !== null && invoke.session === session;
}

/** The event that made the post known before the read began; undefined if the read may have come first. */
function knownBefore({ acknowledged, sighting }: KnownPost, { invoke }: PostRead): HistoryEvent | undefined {
  const since = [acknowledged, sighting?.read.completion].filter((event) => event !== undefined);
  const before = since.filter((event) => event.i < invoke.i);
  return before.sort((left, right) => left.i - right.i)[0];
}

function shows(read: PostRead, { postId, text }: KnownPost): boolean {
  return read.textById.get(postId) === text;
}

function addLost(known: KnownPost, read: PostRead, anomalies: AnomalyCollector): void {
  const { post, postId, sighting } = known;
  const seen = sighting !== undefined && sighting.read.completion.i < read.invoke.i ? sighting : undefined;
  const events = [...post.attempts.flatMap(attemptEvents), ...eventsOfReads([seen?.read, read], postId)];
  const name = seen === undefined ? 'lost' : 'lost-after-seen';
  const before = seen === undefined ? 'was acknowledged' : 'was read';
  anomalies.add('P1', name, `${postId} ${before}, but a final read (${read.view}) has not got it`, events);
}

function addStale(known: KnownPost, read: PostRead, anomalies: AnomalyCollector): void {
  const { post, postId, sighting } = known;
  const events = [...post.attempts.flatMap(attemptEvents), ...eventsOfReads([sighting?.read, read], postId)];
  const where = read.invoke.session === known.session ? "its author's session" : 'the primary';
  anomalies.add('P1', 'stale', `${postId} was known, but a later read of ${where} has not got it`, events);
}

function summarise(durationsMs: readonly number[]): Staleness | undefined {
  const sorted = durationsMs.toSorted((left, right) => left - right);
  const at = (share: number) => sorted[Math.ceil(share * sorted.length) - 1] ?? 0;
  if (sorted.length === 0) return undefined;
  return { count: sorted.length, p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1) };
}

/** For each view that must be read at the end: how many acknowledged posts it was not read for. */
export function countUnread(
  posts: readonly KnownPost[],
  reads: ReadIndex,
  views: readonly PostView[],
): Map<PostView, number> {
  const unread = new Map(views.map((view) => [view, 0]));
  for (const known of posts.filter(({ acknowledged }) => acknowledged !== undefined)) {
    const final = reads
      .covering(known)
      .filter((read) => read.final && knownBefore(known, read) !== undefined);
    for (const view of views) {
      if (!final.some((read) => read.view === view)) unread.set(view, (unread.get(view) ?? 0) + 1);
    }
  }
  return unread;
}

function eventsOfReads(reads: readonly (PostRead | undefined)[], postId: string): HistoryEvent[] {
  return reads.flatMap((read) => (read === undefined ? [] : readEvents(read, [postId])));
}
