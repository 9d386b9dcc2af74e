/** Events of the other systems as they announce them, for tests of what becomes of them. */
import { type Id, idTimestamp, shardOf } from '../../src/core/ids.ts';
import { type LoggedEvent, type NewEvent, PARTITIONS } from '../../src/ports/event-log/event-log.ts';
import {
  postCreated,
  postDeleted,
  postEdited,
  repostEvent,
} from '../../src/systems/feed/posts/post-events.ts';
import type { PostRow } from '../../src/systems/feed/posts/posts-queries.ts';
import { likeEvent } from '../../src/systems/feed/reactions/reaction-events.ts';
import {
  followed,
  requestEvent,
  unfollowed,
} from '../../src/systems/feed/relationships/relationship-events.ts';

export interface CausesDeps {
  readonly ids: { next(): Id };
  readonly nowMs: () => number;
}

export interface PostFields {
  readonly replyTo?: { readonly postId: Id; readonly authorId: Id };
  readonly mentions?: readonly Id[];
}

export type Causes = ReturnType<typeof createCauses>;

/** Events whose ids are made when they are asked for. */
export function createCauses({ ids, nowMs }: CausesDeps) {
  let offset = 0;

  function logged(event: NewEvent): LoggedEvent {
    offset += 1;
    return {
      topic: event.topic,
      partition: shardOf(event.key) % PARTITIONS,
      offset,
      key: event.key,
      kind: event.kind,
      // As it comes out of the database.
      payload: JSON.parse(JSON.stringify(event.payload)),
      createdAt: new Date(nowMs()),
      traceparent: undefined,
    };
  }

  function postRow(postId: Id, authorId: Id, { replyTo, mentions = [] }: PostFields): PostRow {
    return {
      post_id: postId,
      author_id: authorId,
      text: 'text',
      visibility: 'public',
      content_warning: null,
      language: null,
      reply_to_id: replyTo?.postId ?? null,
      reply_to_user_id: replyTo?.authorId ?? null,
      thread_id: replyTo?.postId ?? postId,
      mention_user_ids: mentions,
      tags: [],
      edited_at: null,
      media: null,
    };
  }

  return {
    /** A change and its being taken back. */
    like(userId: Id, postId: Id, authorId: Id) {
      const like = { likeId: ids.next(), userId, postId, authorId };
      return { done: logged(likeEvent('liked', like)), undo: () => logged(likeEvent('unliked', like)) };
    },
    repost(userId: Id, postId: Id, authorId: Id) {
      const repost = { repostId: ids.next(), userId, postId, authorId };
      return {
        done: logged(repostEvent('reposted', repost)),
        undo: () => logged(repostEvent('unreposted', repost)),
      };
    },
    follow(followerId: Id, followeeId: Id, requestId: Id | null = null) {
      const follow = { followId: ids.next(), followerId, followeeId, requestId };
      return { done: logged(followed(follow)), undo: () => logged(unfollowed(follow)) };
    },
    request(requesterId: Id, targetId: Id) {
      const request = { requestId: ids.next(), requesterId, targetId };
      return {
        requestId: request.requestId,
        done: logged(requestEvent('requested', request)),
        undo: () => logged(requestEvent('request_withdrawn', request)),
        reject: () => logged(requestEvent('request_rejected', request)),
      };
    },
    post(authorId: Id, fields: PostFields = {}) {
      const postId = ids.next();
      const row = postRow(postId, authorId, fields);
      return {
        postId,
        done: logged(postCreated(row)),
        undo: () => logged(postDeleted(row)),
        edit: (mentions: { readonly added: readonly Id[]; readonly removed: readonly Id[] }) =>
          logged(postEdited({ ...row, edited_at: new Date(idTimestamp(ids.next())) }, mentions)),
      };
    },
    user: (kind: 'suspended' | 'restored' | 'deleted' | 'updated', userId: Id) =>
      logged({ topic: 'users', key: userId, kind, payload: { user_id: String(userId) }, ownerId: userId }),
  };
}
