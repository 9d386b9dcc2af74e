/**
 * Keeps what posts say of their pictures up to date: told by the topic `media`, so that nobody who shows posts need ask
 * the system that has them.
 */
import type { Id } from '../../../core/ids.ts';
import type { StoredMedia } from '../../../core/media.ts';
import type { EventLog, LoggedEvent, Subscription } from '../../../ports/event-log/event-log.ts';
import type { SqlTransaction } from '../../../ports/sql-store/sql-store.ts';
import { postMediaChanged } from './post-events.ts';
import { lockPosts, setPostMedia } from './post-media-queries.ts';
import type { PostRow } from './posts-queries.ts';

const MEDIA_TOPIC = 'media';

/** All its effects are in the transaction. */
export function createPostMedia({ eventLog }: { readonly eventLog: EventLog }): Subscription {
  async function handle(events: readonly LoggedEvent[], transaction: SqlTransaction): Promise<void> {
    const changed = changedMedia(events);
    if (changed.size === 0) return;
    const posts = await transaction.query(lockPosts, [[...changed.keys()]]);
    const after = posts.map((post) => withChanges(post, changed.get(post.post_id)));
    if (after.length === 0) return;
    await transaction.query(setPostMedia, [
      after.map(({ post_id: postId }) => postId),
      after.map(({ media }) => JSON.stringify(media)),
    ]);
    await eventLog.append(transaction, after.map(postMediaChanged));
  }

  return { group: 'post-media', topics: [MEDIA_TOPIC], from: 'beginning', handle };
}

type Changes = ReadonlyMap<string, StoredMedia>;

/** The last that is said of each picture of a post, by post. */
function changedMedia(events: readonly LoggedEvent[]): ReadonlyMap<Id, Changes> {
  const changed = new Map<Id, Map<string, StoredMedia>>();
  for (const { payload } of events) {
    const postId = payload['post_id'];
    if (typeof postId !== 'string') continue;
    // As the system of media has written it in every release so far.
    const media = payload['media'] as StoredMedia;
    const changes = changed.get(Number(postId)) ?? new Map<string, StoredMedia>();
    changed.set(Number(postId), changes.set(media.media_id, media));
  }
  return changed;
}

function withChanges(post: PostRow, changes: Changes = new Map()): PostRow {
  return { ...post, media: (post.media ?? []).map((each) => changes.get(each.media_id) ?? each) };
}
