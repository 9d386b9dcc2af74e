/**
 * The events of the topic `relationships`. The key is always whom it is done to (the followee, the muted, the
 * blocked), who is `followee_id` or `target_id` below.
 *
 * Order: the events of one user towards one other are in the order in which their changes committed, because each
 * change holds the lock of the pair until its commit, and the key puts them in one partition. Nothing is said of
 * the order between different followers of one user, nor between the two directions of a pair.
 */
import type { Id } from '../../../core/ids.ts';
import type { EventLog, NewEvent } from '../../../ports/event-log/event-log.ts';

/** The part of the event log that changes need. */
export type Appender = Pick<EventLog, 'append'>;

export const RELATIONSHIPS_TOPIC = 'relationships';

/** `requestId` is of the request that ended with it, where there was one. */
export function followed(follow: {
  readonly followId: Id;
  readonly followerId: Id;
  readonly followeeId: Id;
  readonly requestId: Id | null;
}): NewEvent {
  const { followId, followerId, followeeId, requestId } = follow;
  return event('followed', followerId, followeeId, {
    follow_id: String(followId),
    follower_id: String(followerId),
    followee_id: String(followeeId),
    request_id: requestId === null ? null : String(requestId),
  });
}

export function unfollowed(follow: {
  readonly followId: Id;
  readonly followerId: Id;
  readonly followeeId: Id;
}): NewEvent {
  const { followId, followerId, followeeId } = follow;
  return event('unfollowed', followerId, followeeId, {
    follow_id: String(followId),
    follower_id: String(followerId),
    followee_id: String(followeeId),
  });
}

/** `withdrawn` by who asked, `rejected` by who was asked. */
export type RequestEventKind = 'requested' | 'request_withdrawn' | 'request_rejected';

export function requestEvent(
  kind: RequestEventKind,
  request: { readonly requestId: Id; readonly requesterId: Id; readonly targetId: Id },
): NewEvent {
  const { requestId, requesterId, targetId } = request;
  return event(kind, requesterId, targetId, {
    request_id: String(requestId),
    requester_id: String(requesterId),
    target_id: String(targetId),
  });
}

export function muteEvent(
  kind: 'muted' | 'unmuted',
  mute: { readonly muteId: Id; readonly userId: Id; readonly targetId: Id },
): NewEvent {
  const { muteId, userId, targetId } = mute;
  return event(kind, userId, targetId, {
    mute_id: String(muteId),
    user_id: String(userId),
    target_id: String(targetId),
  });
}

export function blockEvent(
  kind: 'blocked' | 'unblocked',
  block: { readonly blockId: Id; readonly userId: Id; readonly targetId: Id },
): NewEvent {
  const { blockId, userId, targetId } = block;
  return event(kind, userId, targetId, {
    block_id: String(blockId),
    user_id: String(userId),
    target_id: String(targetId),
  });
}

function event(
  kind: string,
  ownerId: Id,
  key: Id,
  payload: Readonly<Record<string, string | null>>,
): NewEvent {
  return { topic: RELATIONSHIPS_TOPIC, key, kind, payload, ownerId };
}
