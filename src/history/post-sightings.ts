/** P2: nothing is read that was not written. */

import type { AnomalyCollector } from './check-report.ts';
import type { HistoryEvent } from './history-event.ts';
import {
  attemptEvents,
  type IntendedPost,
  type PostHistory,
  type PostRead,
  readEvents,
} from './post-history.ts';

/** The first read that showed a post. */
export interface Sighting {
  readonly postId: string;
  readonly read: PostRead;
}

export interface Sightings {
  /** One for each id under which the post was seen. */
  of(post: IntendedPost): readonly Sighting[];
}

/** Checks P2, and finds out under which ids each intended post was seen. */
export function checkSightings(
  { reads, intendedByText }: PostHistory,
  anomalies: AnomalyCollector,
): Sightings {
  const byPost = new Map<IntendedPost, Map<string, Sighting>>();
  const textById = new Map<string, { text: string; event: HistoryEvent }>();
  for (const read of reads) {
    for (const { post_id: postId, text } of read.posts) {
      const shown = readEvents(read, [postId]);
      const post = intendedByText.get(text);
      const reason = post === undefined ? 'nobody wrote' : phantomReason(post, text, read.completion);
      if (reason === 'nobody wrote') {
        anomalies.add('P2', 'garbage', `"${text}" was read, but nobody had written it`, shown);
      } else if (reason === 'refused') {
        const attempts = (post?.attempts ?? []).flatMap(attemptEvents);
        const message = `"${text}" was read, though every attempt to write it was refused`;
        anomalies.add('P2', 'aborted-read', message, [...attempts, ...shown]);
      }
      const before = textById.get(postId);
      if (before === undefined) textById.set(postId, { text, event: read.completion });
      else if (before.text !== text) {
        anomalies.add('P2', 'garbage', `${postId} was read as "${before.text}" and as "${text}"`, shown);
      }
      if (post === undefined) continue;
      const seen = byPost.get(post) ?? new Map<string, Sighting>();
      byPost.set(post, seen);
      if (!seen.has(postId)) seen.set(postId, { postId, read });
    }
  }
  return { of: (post) => [...(byPost.get(post)?.values() ?? [])] };
}

function phantomReason(
  { attempts }: IntendedPost,
  text: string,
  seenBy: HistoryEvent,
): 'nobody wrote' | 'refused' | undefined {
  const before = attempts.filter((attempt) => attempt.text === text && attempt.operation.invoke.i < seenBy.i);
  if (before.length === 0) return 'nobody wrote';
  return before.every(({ operation }) => operation.outcome === 'fail') ? 'refused' : undefined;
}
