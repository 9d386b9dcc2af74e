/** Follows, asks to follow, or ends it: what it says is what pressing it does. */
import type { Signal } from '@preact/signals';
import { useState } from 'preact/hooks';
import type { User } from '../api/types.ts';
import { isSignedIn, me } from '../state/session.ts';
import { showToast } from '../state/toasts.ts';
import { tie } from '../state/users.ts';
import { Button } from '../ui/button.tsx';

export function FollowButton({ user, size }: { readonly user: Signal<User>; readonly size?: 'small' }) {
  const [busy, setBusy] = useState(false);
  const { username, locked, relationship, user_id: id } = user.value;
  if (!isSignedIn.value || me.value?.user_id === id) return null;

  async function change(wanted: boolean): Promise<void> {
    setBusy(true);
    const done = await tie(user, 'follow', wanted);
    setBusy(false);
    if (done && !wanted && !locked) {
      const undo = { label: 'Undo', run: () => void tie(user, 'follow', true) };
      showToast({ text: `You no longer follow @${username}.`, action: undo });
    }
  }

  if (relationship?.blocking === true)
    return (
      <Button tone="danger" size={size} busy={busy} onClick={() => void tie(user, 'block', false)}>
        Unblock
      </Button>
    );
  const isTied = relationship?.following === true || relationship?.requested === true;
  const text = relationship?.following
    ? 'Unfollow'
    : relationship?.requested
      ? 'Withdraw request'
      : locked
        ? 'Ask to follow'
        : 'Follow';
  return (
    <Button
      tone={isTied ? 'plain' : 'primary'}
      size={size}
      busy={busy}
      aria-label={`${text} @${username}`}
      onClick={() => void change(!isTied)}
    >
      {text}
    </Button>
  );
}
