/** What can be done with a link, wherever it is shown, and the dialogs for it. */
import type { Signal } from '@preact/signals';
import { useState } from 'preact/hooks';
import { toProblem } from '../../api/problem.ts';
import type { Link } from '../../api/types.ts';
import { deleteLink } from '../../state/links.ts';
import { showToast } from '../../state/toasts.ts';
import { Confirmation } from '../../ui/dialog.tsx';
import { Menu } from '../../ui/menu.tsx';
import { copyAndTell, shortText } from './copy-link.tsx';
import { EditLink } from './edit-link.tsx';
import { switchLink } from './link-switch.tsx';
import { QrDialog } from './qr-dialog.tsx';

export type LinkDialogName = 'edit' | 'qr' | 'delete';

export function LinkMenu({ link }: { readonly link: Signal<Link> }) {
  const [dialog, setDialog] = useState<LinkDialogName>();
  const { short_url: url, enabled } = link.value;
  return (
    <>
      <Menu
        label={`More about ${shortText(url)}`}
        items={[
          { label: 'Copy', icon: 'copy', onChoose: () => void copyAndTell(url) },
          { label: 'QR code', icon: 'qr', onChoose: () => setDialog('qr') },
          { label: 'Edit', icon: 'write', onChoose: () => setDialog('edit') },
          {
            label: enabled ? 'Turn off' : 'Turn on',
            icon: enabled ? 'off' : 'check',
            onChoose: () => void switchLink(link, !enabled),
          },
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
