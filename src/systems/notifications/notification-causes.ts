/**
 * What the events of other systems say that concerns somebody: the topics `posts`, `reactions` and `relationships`, as
 * their systems document them.
 */
import { composeId, type Id } from '../../core/ids.ts';
import type { LoggedEvent } from '../../ports/event-log/event-log.ts';
import type { Change, NotificationKind } from './notification.ts';

export const CAUSE_TOPICS = ['posts', 'reactions', 'relationships'] as const;

export interface Causes {
  /** Of one actor, one kind and one subject only the latest. Never of oneself. */
  readonly changes: readonly Change[];
  readonly deletedPostIds: readonly Id[];
}

export function causesOf(events: readonly LoggedEvent[]): Causes {
  const latest = new Map<string, Change>();
  for (const change of events.flatMap(changesOf)) {
    if (change.userId === change.actorId) continue;
    const known = latest.get(keyOf(change));
    if (known === undefined || supersedes(change, known)) latest.set(keyOf(change), change);
  }
  const deleted = events.filter(({ topic, kind }) => topic === 'posts' && kind === 'deleted');
  const deletedPostIds = [...new Set(deleted.map((event) => idIn(event, 'post_id')))];
  return { changes: [...latest.values()], deletedPostIds };
}

/** The same for all that one actor ever did of one kind to one subject. */
export function keyOf({
  userId,
  kind,
  subjectId,
  actorId,
}: Pick<Change, 'userId' | 'kind' | 'subjectId' | 'actorId'>): string {
  return `${userId} ${kind} ${subjectId} ${actorId}`;
}

/**
 * Whether the one counts when both are known, whichever was heard first: what was done later, and of one cause that it
 * was taken back. So an event may come again, and late, and nothing is different for it.
 */
export function supersedes(
  one: Pick<Change, 'causeId' | 'stands'>,
  other: Pick<Change, 'causeId' | 'stands'>,
): boolean {
  return one.causeId > other.causeId || (one.causeId === other.causeId && other.stands && !one.stands);
}

function changesOf(event: LoggedEvent): readonly Change[] {
  return READERS[`${event.topic}/${event.kind}`]?.(event) ?? [];
}

const READERS: Readonly<Record<string, (event: LoggedEvent) => readonly Change[]>> = {
  'posts/created': changesOfPost,
  'posts/edited': changesOfEdit,
  'posts/reposted': reactionReader('repost', 'repost_id', true),
  'posts/unreposted': reactionReader('repost', 'repost_id', false),
  'reactions/liked': reactionReader('like', 'like_id', true),
  'reactions/unliked': reactionReader('like', 'like_id', false),
  'relationships/followed': changesOfFollow,
  'relationships/unfollowed': (event) => [followIn(event, false)],
  'relationships/requested': (event) => [requestIn(event, true)],
  'relationships/request_withdrawn': (event) => [requestIn(event, false)],
  'relationships/request_rejected': (event) => [requestIn(event, false)],
};

/** To the author of the post that it answers it is a reply, and no mention besides. */
function changesOfPost(event: LoggedEvent): readonly Change[] {
  const about = { ...postIn(event), causeId: idIn(event, 'post_id'), stands: true };
  const parentAuthorId = parentAuthorIn(event);
  const reply =
    parentAuthorId === undefined ? [] : [{ ...about, userId: parentAuthorId, kind: 'reply' as const }];
  return [...reply, ...mentionsIn(event, 'mention_user_ids', about)];
}

function changesOfEdit(event: LoggedEvent): readonly Change[] {
  const causeId = composeId(Date.parse(String(event.payload['edited_at'])), 0, 0);
  const about = { ...postIn(event), causeId };
  return [
    ...mentionsIn(event, 'added_mention_user_ids', { ...about, stands: true }),
    ...mentionsIn(event, 'removed_mention_user_ids', { ...about, stands: false }),
  ];
}

type AboutPost = Omit<Change, 'userId' | 'kind'>;

function postIn(event: LoggedEvent): Pick<Change, 'subjectId' | 'actorId' | 'createdAt'> {
  return {
    subjectId: idIn(event, 'post_id'),
    actorId: idIn(event, 'author_id'),
    createdAt: event.createdAt,
  };
}

function mentionsIn(event: LoggedEvent, field: string, about: AboutPost): readonly Change[] {
  const userIds = event.payload[field];
  if (!Array.isArray(userIds)) return [];
  const parentAuthorId = parentAuthorIn(event);
  return userIds
    .map(Number)
    .filter((userId) => userId !== parentAuthorId)
    .map((userId) => ({ ...about, userId, kind: 'mention' }));
}

function parentAuthorIn({ payload }: LoggedEvent): Id | undefined {
  const parentAuthorId = payload['reply_to_user_id'];
  return typeof parentAuthorId === 'string' ? Number(parentAuthorId) : undefined;
}

function reactionReader(kind: NotificationKind, causeField: string, stands: boolean) {
  return (event: LoggedEvent): readonly Change[] => [
    {
      userId: idIn(event, 'author_id'),
      kind,
      subjectId: idIn(event, 'post_id'),
      actorId: idIn(event, 'user_id'),
      causeId: idIn(event, causeField),
      stands,
      createdAt: event.createdAt,
    },
  ];
}

/** A request that became a follow is none any more. */
function changesOfFollow(event: LoggedEvent): readonly Change[] {
  const { follower_id: requesterId, followee_id: targetId, request_id: requestId } = event.payload;
  if (typeof requestId !== 'string') return [followIn(event, true)];
  const request = {
    ...event,
    payload: { requester_id: requesterId, target_id: targetId, request_id: requestId },
  };
  return [followIn(event, true), requestIn(request, false)];
}

function followIn(event: LoggedEvent, stands: boolean): Change {
  const userId = idIn(event, 'followee_id');
  const actorId = idIn(event, 'follower_id');
  const causeId = idIn(event, 'follow_id');
  return { userId, kind: 'follow', subjectId: userId, actorId, causeId, stands, createdAt: event.createdAt };
}

function requestIn(event: LoggedEvent, stands: boolean): Change {
  const userId = idIn(event, 'target_id');
  const actorId = idIn(event, 'requester_id');
  const causeId = idIn(event, 'request_id');
  const { createdAt } = event;
  return { userId, kind: 'follow_request', subjectId: actorId, actorId, causeId, stands, createdAt };
}

function idIn({ payload }: LoggedEvent, field: string): Id {
  return Number(payload[field]);
}
