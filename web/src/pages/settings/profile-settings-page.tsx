import { ProfileForm } from '../../profile/profile-form.tsx';
import { me } from '../../state/session.ts';
import { SettingsFrame } from './settings-frame.tsx';

export function ProfileSettingsPage() {
  const user = me.value;
  return (
    <SettingsFrame part="profile">
      <div class="page-body">
        {user !== null && user !== undefined && (
          <>
            <ProfileForm user={user} />
            <p>
              <a href={`/@${user.username}`}>See your page</a>
            </p>
          </>
        )}
      </div>
    </SettingsFrame>
  );
}
