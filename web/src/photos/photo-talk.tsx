/** What people do with a photo and say of it: likes, and the comments, which are posts that answer it. */
import { useEffect, useState } from 'preact/hooks';
import { get, newKey, post } from '../api/http.ts';
import type { Page, Post } from '../api/types.ts';
import { graphemesOf, TEXT_GRAPHEMES_MAX } from '../posts/counter.tsx';
import { PostActions } from '../posts/post-actions.tsx';
import { PostText } from '../posts/post-text.tsx';
import { findPost, isGone, takePost, updatePost } from '../state/posts.ts';
import { isSignedIn } from '../state/session.ts';
import { showToast } from '../state/toasts.ts';
import { Avatar } from '../ui/avatar.tsx';
import { TextField } from '../ui/field.tsx';
import { Form, useForm } from '../ui/form.tsx';
import { createItemList, ItemList, type Items } from '../ui/item-list.tsx';
import { Time } from '../ui/time.tsx';
import './photo-talk.css';

const PAGE = 20;

export interface TalkProps {
  readonly postId: string;
  readonly isOpen: boolean;
  /** Comments are shown, or hidden. */
  readonly onToggle: () => void;
}

export function Talk({ postId, isOpen, onToggle }: TalkProps) {
  const shown = usePost(postId);
  if (shown === undefined) return null;
  if (isGone(postId).value) return <p class="muted small">This post was deleted.</p>;
  return (
    <div class="talk">
      <PostActions post={shown} onReply={onToggle} />
      {isOpen && <Comments postId={postId} />}
    </div>
  );
}

/** The record that all places share; a list of photos has not brought it along. */
function usePost(postId: string): Post | undefined {
  const [, setAsked] = useState(false);
  const known = findPost(postId);
  useEffect(() => {
    if (known !== undefined) return;
    get<Post>(`/posts/${postId}`)
      .then(takePost)
      .catch(() => undefined)
      .finally(() => setAsked(true));
  }, []);
  return known?.value;
}

function Comments({ postId }: { readonly postId: string }) {
  const [list] = useState(() =>
    createItemList<Post>((pageToken) =>
      get<Page<Post>>(`/photos/${postId}/comments`, {
        query: { limit: PAGE, page_token: pageToken ?? undefined },
      }),
    ),
  );
  return (
    <section class="comments" aria-label="Comments">
      {isSignedIn.value && <NewComment postId={postId} list={list} />}
      <ItemList
        list={list}
        what="The comments could not be loaded"
        keyOf={({ post_id: id }) => id}
        show={(comment) => <Comment comment={comment} />}
        empty={<p class="muted small">No comments yet.</p>}
      />
    </section>
  );
}

function Comment({ comment }: { readonly comment: Post }) {
  const { author, post_id: id, created_at: createdAt, content_warning: warning } = comment;
  return (
    <article class="comment" aria-label={`Comment of ${author.display_name}`}>
      <Avatar user={author} size={32} />
      <div>
        <p class="small">
          <a class="post-author" href={`/@${author.username}`}>
            <bdi>{author.display_name}</bdi>
          </a>{' '}
          <a class="muted" href={`/@${author.username}/${id}`}>
            <Time at={createdAt} />
          </a>
        </p>
        {warning === null || warning === '' ? (
          <PostText post={comment} />
        ) : (
          <p>
            <a href={`/@${author.username}/${id}`}>Content warning: {warning}</a>
          </p>
        )}
      </div>
    </article>
  );
}

function NewComment({ postId, list }: { readonly postId: string; readonly list: Items<Post> }) {
  const [text, setText] = useState('');
  // Of all attempts to send these words.
  const [key, setKey] = useState(newKey);
  const isTooLong = graphemesOf(text) > TEXT_GRAPHEMES_MAX;
  const form = useForm(async () => {
    const sent = await post<Post>(`/photos/${postId}/comments`, { text }, { idempotencyKey: key });
    list.change((comments) => [sent, ...comments.filter(({ post_id: id }) => id !== sent.post_id)]);
    updatePost(postId, { reply_count: (findPost(postId)?.value.reply_count ?? 0) + 1 });
    setText('');
    setKey(newKey());
    showToast({ text: 'Your comment is posted.' });
  });
  return (
    <Form form={form} button="Comment">
      <TextField
        label="Your comment"
        rows={2}
        dir="auto"
        value={text}
        onInput={({ currentTarget }) => {
          setText(currentTarget.value);
          if (form.problem !== undefined) setKey(newKey());
        }}
        error={isTooLong ? `At most ${TEXT_GRAPHEMES_MAX} characters.` : form.errorOf('text')}
      />
    </Form>
  );
}
