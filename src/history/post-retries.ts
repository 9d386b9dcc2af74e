/** P3: an Idempotency-Key makes one post however often it is sent, and every answer to it is the same. */

import type { AnomalyCollector } from './check-report.ts';
import { attemptEvents, type CreateAttempt, type IntendedPost, readEvents } from './post-history.ts';
import type { Sighting } from './post-sightings.ts';

export function checkRetries(
  post: IntendedPost,
  seen: readonly Sighting[],
  anomalies: AnomalyCollector,
): void {
  const events = post.attempts.flatMap(attemptEvents);
  const what = post.idem === null ? 'one request' : `the key ${post.idem}`;
  const [first, ...others] = post.attempts.filter(({ created }) => created !== undefined);
  if (seen.length > 1) {
    const ids = seen.map(({ postId }) => postId);
    const shown = seen.flatMap(({ read }) => readEvents(read, ids));
    anomalies.add('P3', 'dup-effect', `${what} made ${ids.join(' and ')}`, [...events, ...shown]);
  }
  for (const other of others) {
    if (other.text !== first?.text) {
      anomalies.add('P3', 'mismatch-accepted', `${what} was accepted with two bodies`, events);
    } else if (
      other.created?.post_id !== first.created?.post_id ||
      other.created?.reply !== first.created?.reply
    ) {
      anomalies.add('P3', 'divergent-reply', `${what} was answered in two ways`, events);
    }
  }
  if (post.idem !== null && first !== undefined) checkReplays(post, first, anomalies);
}

/** Once a key's answer was given, a retry must get it again; at worst it is turned away before it is looked at. */
function checkReplays(post: IntendedPost, first: CreateAttempt, anomalies: AnomalyCollector): void {
  const answeredI = first.operation.completion?.i ?? 0;
  const undecided = post.attempts.some(({ operation }) => operation.outcome === 'info');
  for (const attempt of post.attempts) {
    const { operation, status, text } = attempt;
    if (operation.outcome !== 'fail' || text !== first.text || operation.invoke.i < answeredI) continue;
    // Without a status nothing was sent. 409 is right while another attempt may still be running.
    const turnedAway = status === undefined || TURNED_AWAY.has(status) || (status === 409 && undecided);
    if (turnedAway) continue;
    const message = `${post.idem} was acknowledged, but a retry of it got ${status}`;
    anomalies.add('P3', 'lost-reply', message, [...attemptEvents(first), ...attemptEvents(attempt)]);
  }
}

const TURNED_AWAY = new Set([429, 503]);
