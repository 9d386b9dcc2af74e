/** One report: who says what of whom, and what can be done. */
import { useState } from 'preact/hooks';
import { post } from '../../api/http.ts';
import type { Post, Report } from '../../api/types.ts';
import { showToast } from '../../state/toasts.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { TextField } from '../../ui/field.tsx';
import { Form, useForm } from '../../ui/form.tsx';
import { Failure, Skeleton } from '../../ui/states.tsx';
import { Time } from '../../ui/time.tsx';
import { useLoaded } from '../../ui/use-loaded.ts';
import { ReportedLink } from './reported-link.tsx';
import { StaffName } from './staff-person.tsx';
import { Suspension } from './suspension.tsx';

export interface ReportCaseProps {
  readonly report: Report;
  readonly onResolved: (report: Report) => void;
}

export function ReportCase({ report, onResolved }: ReportCaseProps) {
  const {
    reason,
    comment,
    user_id: userId,
    post_id: postId,
    reporter_id: reporterId,
    status,
    link_id: linkId,
  } = report;
  return (
    <article class="case" aria-label={`Report: ${reason}`}>
      <h2 dir="auto">{reason}</h2>
      <p class="muted small">
        {reporterId === null ? 'Somebody who was not signed in' : <StaffName userId={reporterId} />} reports{' '}
        {userId === null ? postId === null ? 'a link' : 'a post' : <StaffName userId={userId} />} ·{' '}
        <Time at={report.created_at} long />
      </p>
      {comment !== '' && (
        <p class="case-text" dir="auto">
          {comment}
        </p>
      )}
      {postId !== null && <ReportedPost postId={postId} />}
      {linkId !== null && report.link !== null && <ReportedLink linkId={linkId} link={report.link} />}
      {status === 'resolved' && <Outcome report={report} />}
      <div class="case-buttons">
        {status === 'open' && <ResolveButton report={report} onResolved={onResolved} />}
        {userId !== null && <Suspension userId={userId} />}
      </div>
    </article>
  );
}

function ReportedPost({ postId }: { readonly postId: string }) {
  const { answer, problem, reload } = useLoaded<Post>(`/posts/${postId}`);
  if (problem?.status === 404)
    return (
      <p class="case-post muted">
        The post is deleted, its author is suspended, or it is only for their followers ({postId}).
      </p>
    );
  if (problem !== undefined)
    return <Failure what="The post could not be loaded" problem={problem} onRetry={reload} />;
  if (answer === undefined) return <Skeleton rows={1} />;
  const { author, text, created_at: createdAt } = answer;
  return (
    <div class="case-post">
      <p class="muted small">
        <bdi>{author.display_name}</bdi> <StaffName userId={author.user_id} /> ·{' '}
        <a href={`/@${author.username}/${postId}`}>
          <Time at={createdAt} long />
        </a>
      </p>
      <p class="case-text" dir="auto">
        {text}
      </p>
      <p class="case-buttons">
        <Suspension userId={author.user_id} />
      </p>
    </div>
  );
}

function Outcome({ report: { resolved_by_id: byId, resolved_at: at, note } }: { readonly report: Report }) {
  return (
    <p class="small">
      <span class="mark">Closed</span> {byId !== null && <StaffName userId={byId} />}{' '}
      {at !== null && <Time at={at} long />}
      {note !== null && note !== '' && (
        <>
          : <bdi>{note}</bdi>
        </>
      )}
    </p>
  );
}

function ResolveButton({ report, onResolved }: ReportCaseProps) {
  const [isAsked, setAsked] = useState(false);
  const [note, setNote] = useState('');
  const form = useForm(async () => {
    onResolved(await post<Report>(`/moderation/reports/${report.report_id}/resolve`, { note }));
    setAsked(false);
    showToast({ text: 'The report is closed.' });
  });
  return (
    <>
      <Button size="small" icon="check" onClick={() => setAsked(true)}>
        Close the report
      </Button>
      {isAsked && (
        <Dialog title="Close the report?" onClose={() => setAsked(false)}>
          <Form form={form} button="Close the report">
            <TextField
              label="Note"
              hint="What was done, for other moderators. The one who reported does not see it."
              dir="auto"
              value={note}
              onInput={({ currentTarget }) => setNote(currentTarget.value)}
              error={form.errorOf('note')}
            />
          </Form>
        </Dialog>
      )}
    </>
  );
}
