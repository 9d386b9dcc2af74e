/** What an event adds to timelines. */
import type { Id } from '../../../core/ids.ts';
import { POSTS_TOPIC } from '../posts/post-events.ts';
import type { HeardEvent } from './reader-views.ts';

export interface AddedEntry {
  readonly entryId: Id;
  /** A repost is an entry of who reposts. */
  readonly authorId: Id;
}

/** What an event of any topic adds to whose entries. */
export function entryAddedBy({ topic, kind, payload }: HeardEvent): AddedEntry | undefined {
  if (topic !== POSTS_TOPIC) return undefined;
  const { author_id, post_id, user_id, repost_id } = payload;
  if (kind === 'created') return { authorId: Number(author_id), entryId: Number(post_id) };
  if (kind === 'reposted') return { authorId: Number(user_id), entryId: Number(repost_id) };
  return undefined;
}

/** The same without direct posts, which no home timeline shows. */
export function homeEntryAddedBy(event: HeardEvent): AddedEntry | undefined {
  return event.payload['visibility'] === 'direct' ? undefined : entryAddedBy(event);
}
