/** Turns a link off and on again: what leads nowhere keeps its code, and what was counted. */
import type { Signal } from '@preact/signals';
import { useState } from 'preact/hooks';
import { toProblem } from '../../api/problem.ts';
import type { Link } from '../../api/types.ts';
import { changeLink } from '../../state/links.ts';
import { showToast } from '../../state/toasts.ts';
import { Button } from '../../ui/button.tsx';

export function LinkSwitch({ link }: { readonly link: Signal<Link> }) {
  const [busy, setBusy] = useState(false);
  const { enabled } = link.value;

  async function turn(): Promise<void> {
    setBusy(true);
    await switchLink(link, !enabled);
    setBusy(false);
  }

  return (
    <Button icon={enabled ? 'off' : 'check'} busy={busy} onClick={() => void turn()}>
      {enabled ? 'Turn off' : 'Turn on'}
    </Button>
  );
}

/** At once, and taken back as easily. Resolves also where it failed, which it says. */
export async function switchLink(link: Signal<Link>, enabled: boolean): Promise<void> {
  try {
    await changeLink(link.value.link_id, { enabled });
    const undo = { label: 'Undo', run: () => void switchLink(link, !enabled) };
    showToast({
      text: enabled ? 'It leads to its target again.' : 'It leads nowhere until you turn it on again.',
      action: undo,
    });
  } catch (error) {
    showToast({ text: toProblem(error).message, tone: 'danger' });
  }
}
