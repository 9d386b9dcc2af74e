/** What is out of the ordinary: at the lower edge, where it moves nothing of what is read. */
import { isReachable } from '../api/http.ts';
import { entry } from '../navigation/location.ts';
import { owesNothing } from '../state/debts.ts';
import { waitingDrafts } from '../state/drafts.ts';
import { isOutdated } from '../state/installation.ts';
import { shownAsOf } from '../state/last-seen.ts';
import { hasExpired } from '../state/session.ts';
import { Button } from '../ui/button.tsx';
import { countText } from '../ui/count.tsx';
import { Icon } from '../ui/icon.tsx';

const clock = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });

export function Notices() {
  return (
    <div class="notices" role="status">
      {!isReachable.value && <Away />}
      {hasExpired.value && entry.value.path !== '/sign-in' && (
        <p class="notice">
          You were signed out. Drafts are kept.{' '}
          <a href={`/sign-in?next=${encodeURIComponent(entry.value.path)}`}>Sign in again</a>
        </p>
      )}
      {!owesNothing.value && entry.value.path !== '/payments' && (
        <p class="notice">
          A payment for a ride was declined. <a href="/payments">Pay what you owe</a>
        </p>
      )}
      {isOutdated.value && (
        <p class="notice">
          There is a newer version of this page.
          <Button size="small" onClick={() => location.reload()}>
            Reload
          </Button>
        </p>
      )}
    </div>
  );
}

function Away() {
  const waiting = waitingDrafts.value.length;
  const asOf = shownAsOf.value;
  return (
    <p class="notice">
      <Icon name="offline" />
      <span>
        The server cannot be reached.{' '}
        {asOf === undefined ? 'What you see may be old.' : `Home is as of ${clock.format(asOf)}.`}{' '}
        {waiting > 0 && <a href="/drafts">{countText(waiting, 'post waits', 'posts wait')} to be sent</a>}
      </span>
    </p>
  );
}
