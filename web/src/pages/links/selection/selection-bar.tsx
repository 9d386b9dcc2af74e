/** What can be done with the links that are selected. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { toProblem } from '../../../api/problem.ts';
import { changeLinks, deleteLinks, findLink, type LinkOutcome } from '../../../state/links.ts';
import { showToast } from '../../../state/toasts.ts';
import { Button } from '../../../ui/button.tsx';
import { countText } from '../../../ui/count.tsx';
import { Confirmation, Dialog } from '../../../ui/dialog.tsx';
import { Form, useForm } from '../../../ui/form.tsx';
import { FormField } from '../../../ui/form-field.tsx';
import type { LinkSelection } from './link-selection.ts';
import './selection.css';

interface BarProps {
  readonly selection: LinkSelection;
  /** Of the links that are loaded, in the order of the list. */
  readonly shown: readonly string[];
}

export function SelectionBar({ selection, shown }: BarProps) {
  const [dialog, setDialog] = useState<'delete' | 'tag'>();
  const [busy, setBusy] = useState(false);
  const bar = useRef<HTMLElement>(null);
  // The button that has begun it is gone.
  useEffect(() => bar.current?.focus({ preventScroll: true }), []);
  const { value: ids } = selection.ids;
  const linkIds = shown.filter((id) => ids.has(id));
  const isNone = linkIds.length === 0;
  const areAll = linkIds.length === shown.length;

  async function turn(enabled: boolean): Promise<void> {
    setBusy(true);
    await switchLinks(linkIds, enabled);
    setBusy(false);
  }

  return (
    <section class="selection-bar" aria-label="Selected links" tabIndex={-1} ref={bar}>
      <div class="selection-count">
        <strong role="status">{linkIds.length} selected</strong>
        <Button tone="quiet" size="small" onClick={() => selection.set(areAll ? [] : shown)}>
          {areAll ? 'Select none' : 'Select all shown'}
        </Button>
        <Button tone="quiet" size="small" onClick={selection.end}>
          Done
        </Button>
      </div>
      <div class="selection-acts">
        <Button tone="danger" size="small" icon="trash" disabled={isNone} onClick={() => setDialog('delete')}>
          Delete
        </Button>
        <Button size="small" icon="tag" disabled={isNone} onClick={() => setDialog('tag')}>
          Add tag
        </Button>
        <Button size="small" icon="off" busy={busy} disabled={isNone} onClick={() => void turn(false)}>
          Turn off
        </Button>
        <Button size="small" icon="check" busy={busy} disabled={isNone} onClick={() => void turn(true)}>
          Turn on
        </Button>
      </div>
      {dialog === 'delete' && (
        <DeleteSelected linkIds={linkIds} onDone={selection.end} onClose={() => setDialog(undefined)} />
      )}
      {dialog === 'tag' && <TagSelected linkIds={linkIds} onClose={() => setDialog(undefined)} />}
    </section>
  );
}

interface DialogProps {
  readonly linkIds: readonly string[];
  readonly onClose: () => void;
}

function DeleteSelected({ linkIds, onDone, onClose }: DialogProps & { readonly onDone: () => void }) {
  const [busy, setBusy] = useState(false);
  const links = countText(linkIds.length, 'link', 'links');

  async function confirm(): Promise<void> {
    setBusy(true);
    try {
      await deleteLinks(linkIds);
      onClose();
      onDone();
      showToast({ text: linkIds.length === 1 ? 'The link is deleted.' : `${links} are deleted.` });
    } catch (error) {
      setBusy(false);
      showToast({ text: toProblem(error).message, tone: 'danger' });
    }
  }

  return (
    <Confirmation
      title={`Delete ${links}?`}
      text="Whoever opens them will read that they were deleted. This cannot be undone: nobody gets their addresses again, not even you."
      confirm="Delete"
      busy={busy}
      onConfirm={() => void confirm()}
      onClose={onClose}
    />
  );
}

function TagSelected({ linkIds, onClose }: DialogProps) {
  const [tag, setTag] = useState('');
  const form = useForm(async () => {
    const outcomes = await changeLinks(linkIds, { add_tags: [tag] });
    onClose();
    tell(outcomes, (links) => `${links} now with the tag.`);
  });
  return (
    <Dialog title={`Add a tag to ${countText(linkIds.length, 'link', 'links')}`} onClose={onClose}>
      <Form form={form} button="Add tag">
        <FormField form={form} name="changes.add_tags" label="Tag" dir="auto" value={tag} onValue={setTag} />
      </Form>
    </Dialog>
  );
}

/** At once, and taken back as easily, of those that were not so. Resolves also where it failed, which it says. */
async function switchLinks(linkIds: readonly string[], enabled: boolean): Promise<void> {
  const others = linkIds.filter((id) => findLink(id)?.value.enabled !== enabled);
  if (others.length === 0) {
    showToast({ text: enabled ? 'They were all on.' : 'They were all off.' });
    return;
  }
  try {
    const outcomes = await changeLinks(others, { enabled });
    tell(outcomes, (links) => `${links} turned ${enabled ? 'on' : 'off'}.`, {
      label: 'Undo',
      run: () => void switchLinks(others, !enabled),
    });
  } catch (error) {
    showToast({ text: toProblem(error).message, tone: 'danger' });
  }
}

function tell(
  outcomes: readonly LinkOutcome[],
  done: (links: string) => string,
  action?: { readonly label: string; readonly run: () => void },
): void {
  const changed = outcomes.filter(({ outcome }) => outcome === 'updated').length;
  const left = outcomes.filter(({ outcome }) => outcome !== 'updated');
  const reason = left.find((each) => each.reason !== undefined)?.reason ?? 'deleted meanwhile.';
  const text = done(countText(changed, 'link', 'links'));
  showToast({
    text: left.length === 0 ? text : `${text} ${left.length} not: ${reason}`,
    tone: left.length === 0 ? 'plain' : 'danger',
    ...(action === undefined || changed === 0 ? {} : { action }),
  });
}
