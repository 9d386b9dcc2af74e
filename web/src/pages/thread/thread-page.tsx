/** A post with what it answers and the answers to it. The post itself is shown at once, and nothing moves it afterwards. */
import { type Signal, signal } from '@preact/signals';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { get } from '../../api/http.ts';
import { type Problem, toProblem } from '../../api/problem.ts';
import type { Post } from '../../api/types.ts';
import { entry, keptBy } from '../../navigation/location.ts';
import type { PageProps } from '../../navigation/routes.ts';
import { OpenedPhoto } from '../../photos/opened-photo.tsx';
import { Composer } from '../../posts/composer.tsx';
import { PostCard } from '../../posts/post.tsx';
import { lastSent } from '../../state/drafts.ts';
import { findPost, isGone, takePost } from '../../state/posts.ts';
import { isSignedIn } from '../../state/session.ts';
import { Button } from '../../ui/button.tsx';
import { countText } from '../../ui/count.tsx';
import { PageHead } from '../../ui/page.tsx';
import { Failure, Skeleton } from '../../ui/states.tsx';
import { FocusedPost } from './focused-post.tsx';
import { orderReplies, type Reply } from './reply-tree.ts';
import './thread-page.css';

interface ThreadAnswer {
  readonly ancestors: readonly Post[];
  readonly post: Post;
  readonly descendants: readonly Post[];
  readonly next_page_token: string | null;
}

interface Thread {
  readonly postId: string;
  readonly ancestors: Signal<readonly Post[]>;
  readonly replies: Signal<readonly Post[]>;
  readonly problem: Signal<Problem | undefined>;
  readonly isLoading: Signal<boolean>;
  /** `undefined` before the first page. */
  readonly nextToken: Signal<string | null | undefined>;
  load(): Promise<void>;
}

const PAGE = 100;
/** A branch larger than this begins folded. */
const FOLDED_FROM = 20;

function createThread(postId: string): Thread {
  const ancestors = signal<readonly Post[]>([]);
  const replies = signal<readonly Post[]>([]);
  const problem = signal<Problem>();
  const isLoading = signal(false);
  const nextToken = signal<string | null>();

  async function load(): Promise<void> {
    if (isLoading.value) return;
    isLoading.value = true;
    problem.value = undefined;
    try {
      const query = { limit: PAGE, page_token: nextToken.value ?? undefined };
      const thread = await get<ThreadAnswer>(`/posts/${postId}/thread`, { query });
      for (const post of [thread.post, ...thread.ancestors, ...thread.descendants]) takePost(post);
      const known = new Set(replies.value.map(({ post_id: id }) => id));
      ancestors.value = thread.ancestors;
      replies.value = [...replies.value, ...thread.descendants.filter(({ post_id: id }) => !known.has(id))];
      nextToken.value = thread.next_page_token;
    } catch (error) {
      problem.value = toProblem(error);
    } finally {
      isLoading.value = false;
    }
  }

  return { postId, ancestors, replies, problem, isLoading, nextToken, load };
}

export function ThreadPage({ params }: PageProps) {
  const postId = params['post_id'] ?? '';
  const [visit] = useState(() => entry.value);
  const thread = keptBy(visit, 'thread', () => createThread(postId));
  const [answered, setAnswered] = useState<Post>();
  const post = findPost(postId);
  const { ancestors, replies, problem, isLoading, nextToken } = thread;
  useEffect(() => {
    if (nextToken.value === undefined) void thread.load();
    return lastSent.subscribe((sent) => {
      if (sent !== undefined && belongs(thread, sent)) replies.value = [...replies.value, sent];
    });
  }, [thread]);
  const focused = useStandingStill(ancestors.value.length, visit.isReturn);

  return (
    <>
      <PageHead title={post === undefined ? 'Post' : `Post of ${post.value.author.display_name}`} />
      {ancestors.value.map((each, index) => (
        <Known key={each.post_id} post={each} followsParent={index > 0} onReply={setAnswered} />
      ))}
      {post !== undefined && (
        <div ref={focused} class="thread-focused">
          <FocusedPost post={post} onReply={() => setAnswered(post.value)} />
          {isSignedIn.value && !isGone(postId).value && (
            <button type="button" class="thread-prompt muted" onClick={() => setAnswered(post.value)}>
              Write your reply
            </button>
          )}
        </div>
      )}
      <Replies replies={orderReplies(postId, replies.value)} onReply={setAnswered} />
      {isLoading.value && <Skeleton rows={post === undefined ? 1 : 2} />}
      {problem.value !== undefined && (
        <Failure
          what={
            problem.value.status === 404 ? 'This post is not here' : 'The conversation could not be loaded'
          }
          problem={problem.value}
          {...(problem.value.status !== 404 && { onRetry: () => void thread.load() })}
        />
      )}
      {typeof nextToken.value === 'string' && !isLoading.value && (
        <p class="thread-more">
          <Button onClick={() => void thread.load()}>More replies</Button>
        </p>
      )}
      {post !== undefined && params['photo'] !== undefined && (
        <OpenedPhoto key={params['photo']} post={post.value} place={Number(params['photo'])} />
      )}
      {answered !== undefined && <Composer replyTo={answered} onClose={() => setAnswered(undefined)} />}
    </>
  );
}

function belongs({ postId, replies }: Thread, { post_id: sentId, reply_to_id: parentId }: Post): boolean {
  const isBelow = parentId === postId || replies.value.some(({ post_id: id }) => id === parentId);
  return isBelow && replies.value.every(({ post_id: id }) => id !== sentId);
}

/** What comes in above the post pushes it down: the page goes along, so that it stays where it was seen. */
function useStandingStill(ancestorCount: number, isReturn: boolean) {
  const element = useRef<HTMLDivElement>(null);
  const before = useRef(ancestorCount);
  useLayoutEffect(() => {
    const grown = ancestorCount > before.current;
    before.current = ancestorCount;
    const head = document.querySelector('.page-head')?.getBoundingClientRect().height ?? 0;
    const top = element.current?.getBoundingClientRect().top;
    if (grown && !isReturn && top !== undefined) scrollBy(0, top - head);
  }, [ancestorCount]);
  return element;
}

function Known(props: {
  readonly post: Post;
  readonly followsParent: boolean;
  readonly onReply: (post: Post) => void;
}) {
  const { post, followsParent, onReply } = props;
  return (
    <PostCard
      post={findPost(post.post_id) ?? takePost(post)}
      followsParent={followsParent}
      onReply={onReply}
    />
  );
}

function Replies({
  replies,
  onReply,
}: {
  readonly replies: readonly Reply[];
  readonly onReply: (post: Post) => void;
}) {
  const [opened, setOpened] = useState<ReadonlySet<string>>(new Set());
  const shown = [];
  for (let index = 0; index < replies.length; index += 1) {
    const reply = replies[index];
    if (reply === undefined) continue;
    const { post, depth, descendantCount, followsParent } = reply;
    const isFolded = descendantCount >= FOLDED_FROM && depth > 0 && !opened.has(post.post_id);
    shown.push(
      <div key={post.post_id} class="thread-reply" data-depth={Math.min(depth, 6)}>
        <Known post={post} followsParent={followsParent} onReply={onReply} />
        {isFolded && (
          <Button tone="quiet" size="small" onClick={() => setOpened(new Set([...opened, post.post_id]))}>
            {`Show ${countText(descendantCount, 'reply', 'replies')}`}
          </Button>
        )}
      </div>,
    );
    if (isFolded) index += descendantCount;
  }
  return <section aria-label="Replies">{shown}</section>;
}
