/** A part of the settings: on wide screens beside the list of all parts, on a phone a page that the list leads to. */
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { toProblem } from '../../api/problem.ts';
import { isSignedIn, me, signOut } from '../../state/session.ts';
import { showToast } from '../../state/toasts.ts';
import { Avatar } from '../../ui/avatar.tsx';
import { Button } from '../../ui/button.tsx';
import { Icon } from '../../ui/icon.tsx';
import { PageHead } from '../../ui/page.tsx';
import { SignInFirst } from '../../ui/sign-in-first.tsx';
import '../../ui/mark.css';
import './settings.css';
import { type PartName, partNamed, SETTINGS_PARTS } from './settings-parts.ts';

export interface SettingsFrameProps {
  readonly part: PartName;
  /** Where it is not that of the part. */
  readonly title?: string | undefined;
  /** In the head of the page. */
  readonly action?: ComponentChildren;
  readonly children: ComponentChildren;
}

export function SettingsFrame({ part, title = partNamed(part).label, action, children }: SettingsFrameProps) {
  if (!isSignedIn.value) return <SignInFirst title={title} what="your settings" />;
  return (
    <div class="settings">
      <div class="settings-side">
        <p class="settings-title">Settings</p>
        <SettingsWays current={part} />
      </div>
      <div class="settings-part">
        <PageHead title={title}>{action}</PageHead>
        {children}
      </div>
    </div>
  );
}

/** The list of all parts. */
export function SettingsWays({ current }: { readonly current?: PartName }) {
  const user = me.value;
  return (
    <nav aria-label="Settings">
      <ul class="settings-ways">
        {user !== null && user !== undefined && (
          <li>
            <a class="settings-way" href={`/@${user.username}`}>
              <Avatar user={user} size={32} />
              <span class="settings-way-text">
                <bdi>{user.display_name}</bdi>
                <span class="muted small">See your page</span>
              </span>
            </a>
          </li>
        )}
        {SETTINGS_PARTS.map(({ name, label, hint, icon }) => (
          <li key={name}>
            <a
              class="settings-way"
              href={`/settings/${name}`}
              aria-current={name === current ? 'page' : undefined}
            >
              <Icon name={icon} />
              <span class="settings-way-text">
                {label}
                <span class="muted small">{hint}</span>
              </span>
            </a>
          </li>
        ))}
      </ul>
      <SignOut />
    </nav>
  );
}

function SignOut() {
  const [busy, setBusy] = useState(false);

  async function leave(): Promise<void> {
    setBusy(true);
    try {
      await signOut();
    } catch (error) {
      setBusy(false);
      showToast({ text: `You are still signed in: ${toProblem(error).message}`, tone: 'danger' });
    }
  }

  return (
    <p class="settings-leave">
      <Button busy={busy} onClick={() => void leave()}>
        Sign out
      </Button>
    </p>
  );
}
