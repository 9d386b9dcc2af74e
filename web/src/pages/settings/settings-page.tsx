/** The list of the settings; where there is room beside it, with its first part. */
import { ProfileForm } from '../../profile/profile-form.tsx';
import { me } from '../../state/session.ts';
import { PageHead } from '../../ui/page.tsx';
import { SignInFirst } from '../../ui/sign-in-first.tsx';
import { SettingsWays } from './settings-frame.tsx';
import './settings.css';

export function SettingsPage() {
  const user = me.value;
  if (user === null || user === undefined) return <SignInFirst title="Settings" what="your settings" />;
  return (
    <div class="settings settings-root">
      <div class="settings-side">
        <PageHead title="Settings" isRoot />
        <SettingsWays />
      </div>
      <div class="settings-part">
        <h2 class="settings-title">Profile</h2>
        <div class="page-body">
          <ProfileForm user={user} />
        </div>
      </div>
    </div>
  );
}
