/** What an event says, as JSON. */
import type { Id } from '../../core/ids.ts';
import type { PostCounts, ShownEntry, ViewerFlags } from './live-content.ts';
import type { EntryTakenBack, LiveEvent, NewEntry, Notice, RelationshipChange } from './live-events.ts';

export const NO_FLAGS: ViewerFlags = { liked: false, reposted: false, bookmarked: false };

/** The whole post, as `GET /posts/{post_id}` answers it. */
export function postText({ openPost, counts }: ShownEntry, flags: ViewerFlags): string {
  const { liked, reposted, bookmarked } = flags;
  return `${openPost},${countsText(counts)},"liked":${liked},"reposted":${reposted},"bookmarked":${bookmarked}}`;
}

export function newEntryData(event: NewEntry, post: string, repostedBy: string): string {
  return `{"entry_id":"${event.entryId}","reposted_by":${repostedBy},"post":${post}}`;
}

export function editedData(post: string): string {
  return `{"post":${post}}`;
}

export function deletedData(postId: Id): string {
  return `{"post_id":"${postId}"}`;
}

export function takenBackData({ entryId, postId, sourceId }: EntryTakenBack): string {
  return `{"entry_id":"${entryId}","post_id":"${postId}","user_id":"${sourceId}"}`;
}

export function relationshipData({ otherId, change }: RelationshipChange): string {
  return `{"user_id":"${otherId}","change":"${change}"}`;
}

/** What the log has of it, and its actor where that is somebody whom everyone may see. */
export function noticeData({ fields, actorId }: Notice, actor: string | undefined): string {
  const text = JSON.stringify(fields);
  if (actorId === undefined) return text;
  return `${text.slice(0, -1)}${text === '{}' ? '' : ','}"actor":${actor ?? 'null'}}`;
}

export function countsData(postId: Id, counts: PostCounts): string {
  return `{"post_id":"${postId}",${countsText(counts)}}`;
}

function countsText({ likeCount, repostCount, replyCount }: PostCounts): string {
  return `"like_count":${likeCount},"repost_count":${repostCount},"reply_count":${replyCount}`;
}

/** The posts that must be fetched to tell of the events. */
export function entryIdOf(event: LiveEvent): Id | undefined {
  if (event.kind === 'post') return event.entryId;
  return event.kind === 'post_edited' ? event.postId : undefined;
}

/** Nobody has reacted yet to a post that is new; they may have to one that is passed on or edited. */
export function mayHaveReactions(event: LiveEvent): boolean {
  return event.kind === 'post_edited' || (event.kind === 'post' && event.entryId !== event.postId);
}
