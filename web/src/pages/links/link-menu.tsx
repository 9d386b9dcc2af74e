/** What can be done with a link, wherever it is shown, and the dialogs for it. */
import type { Signal } from '@preact/signals';
import { useState } from 'preact/hooks';
import { toProblem } from '../../api/problem.ts';
import type { Link } from '../../api/types.ts';
import { changeLink, deleteLink, turnOffLink } from '../../state/links.ts';
import { showToast } from '../../state/toasts.ts';
import { Confirmation } from '../../ui/dialog.tsx';
import { Menu } from '../../ui/menu.tsx';
import { copyAndTell, shortText } from './copy-link.tsx';
import { EditLink } from './edit-link.tsx';
import { QrDialog } from './qr-dialog.tsx';

export type LinkDialogName = 'edit' | 'qr' | 'delete';

export function LinkMenu({ link }: { readonly link: Signal<Link> }) {
  const [dialog, setDialog] = useState<LinkDialogName>();
  const { short_url: url, state, expires_at: expiresAt } = link.value;
  const isEnding = state === 'expired' || (expiresAt !== null && Date.parse(expiresAt) < Date.now() + 60_000);
  return (
    <>
      <Menu
        label={`More about ${shortText(url)}`}
        items={[
          { label: 'Copy', icon: 'copy', onChoose: () => void copyAndTell(url) },
          { label: 'QR code', icon: 'qr', onChoose: () => setDialog('qr') },
          { label: 'Edit', icon: 'write', onChoose: () => setDialog('edit') },
          isEnding
            ? { label: 'Turn on again', icon: 'check', onChoose: () => void setExpiry(link, null) }
            : { label: 'Turn off', icon: 'clock', onChoose: () => void turnOff(link) },
          { label: 'Delete', icon: 'trash', danger: true, onChoose: () => setDialog('delete') },
        ]}
      />
      <LinkDialog link={link} dialog={dialog} onClose={() => setDialog(undefined)} />
    </>
  );
}

export function LinkDialog(props: {
  readonly link: Signal<Link>;
  readonly dialog: LinkDialogName | undefined;
  readonly onClose: () => void;
}) {
  const { link, dialog, onClose } = props;
  if (dialog === 'edit') return <EditLink link={link} onClose={onClose} />;
  if (dialog === 'qr') return <QrDialog link={link.value} onClose={onClose} />;
  if (dialog === 'delete') return <DeleteLink link={link.value} onClose={onClose} />;
  return null;
}

function DeleteLink({ link, onClose }: { readonly link: Link; readonly onClose: () => void }) {
  const [busy, setBusy] = useState(false);

  async function confirm(): Promise<void> {
    setBusy(true);
    try {
      await deleteLink(link.link_id);
      onClose();
      showToast({ text: 'The link is deleted.' });
    } catch (error) {
      setBusy(false);
      showToast({ text: toProblem(error).message, tone: 'danger' });
    }
  }

  return (
    <Confirmation
      title="Delete this link?"
      text={`Whoever opens ${shortText(link.short_url)} will read that it was deleted. This cannot be undone: nobody gets its address again, not even you.`}
      confirm="Delete"
      busy={busy}
      onConfirm={() => void confirm()}
      onClose={onClose}
    />
  );
}

async function turnOff(link: Signal<Link>): Promise<void> {
  const { link_id: id, expires_at: before } = link.value;
  try {
    await turnOffLink(id);
    showToast({
      text: 'It leads nowhere when this minute is over.',
      action: { label: 'Undo', run: () => void setExpiry(link, before) },
    });
  } catch (error) {
    showToast({ text: toProblem(error).message, tone: 'danger' });
  }
}

async function setExpiry(link: Signal<Link>, expiresAt: string | null): Promise<void> {
  try {
    await changeLink(link.value.link_id, { expires_at: expiresAt });
    showToast({ text: 'It leads to its target again.' });
  } catch (error) {
    showToast({ text: toProblem(error).message, tone: 'danger' });
  }
}
