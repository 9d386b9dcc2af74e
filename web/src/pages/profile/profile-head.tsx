import type { Signal } from '@preact/signals';
import { useState } from 'preact/hooks';
import type { User } from '../../api/types.ts';
import { FollowButton } from '../../posts/follow-button.tsx';
import { ReportDialog } from '../../posts/report-dialog.tsx';
import { isSignedIn, me } from '../../state/session.ts';
import { tie } from '../../state/users.ts';
import { Avatar } from '../../ui/avatar.tsx';
import { compactCount, countText } from '../../ui/count.tsx';
import { Icon } from '../../ui/icon.tsx';
import { Menu, type MenuItem } from '../../ui/menu.tsx';
import './profile-head.css';

const joined = new Intl.DateTimeFormat(undefined, { month: 'long', year: 'numeric' });

export function ProfileHead({ user: shown }: { readonly user: Signal<User> }) {
  const [isReporting, setReporting] = useState(false);
  const user = shown.value;
  const isMe = me.value?.user_id === user.user_id;
  const { relationship } = user;
  const path = `/@${user.username}`;
  return (
    <section class="profile" aria-label="About">
      {user.header_url !== null && (
        <img class="profile-header" src={user.header_url} width={1500} height={500} alt="" />
      )}
      <div class="profile-top">
        <Avatar user={user} size={88} />
        <div class="profile-buttons">
          {isMe && (
            <a class="button button-plain" href="/settings/profile">
              Edit profile
            </a>
          )}
          <FollowButton user={shown} />
          {!isMe && isSignedIn.value && (
            <Menu label={`More about @${user.username}`} items={itemsOf(shown, () => setReporting(true))} />
          )}
        </div>
      </div>
      <p class="profile-name">
        <strong>
          <bdi>{user.display_name}</bdi>
        </strong>
        {user.locked && (
          <span class="muted" title="Followers must ask">
            <Icon name="lock" />
            <span class="unseen">Followers must ask</span>
          </span>
        )}
      </p>
      <p class="muted">
        @{user.username} {relationship?.followed_by === true && <span class="profile-mark">Follows you</span>}{' '}
        {relationship?.muting === true && <span class="profile-mark">Muted</span>}
      </p>
      {user.bio !== '' && (
        <p class="profile-bio" dir="auto">
          {user.bio}
        </p>
      )}
      <p class="muted small">Joined {joined.format(new Date(user.created_at))}</p>
      <p class="profile-counts">
        <CountLink
          href={`${path}/with/following`}
          value={user.following_count}
          one="following"
          many="following"
        />
        <CountLink
          href={`${path}/with/followers`}
          value={user.follower_count}
          one="follower"
          many="followers"
        />
      </p>
      {isReporting && (
        <ReportDialog
          what={{ user_id: user.user_id }}
          title={`Report @${user.username}`}
          onClose={() => setReporting(false)}
        />
      )}
    </section>
  );
}

function CountLink({ href, value, one, many }: { href: string; value: number; one: string; many: string }) {
  return (
    <a href={href} title={countText(value, one, many)}>
      <strong class="figures">{compactCount(value)}</strong>{' '}
      <span class="muted">{value === 1 ? one : many}</span>
    </a>
  );
}

function itemsOf(user: Signal<User>, onReport: () => void): MenuItem[] {
  const { relationship } = user.value;
  const { muting = false, blocking = false } = relationship ?? {};
  return [
    { label: muting ? 'Unmute' : 'Mute', icon: 'bell', onChoose: () => void tie(user, 'mute', !muting) },
    {
      label: blocking ? 'Unblock' : 'Block',
      icon: 'shield',
      danger: !blocking,
      onChoose: () => void tie(user, 'block', !blocking),
    },
    { label: 'Report', icon: 'flag', onChoose: onReport },
  ];
}
