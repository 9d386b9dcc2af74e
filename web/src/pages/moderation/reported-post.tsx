/** A post that was reported: as everyone sees it, or, where it is not for everyone, as the staff may read it. */
import { useState } from 'preact/hooks';
import { post } from '../../api/http.ts';
import { toProblem } from '../../api/problem.ts';
import type { Post } from '../../api/types.ts';
import { PhotoGrid } from '../../photos/photo-grid.tsx';
import { isGone } from '../../state/posts.ts';
import { showToast } from '../../state/toasts.ts';
import { Button } from '../../ui/button.tsx';
import { Failure, Skeleton } from '../../ui/states.tsx';
import { Time } from '../../ui/time.tsx';
import { useLoaded } from '../../ui/use-loaded.ts';
import { ReasonDialog } from './reason-dialog.tsx';
import { StaffName } from './staff-person.tsx';
import { Suspension } from './suspension.tsx';

export interface ReportedPostProps {
  readonly reportId: string;
  readonly postId: string;
}

const VISIBILITY: Readonly<Record<Post['visibility'], string>> = {
  public: 'for everyone',
  unlisted: 'unlisted',
  followers: 'for followers only',
  direct: 'only for those it names',
};

export function ReportedPost({ reportId, postId }: ReportedPostProps) {
  const { answer, problem, reload, show } = useLoaded<Post>(`/posts/${postId}`);
  if (isGone(postId).value) return <p class="case-post muted">The post is deleted.</p>;
  if (answer !== undefined) return <ShownPost reportId={reportId} post={answer} />;
  if (problem?.status === 404) return <HiddenPost reportId={reportId} onRead={show} />;
  if (problem !== undefined)
    return <Failure what="The post could not be loaded" problem={problem} onRetry={reload} />;
  return <Skeleton rows={1} />;
}

function ShownPost({ reportId, post }: { readonly reportId: string; readonly post: Post }) {
  const { author, text, content_warning: warning, created_at: createdAt, post_id: id } = post;
  return (
    <div class="case-post">
      <p class="muted small">
        <bdi>{author.display_name}</bdi> <StaffName userId={author.user_id} /> ·{' '}
        <a href={`/@${author.username}/${id}`}>
          <Time at={createdAt} long />
        </a>{' '}
        · {VISIBILITY[post.visibility]}
      </p>
      {warning !== null && warning !== '' && (
        <p class="small" dir="auto">
          <span class="mark">Content warning</span> {warning}
        </p>
      )}
      <p class="case-text" dir="auto">
        {text}
      </p>
      {post.media.length > 0 && <PhotoGrid post={post} />}
      <div class="case-buttons">
        <DeleteButton reportId={reportId} postId={id} />
        <Suspension userId={author.user_id} />
      </div>
    </div>
  );
}

interface HiddenPostProps {
  readonly reportId: string;
  readonly onRead: (post: Post) => void;
}

/** Reading it is an act of its own, for which the log has an entry. */
function HiddenPost({ reportId, onRead }: HiddenPostProps) {
  const [busy, setBusy] = useState(false);
  const [isMissing, setMissing] = useState(false);

  async function read(): Promise<void> {
    setBusy(true);
    try {
      onRead(await post<Post>(`/moderation/reports/${reportId}/read-post`));
    } catch (error) {
      const problem = toProblem(error);
      if (problem.status === 404) setMissing(true);
      else showToast({ text: problem.message, tone: 'danger' });
    } finally {
      setBusy(false);
    }
  }

  if (isMissing)
    return <p class="case-post muted">The post is deleted, or its author is suspended or deleted.</p>;
  return (
    <div class="case-post case-head">
      <p>This post is not for everyone, or it is deleted.</p>
      <p class="muted small">
        You may read it because it was reported. That you did is entered in the audit log.
      </p>
      <p>
        <Button size="small" icon="eye" busy={busy} onClick={() => void read()}>
          Read the post
        </Button>
      </p>
    </div>
  );
}

function DeleteButton({ reportId, postId }: ReportedPostProps) {
  const [isAsked, setAsked] = useState(false);

  async function deletePost(reason: string): Promise<void> {
    await post(`/moderation/reports/${reportId}/delete-post`, { reason });
    isGone(postId).value = true;
    showToast({ text: 'The post is deleted.' });
  }

  return (
    <>
      <Button size="small" tone="danger" icon="trash" onClick={() => setAsked(true)}>
        Delete the post
      </Button>
      {isAsked && (
        <ReasonDialog
          title="Delete the post?"
          text="It is gone for everyone, with its pictures. This cannot be undone."
          button="Delete it"
          hint="For the audit log."
          onGiven={deletePost}
          onClose={() => setAsked(false)}
        />
      )}
    </>
  );
}
