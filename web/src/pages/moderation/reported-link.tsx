/** A short link that was reported: where it led then, and turning it off. */
import { useState } from 'preact/hooks';
import { post } from '../../api/http.ts';
import { toProblem } from '../../api/problem.ts';
import type { ModeratedLink, Report } from '../../api/types.ts';
import { showToast } from '../../state/toasts.ts';
import { Button } from '../../ui/button.tsx';
import { useLoaded } from '../../ui/use-loaded.ts';
import { ReasonDialog } from './reason-dialog.tsx';
import { StaffName } from './staff-person.tsx';
import { Suspension } from './suspension.tsx';

export interface ReportedLinkProps {
  readonly linkId: string;
  /** As it was when it was reported. */
  readonly link: NonNullable<Report['link']>;
}

export function ReportedLink({ linkId, link }: ReportedLinkProps) {
  const { short_url: shortUrl, targets, owner_id: ownerId } = link;
  const { answer, problem, show } = useLoaded<ModeratedLink>(`/moderation/links/${linkId}`);
  return (
    <div class="case-post">
      <p class="muted small">
        <span dir="ltr">{shortUrl}</span> of <StaffName userId={ownerId} /> led to
      </p>
      <ul>
        {targets.map((target) => (
          <li key={target}>
            <span dir="ltr">{target}</span>{' '}
            <a class="case-more" href={`/moderation/targets?target=${encodeURIComponent(pageOf(target))}`}>
              Block this target
            </a>
          </li>
        ))}
      </ul>
      {problem?.status === 404 && <p class="muted small">The link is deleted.</p>}
      {answer !== undefined && answer.disabled_reason !== null && (
        <p class="small">
          <span class="mark mark-danger">Off</span> <bdi>{answer.disabled_reason}</bdi>
        </p>
      )}
      <div class="case-buttons">
        {answer !== undefined && <LinkSwitch link={answer} onChanged={show} />}
        <Suspension userId={ownerId} />
      </div>
    </div>
  );
}

/** Host and path: what a target can be blocked by. */
function pageOf(target: string): string {
  if (!URL.canParse(target)) return target;
  const { host, pathname } = new URL(target);
  return host + (pathname === '/' ? '' : pathname);
}

interface LinkSwitchProps {
  readonly link: ModeratedLink;
  readonly onChanged: (link: ModeratedLink) => void;
}

function LinkSwitch({ link, onChanged }: LinkSwitchProps) {
  const [isAsked, setAsked] = useState(false);
  const [busy, setBusy] = useState(false);
  const path = `/moderation/links/${link.link_id}`;

  async function turnOn(): Promise<void> {
    setBusy(true);
    try {
      onChanged(await post<ModeratedLink>(`${path}/enable`));
      showToast({ text: 'The link leads there again.' });
    } catch (error) {
      showToast({ text: toProblem(error).message, tone: 'danger' });
    } finally {
      setBusy(false);
    }
  }

  async function turnOff(reason: string): Promise<void> {
    onChanged(await post<ModeratedLink>(`${path}/disable`, { reason }));
    setAsked(false);
    showToast({ text: 'The link is off.' });
  }

  if (link.disabled_reason !== null)
    return (
      <Button size="small" busy={busy} onClick={() => void turnOn()}>
        Turn the link on
      </Button>
    );
  return (
    <>
      <Button size="small" tone="danger" onClick={() => setAsked(true)}>
        Turn the link off
      </Button>
      {isAsked && (
        <ReasonDialog
          title="Turn the link off?"
          text="It leads nowhere, and says why. It can be turned on again."
          button="Turn it off"
          hint="Read by whoever opens the link."
          onGiven={turnOff}
          onClose={() => setAsked(false)}
        />
      )}
    </>
  );
}
