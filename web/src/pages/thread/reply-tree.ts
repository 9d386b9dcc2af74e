/** Answers as they are read: each below what it answers, and moved in only where a conversation forks. */
import type { Post } from '../../api/types.ts';

export interface Reply {
  readonly post: Post;
  /** How often the conversation has forked above it. */
  readonly depth: number;
  /** It stands right below what it answers. */
  readonly followsParent: boolean;
  /** Of all below it. */
  readonly descendantCount: number;
}

/** `replies` in the order of their ids, from some of which others on the way may be missing (gone, or not for the reader). */
export function orderReplies(rootId: string, replies: readonly Post[]): Reply[] {
  const known = new Set(replies.map(({ post_id: id }) => id));
  const children = new Map<string, Post[]>();
  for (const reply of replies) {
    const parentId = reply.reply_to_id !== null && known.has(reply.reply_to_id) ? reply.reply_to_id : rootId;
    children.set(parentId, [...(children.get(parentId) ?? []), reply]);
  }
  const ordered: Reply[] = [];

  function place(parentId: string, depth: number): number {
    const below = children.get(parentId) ?? [];
    let count = 0;
    for (const post of below) {
      const index = ordered.length;
      const isFork = below.length > 1 && parentId !== rootId;
      const own = isFork ? depth + 1 : depth;
      const followsParent = (ordered[index - 1]?.post.post_id ?? rootId) === post.reply_to_id;
      ordered.push({ post, depth: own, followsParent, descendantCount: 0 });
      const descendantCount = place(post.post_id, own);
      ordered[index] = { post, depth: own, followsParent, descendantCount };
      count += 1 + descendantCount;
    }
    return count;
  }

  place(rootId, 0);
  return ordered;
}
