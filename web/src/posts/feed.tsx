/** Shows a feed list: more of it when its end comes near, and what is new when the reader asks, never by itself. */
import { effect, untracked, useComputed } from '@preact/signals';
import { type ComponentChildren, Fragment } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { Post } from '../api/types.ts';
import { useHolding } from '../navigation/holding.ts';
import { isThere } from '../state/server.ts';
import { EndMark } from '../ui/item-list.tsx';
import { Failure, Skeleton } from '../ui/states.tsx';
import './feed.css';
import { Composer } from './composer.tsx';
import type { FeedList } from './feed-list.ts';
import { GapRow } from './gap-row.tsx';
import { NewPosts } from './new-posts.tsx';
import { PostCard } from './post.tsx';
import { useVisiblePosts } from './visible-posts.ts';

export interface FeedProps {
  /** Of the list, for who hears it. */
  readonly name: string;
  readonly list: FeedList;
  readonly empty: ComponentChildren;
}

export function Feed({ name, list, empty }: FeedProps) {
  const [answered, setAnswered] = useState<Post>();
  const { entries, gaps, isLoading, problem, isComplete } = list;
  const container = useVisiblePosts(entries.value);
  const hold = useHolding(entries.value);
  const isEmpty = useComputed(() => isComplete.value && entries.value.length === 0);
  useEffect(() => refreshing(list), [list]);

  return (
    <>
      <NewPosts list={list} hold={hold} />
      <div
        ref={container}
        {...(entries.value.length > 0 && { role: 'feed', 'aria-label': name, 'aria-busy': isLoading.value })}
        class="feed"
      >
        {entries.value.map(({ id, post, repostedBy }, index) => {
          const gap = gaps.value.get(id);
          return (
            <Fragment key={id}>
              {gap !== undefined && index > 0 && <GapRow list={list} belowId={id} gap={gap} hold={hold} />}
              <PostCard post={post} repostedBy={repostedBy} position={index + 1} onReply={setAnswered} />
            </Fragment>
          );
        })}
      </div>
      {isEmpty.value && empty}
      {problem.value !== undefined && (
        <Failure
          what="The posts could not be loaded"
          problem={problem.value}
          onRetry={() => void list.more()}
        />
      )}
      {isLoading.value && <Skeleton rows={entries.value.length === 0 ? 4 : 1} />}
      {!isComplete.value && problem.value === undefined && <EndMark onNear={() => void list.more()} />}
      {isComplete.value && entries.value.length > 0 && <p class="feed-end muted">You are at the end.</p>}
      {answered !== undefined && <Composer replyTo={answered} onClose={() => setAnswered(undefined)} />}
    </>
  );
}

/** When the page is opened, and whenever the server is back, it is asked what is new, and again for what it did not give. */
function refreshing(list: FeedList): () => void {
  return effect(() => {
    const mayAsk = isThere.value;
    untracked(() => {
      if (mayAsk && list.problem.value !== undefined) void list.more();
      else if (mayAsk || list.entries.value.length === 0) void list.look();
    });
  });
}
