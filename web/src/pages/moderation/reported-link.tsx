/** A short link that was reported: where it led then, turning it off, and warning of it. */
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
              Block or warn of this target
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
      {answer !== undefined && (answer.warning_reason !== null || answer.reported) && (
        <p class="small">
          <span class="mark mark-warn">Warned of</span>{' '}
          <bdi>
            {answer.warning_reason ??
              'because several people have reported it, until their reports are closed'}
          </bdi>
        </p>
      )}
      <div class="case-buttons">
        {answer !== undefined && <LinkWarning link={answer} onChanged={show} />}
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

function LinkSwitch(props: LinkSwitchProps) {
  return (
    <LinkRemark
      {...props}
      isGiven={props.link.disabled_reason !== null}
      tone="danger"
      give={{ act: 'disable', button: 'Turn the link off', done: 'The link is off.' }}
      take={{ act: 'enable', button: 'Turn the link on', done: 'The link leads there again.' }}
      title="Turn the link off?"
      text="It leads nowhere, and says why. It can be turned on again."
    />
  );
}

function LinkWarning(props: LinkSwitchProps) {
  return (
    <LinkRemark
      {...props}
      isGiven={props.link.warning_reason !== null}
      tone="plain"
      give={{ act: 'warn', button: 'Warn of the link', done: 'The link shows a warning first.' }}
      take={{ act: 'unwarn', button: 'Take back the warning', done: 'The warning is taken back.' }}
      title="Warn of the link?"
      text="Whoever opens it reads why, and goes on by a button."
    />
  );
}

interface Act {
  /** As the server calls it. */
  readonly act: string;
  readonly button: string;
  readonly done: string;
}

interface LinkRemarkProps extends LinkSwitchProps {
  readonly isGiven: boolean;
  readonly tone: 'plain' | 'danger';
  readonly give: Act;
  readonly take: Act;
  readonly title: string;
  readonly text: string;
}

function LinkRemark({ link, onChanged, isGiven, tone, give, take, title, text }: LinkRemarkProps) {
  const [isAsked, setAsked] = useState(false);
  const [busy, setBusy] = useState(false);
  const path = `/moderation/links/${link.link_id}`;

  async function takeBack(): Promise<void> {
    setBusy(true);
    try {
      onChanged(await post<ModeratedLink>(`${path}/${take.act}`));
      showToast({ text: take.done });
    } catch (error) {
      showToast({ text: toProblem(error).message, tone: 'danger' });
    } finally {
      setBusy(false);
    }
  }

  async function giveFor(reason: string): Promise<void> {
    onChanged(await post<ModeratedLink>(`${path}/${give.act}`, { reason }));
    setAsked(false);
    showToast({ text: give.done });
  }

  if (isGiven)
    return (
      <Button size="small" busy={busy} onClick={() => void takeBack()}>
        {take.button}
      </Button>
    );
  return (
    <>
      <Button size="small" tone={tone} onClick={() => setAsked(true)}>
        {give.button}
      </Button>
      {isAsked && (
        <ReasonDialog
          title={title}
          text={text}
          button={give.button}
          hint="Read by whoever opens the link."
          onGiven={giveFor}
          onClose={() => setAsked(false)}
        />
      )}
    </>
  );
}
