/** Suspends a person, or lifts it. */
import { useState } from 'preact/hooks';
import { post } from '../../api/http.ts';
import { toProblem } from '../../api/problem.ts';
import type { ModeratedUser } from '../../api/types.ts';
import { moderatedUser, takeModeratedUser } from '../../state/moderated-users.ts';
import { me, role } from '../../state/session.ts';
import { showToast } from '../../state/toasts.ts';
import { Button } from '../../ui/button.tsx';
import { ReasonDialog } from './reason-dialog.tsx';

/** Of a person who is known by their id. */
export function Suspension({ userId }: { readonly userId: string }) {
  const user = moderatedUser(userId).value;
  return user === null || user === undefined ? null : <SuspensionButton user={user} />;
}

export function SuspensionButton({ user }: { readonly user: ModeratedUser }) {
  const [isAsked, setAsked] = useState(false);
  const [busy, setBusy] = useState(false);
  const { username, user_id: id, suspended_at: suspendedAt } = user;
  const mayAct = id !== me.value?.user_id && (user.role === 'user' || role.value === 'administrator');
  if (!mayAct) return null;

  async function restore(): Promise<void> {
    setBusy(true);
    try {
      takeModeratedUser(await post<ModeratedUser>(`/moderation/users/${id}/restore`));
      showToast({ text: `@${username} is back, with all that was hidden.` });
    } catch (error) {
      showToast({ text: toProblem(error).message, tone: 'danger' });
    } finally {
      setBusy(false);
    }
  }

  async function suspend(reason: string): Promise<void> {
    takeModeratedUser(await post<ModeratedUser>(`/moderation/users/${id}/suspend`, { reason }));
    showToast({ text: `@${username} is suspended.` });
    setAsked(false);
  }

  if (suspendedAt !== null)
    return (
      <Button size="small" busy={busy} aria-label={`Restore @${username}`} onClick={() => void restore()}>
        Restore
      </Button>
    );
  return (
    <>
      <Button size="small" tone="danger" aria-label={`Suspend @${username}`} onClick={() => setAsked(true)}>
        Suspend
      </Button>
      {isAsked && (
        <ReasonDialog
          title={`Suspend @${username}?`}
          text="They are signed out everywhere, and nobody sees them or what they wrote. It can be lifted."
          button="Suspend"
          hint="For the audit log."
          onGiven={suspend}
          onClose={() => setAsked(false)}
        />
      )}
    </>
  );
}
