/** One report: who says what of whom, and what can be done. */
import { useState } from 'preact/hooks';
import { post } from '../../api/http.ts';
import type { Report } from '../../api/types.ts';
import { showToast } from '../../state/toasts.ts';
import { Button } from '../../ui/button.tsx';
import { Time } from '../../ui/time.tsx';
import { ReasonDialog } from './reason-dialog.tsx';
import { ReportedLink } from './reported-link.tsx';
import { ReportedPost } from './reported-post.tsx';
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
      {postId !== null && <ReportedPost reportId={report.report_id} postId={postId} />}
      {linkId !== null && report.link !== null && <ReportedLink linkId={linkId} link={report.link} />}
      {status === 'resolved' && <Outcome report={report} />}
      <div class="case-buttons">
        {status === 'open' && <ResolveButton report={report} onResolved={onResolved} />}
        {userId !== null && <Suspension userId={userId} />}
      </div>
    </article>
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

  async function close(note: string): Promise<void> {
    onResolved(await post<Report>(`/moderation/reports/${report.report_id}/resolve`, { note }));
    setAsked(false);
    showToast({ text: 'The report is closed.' });
  }

  return (
    <>
      <Button size="small" icon="check" onClick={() => setAsked(true)}>
        Close the report
      </Button>
      {isAsked && (
        <ReasonDialog
          title="Close the report?"
          button="Close the report"
          tone="primary"
          name="note"
          label="Note"
          hint="What was done, for other moderators. The one who reported does not see it."
          onGiven={close}
          onClose={() => setAsked(false)}
        />
      )}
    </>
  );
}
