import { useMemo } from 'preact/hooks';
import type { User } from '../api/types.ts';
import { takeUser } from '../state/users.ts';
import { Avatar } from '../ui/avatar.tsx';
import { FollowButton } from './follow-button.tsx';
import './user-row.css';

/** A person in a list, with the button to follow them. */
export function UserRow({ user }: { readonly user: User }) {
  const shown = useMemo(() => takeUser(user), [user]);
  const { username, display_name: name, bio } = shown.value;
  return (
    <div class="user-row">
      <Avatar user={shown.value} />
      <div class="user-row-text">
        <a class="post-author one-line" href={`/@${username}`}>
          <bdi>{name}</bdi>
        </a>
        <p class="muted one-line">@{username}</p>
        {bio !== '' && (
          <p class="user-row-bio small" dir="auto">
            {bio}
          </p>
        )}
      </div>
      <FollowButton user={shown} size="small" />
    </div>
  );
}
