/** A person, as the staff names and judges one. */
import { moderatedUser } from '../../state/moderated-users.ts';
import { me } from '../../state/session.ts';

/** Null: nobody who has an account. */
export function StaffName({ userId }: { readonly userId: string }) {
  const user = moderatedUser(userId).value;
  if (user === undefined) return <span class="muted">…</span>;
  if (user === null) return <span class="muted">a deleted account ({userId})</span>;
  if (user.suspended_at !== null)
    return (
      <>
        @{user.username} <span class="mark mark-danger">Suspended</span>
      </>
    );
  return (
    <>
      <a href={`/@${user.username}`}>@{user.username}</a>
      {user.user_id === me.value?.user_id && ' (you)'}
    </>
  );
}
