/** What the link is: its address, where it leads, and what holds for it. */
import type { Signal } from '@preact/signals';
import { useState } from 'preact/hooks';
import type { Link, LinkState } from '../../api/types.ts';
import { Button } from '../../ui/button.tsx';
import { Time } from '../../ui/time.tsx';
import { copyAndTell, shortText } from './copy-link.tsx';
import { LinkDialog, type LinkDialogName } from './link-menu.tsx';
import { LinkBadges, stateNow } from './link-state.tsx';
import { LinkSwitch } from './link-switch.tsx';

const WHY: Readonly<Record<Exclude<LinkState, 'active'>, string>> = {
  blocked: 'Visitors are not led there: moderators have blocked it.',
  disabled: 'Visitors read that you have turned it off. What was counted is kept.',
  scheduled: 'Visitors read that it does not lead anywhere yet. Change when it opens to let them in sooner.',
  expired: 'Visitors read that it has expired. Give it another end, or none, to open it again.',
  used_up: 'Visitors read that it was opened as often as it may be. Raise the limit to open it again.',
};

/** Where there is another target then. */
const OVER = {
  expired:
    'It has expired: visitors are led to its other target. Give it another end, or none, to open it again.',
  used_up:
    'It was opened as often as it may be: visitors are led to its other target. Raise the limit to open it again.',
} as const;

export function LinkHead({ link }: { readonly link: Signal<Link> }) {
  const [dialog, setDialog] = useState<LinkDialogName>();
  const state = stateNow(link.value);
  const { short_url: url, url: target, tags, created_at: at, blocked_reason: reason, warning } = link.value;
  const { fallback_url: fallback, target_check: check } = link.value;
  const isOver = state === 'expired' || state === 'used_up';
  return (
    <section class="link-head" aria-label="The link">
      <p class="link-head-short">
        <a href={url} data-outside rel="noreferrer">
          {shortText(url)}
        </a>
      </p>
      <p class="link-head-target">
        <span class="muted">leads to </span>
        <a href={target} rel="noreferrer nofollow">
          {target}
        </a>
      </p>
      {fallback !== null && (
        <p class="link-head-target">
          <span class="muted">{isOver ? 'now leads to ' : 'afterwards leads to '}</span>
          <a href={fallback} rel="noreferrer nofollow">
            {fallback}
          </a>
        </p>
      )}
      {state !== 'active' && (
        <p class="link-head-why" role="note">
          {isOver && fallback !== null ? OVER[state] : WHY[state]}{' '}
          {reason !== null && <>They say: “{reason}”</>}
        </p>
      )}
      {check.state === 'dead' && (
        <p class="link-head-why" role="note">
          Its target was not found, several times in a row. {check.problem} Visitors are led there all the
          same.
        </p>
      )}
      {warning !== null && (
        <p class="link-head-why" role="note">
          Visitors read a warning first, and go on by a button: “{warning}”
        </p>
      )}
      <p class="link-facts">
        <span class="muted small">
          Made <Time at={at} long />
        </span>
        {check.checked_at !== null && (
          <span class="muted small">
            {check.state === 'ok' ? 'Target found' : 'Target looked at'} <Time at={check.checked_at} long />
          </span>
        )}
        <LinkBadges link={link.value} />
        {tags.map((tag) => (
          <a key={tag} class="link-tag" href={`/links?tag=${encodeURIComponent(tag)}`}>
            #<bdi>{tag}</bdi>
          </a>
        ))}
      </p>
      <div class="link-head-actions">
        <Button icon="copy" tone="primary" onClick={() => void copyAndTell(url)}>
          Copy
        </Button>
        <Button icon="qr" onClick={() => setDialog('qr')}>
          QR code
        </Button>
        <Button icon="write" onClick={() => setDialog('edit')}>
          Edit
        </Button>
        <LinkSwitch link={link} />
      </div>
      <LinkDialog link={link} dialog={dialog} onClose={() => setDialog(undefined)} />
    </section>
  );
}
