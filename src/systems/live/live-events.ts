/**
 * What the events of other systems mean to who watches: the wire contract of the topics `posts`, `relationships` and
 * `notifications`, read in one place. To hear of an event takes no more than is here; what is shown of it is fetched.
 */
import type { Id } from '../../core/ids.ts';
import type { LoggedEvent } from '../../ports/event-log/event-log.ts';

/** Who may see a post, without asking anybody. */
export interface PostFacts {
  readonly postId: Id;
  readonly authorId: Id;
  readonly visibility: string;
  /** Whom it mentions, and whose post it answers: they may see it, whatever its visibility. */
  readonly spokenToIds: readonly Id[];
}

export type LiveEvent = NewEntry | PostChange | EntryTakenBack | Notice | RelationshipChange;

/** A post, or a repost of one, by `sourceId`. */
export interface NewEntry extends PostFacts {
  readonly kind: 'post';
  readonly entryId: Id;
  readonly sourceId: Id;
}

export interface PostChange extends PostFacts {
  readonly kind: 'post_edited' | 'post_deleted';
  /** Whom it no longer speaks to. */
  readonly droppedIds: readonly Id[];
}

export interface EntryTakenBack {
  readonly kind: 'unreposted';
  readonly entryId: Id;
  readonly sourceId: Id;
  readonly postId: Id;
  readonly authorId: Id;
}

/** To one user, about their notifications. */
export interface Notice {
  readonly kind: 'notification' | 'notification_withdrawn' | 'unread';
  readonly userId: Id;
  readonly actorId: Id | undefined;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** What one user has done to another: for the other devices of the former. */
export interface RelationshipChange {
  readonly kind: 'relationship';
  readonly userId: Id;
  readonly otherId: Id;
  readonly change: string;
}

type Payload = LoggedEvent['payload'];
type Heard = Pick<LoggedEvent, 'topic' | 'kind' | 'payload'>;

/** `undefined` for what concerns nobody who watches. */
export function liveEventOf({ topic, kind, payload }: Heard): LiveEvent | undefined {
  return READERS[topic]?.[kind]?.(payload, kind);
}

const RELATIONSHIP_CHANGES = [
  'followed',
  'unfollowed',
  'requested',
  'request_withdrawn',
  'muted',
  'unmuted',
  'blocked',
  'unblocked',
] as const;

const READERS: Readonly<
  Record<string, Readonly<Record<string, (payload: Payload, kind: string) => LiveEvent>>>
> = {
  posts: {
    created: (payload) => ({
      kind: 'post',
      ...factsOf(payload),
      entryId: idOf(payload['post_id']),
      sourceId: idOf(payload['author_id']),
    }),
    // Only what everyone may see can be passed on.
    reposted: (payload) => ({
      kind: 'post',
      ...factsOf({ ...payload, visibility: 'public' }),
      entryId: idOf(payload['repost_id']),
      sourceId: idOf(payload['user_id']),
    }),
    unreposted: (payload) => ({
      kind: 'unreposted',
      entryId: idOf(payload['repost_id']),
      sourceId: idOf(payload['user_id']),
      postId: idOf(payload['post_id']),
      authorId: idOf(payload['author_id']),
    }),
    edited: (payload) => ({
      kind: 'post_edited',
      ...factsOf(payload),
      droppedIds: idsOf(payload['removed_mention_user_ids']),
    }),
    // Its pictures are ready: whoever looks at it sees them.
    media_changed: (payload) => ({ kind: 'post_edited', ...factsOf(payload), droppedIds: [] }),
    deleted: (payload) => ({ kind: 'post_deleted', ...factsOf(payload), droppedIds: [] }),
  },
  relationships: Object.fromEntries(RELATIONSHIP_CHANGES.map((kind) => [kind, relationshipChange])),
  notifications: {
    notified: (payload) => notice('notification', payload),
    withdrawn: (payload) => notice('notification_withdrawn', payload),
    read: (payload) => notice('unread', payload),
  },
};

function relationshipChange(payload: Payload, change: string): RelationshipChange {
  const { follower_id, requester_id, user_id, followee_id, target_id } = payload;
  return {
    kind: 'relationship',
    userId: idOf(follower_id ?? requester_id ?? user_id),
    otherId: idOf(followee_id ?? target_id),
    change,
  };
}

function notice(kind: Notice['kind'], payload: Payload): Notice {
  const { user_id, actor_id, kind: what, ...rest } = payload;
  const isKnown = actor_id !== undefined && actor_id !== null;
  return {
    kind,
    userId: idOf(user_id),
    actorId: isKnown ? idOf(actor_id) : undefined,
    fields: { ...rest, ...(what === undefined ? {} : { kind: what }) },
  };
}

function factsOf(payload: Payload): PostFacts {
  const repliedTo = payload['reply_to_user_id'];
  const mentioned = idsOf(payload['mention_user_ids']);
  return {
    postId: idOf(payload['post_id']),
    authorId: idOf(payload['author_id']),
    visibility: String(payload['visibility']),
    spokenToIds: repliedTo === null || repliedTo === undefined ? mentioned : [...mentioned, idOf(repliedTo)],
  };
}

function idOf(value: unknown): Id {
  return Number(value);
}

function idsOf(value: unknown): Id[] {
  return Array.isArray(value) ? value.map(Number) : [];
}

/** What the posts are whose counts an event changes. */
export function countedPostId({ topic, kind, payload }: Heard): Id | undefined {
  if (topic === 'reactions')
    return kind === 'liked' || kind === 'unliked' ? idOf(payload['post_id']) : undefined;
  if (topic !== 'posts') return undefined;
  if (kind === 'reposted' || kind === 'unreposted') return idOf(payload['post_id']);
  const answered = payload['reply_to_id'];
  const counts = (kind === 'created' || kind === 'deleted') && answered !== null && answered !== undefined;
  return counts ? idOf(answered) : undefined;
}
