/** The list of the settings; where there is room beside it, with its first part. */
import { isSignedIn } from '../../state/session.ts';
import { PageHead } from '../../ui/page.tsx';
import { SignInFirst } from '../../ui/sign-in-first.tsx';
import { Appearance } from './appearance.tsx';
import { SettingsWays } from './settings-frame.tsx';
import './settings.css';

export function SettingsPage() {
  if (!isSignedIn.value) return <SignInFirst title="Settings" what="your settings" />;
  return (
    <div class="settings settings-root">
      <div class="settings-side">
        <PageHead title="Settings" isRoot />
        <SettingsWays />
      </div>
      <div class="settings-part">
        <h2 class="settings-title">Appearance and keys</h2>
        <Appearance />
      </div>
    </div>
  );
}
